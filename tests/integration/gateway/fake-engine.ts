// Owns a stand-in for the engine: the same rings and histograms, a seeded random walk behind them.
// Promise: every message it writes is of the real vocabulary; it answers commands like the engine.

import type { TradingState } from '../../../engine/core/event.ts';
import type {
  CommandMessage,
  GatewayAnswer,
  GatewayCommand,
  GatewayMessage,
  MarketView,
  PortfolioView,
  PositionView,
} from '../../../engine/core/gateway-message.ts';
import { formatOrderId } from '../../../engine/core/ids.ts';
import type { JournalBody, OrderRecord } from '../../../engine/core/journal-record.ts';
import { createMemory, DEFAULT_CAPACITIES, planMemory } from '../../../engine/core/memory.ts';
import { createRandom } from '../../../engine/core/random.ts';
import { createByteReader, createByteWriter } from '../../../engine/core/ring.ts';
import { createTelemetry, STAGES } from '../../../engine/core/telemetry.ts';

const SYMBOLS: readonly (readonly [string, string, number, number])[] = [
  ['BTCUSDT', 'binance-usdm', 61_824.5, 1],
  ['ETHUSDT', 'binance-usdm', 2_684.12, 2],
  ['SOLUSDT', 'binance-usdm', 153.417, 3],
  ['BNBUSDT', 'binance-spot', 512.3, 1],
  ['XRPUSDT', 'binance-usdm', 0.6104, 4],
  ['DOGEUSDT', 'binance-usdm', 0.10361, 5],
  ['AVAXUSDT', 'binance-spot', 22.148, 3],
  ['LINKUSDT', 'binance-usdm', 10.604, 3],
];

interface FakeMarket {
  readonly symbol: string;
  readonly venue: string;
  readonly key: string;
  readonly decimals: number;
  mid: number;
  imbalance: number;
  qty: number;
  entry: number;
  realised: number;
}

export interface FakeEngine {
  readonly memory: WebAssembly.Memory;
  readonly buffer: SharedArrayBuffer;
  readonly plan: ReturnType<typeof planMemory>;
  readonly commands: CommandMessage[];
  /** Set to false to leave commands without an answer. */
  isAnswering: boolean;
  answer: (command: GatewayCommand) => GatewayAnswer;
  say(message: GatewayMessage): boolean;
  record(body: JournalBody): void;
  start(): void;
  /** One step of the walk: market, portfolio, perhaps a signal with its order and fill. */
  step(): void;
  order(over: Partial<OrderRecord>): OrderRecord;
  /** Answers what lies in the command ring now. */
  poll(): void;
  /** Steps and polls on a timer until stopped. */
  run(everyMs: number): () => void;
  portfolio(): PortfolioView;
}

const CAPACITIES = {
  ...DEFAULT_CAPACITIES,
  instruments: 8,
  levels: 64,
  journalBytes: 1 << 12,
  gatewayBytes: 1 << 20,
};

export function createFakeEngine(
  seed = 7,
  startUs = Date.UTC(2026, 0, 5, 9, 30) * 1000,
): FakeEngine {
  const plan = planMemory(CAPACITIES);
  const memory = createMemory(plan);
  const buffer = memory.buffer as SharedArrayBuffer;
  const writer = createByteWriter(buffer, plan.gatewayRing, plan.capacities.gatewayBytes);
  const reader = createByteReader(buffer, plan.commandRing, plan.capacities.commandBytes);
  const telemetry = createTelemetry(buffer, plan.counters, plan.histograms);
  const shard = createTelemetry(buffer, plan.counters, plan.shardHistograms);
  const random = createRandom(seed);
  const markets = SYMBOLS.map(([symbol, venue, mid, decimals]): FakeMarket => {
    const key = `${symbol}.${venue}`;
    return { symbol, venue, key, decimals, mid, imbalance: 0, qty: 0, entry: mid, realised: 0 };
  });
  let seq = 0;
  let nowUs = startUs;
  let orderNumber = 0;
  let signalId = 0;
  let tradingState: TradingState = 'active';
  let peak = 1_000_000;
  let cash = 1_000_000;

  const marketOf = (key: string): FakeMarket =>
    markets.find((market) => market.key === key) ?? (markets[0] as FakeMarket);

  const engine: FakeEngine = {
    memory,
    buffer,
    plan,
    commands: [],
    isAnswering: true,
    say: (message) => writer.write(JSON.stringify(message)),
    record(body) {
      seq += 1;
      engine.say({ type: 'record', record: { seq, timeUs: nowUs, body } });
    },
    start() {
      engine.record({
        kind: 'run_started',
        mode: 'test',
        version: '0.1.0',
        configHash: 'c0ffee',
        seed: String(seed),
        instruments: markets.map((market) => market.key),
        model: 'logistic-3',
        checkpoint: {
          epoch: 1,
          nextOrderNumber: 0,
          nextSignalId: 0,
          nextFillNumber: 0,
          tradingState,
          balances: {},
          positions: [],
          openOrders: [],
        },
      });
      engine.say({ type: 'markets', markets: markets.map(viewMarket) });
      engine.say({ type: 'portfolio', portfolio: engine.portfolio() });
    },
    order(over) {
      orderNumber += 1;
      const market = marketOf(over.instrument ?? '');
      return {
        id: formatOrderId(1, orderNumber),
        instrument: market.key,
        account: 'main',
        strategy: 'signal-follower',
        side: 'buy',
        type: 'limit',
        qty: '0.25',
        price: market.mid.toFixed(market.decimals),
        timeInForce: 'GTC',
        postOnly: false,
        reduceOnly: false,
        origin: { kind: 'signal', signalId },
        state: 'open',
        filledQty: '0',
        averagePrice: null,
        reason: '',
        arrivalMid: market.mid,
        createdUs: nowUs,
        updatedUs: nowUs,
        ...over,
      };
    },
    step() {
      nowUs += 200_000;
      for (const market of markets) {
        market.mid *= Math.exp(0.0004 * random.normal());
        market.imbalance = Math.max(
          -1,
          Math.min(1, 0.8 * market.imbalance + 0.25 * random.normal()),
        );
      }
      if (random.uniform() < 0.35) trade(marketOf(markets[random.integer(8)]?.key ?? ''));
      time();
      engine.say({ type: 'markets', markets: markets.map(viewMarket) });
      engine.say({ type: 'portfolio', portfolio: engine.portfolio() });
    },
    answer(command) {
      switch (command.kind) {
        case 'submit': {
          const market = markets.find(({ symbol }) => symbol === command.symbol.replace('/', ''));
          if (market === undefined) {
            const problem = { path: 'symbol', message: `'${command.symbol}' is not traded here` };
            return { kind: 'invalid', problems: [problem] };
          }
          const notional = Number(command.qty) * market.mid;
          const order = engine.order({
            instrument: market.key,
            side: command.side,
            type: command.type,
            qty: command.qty,
            price: command.price,
            timeInForce: command.timeInForce,
            strategy: 'manual',
            origin: { kind: 'api', key: command.key },
          });
          const breaches =
            notional > 100_000
              ? [{ limit: 'order_notional' as const, asked: notional, allowed: 100_000 }]
              : [];
          engine.record({
            kind: 'verdict',
            orderId: order.id,
            instrument: market.key,
            side: command.side,
            qty: command.qty,
            price: command.price,
            origin: order.origin,
            bookSequence: 1,
            approved: breaches.length === 0,
            by: 'risk',
            breaches,
            notional,
            varAfter: notional / 50,
          });
          if (breaches.length > 0)
            return { kind: 'rejected', orderId: order.id, by: 'risk', breaches };
          engine.record({ kind: 'order', order });
          return { kind: 'accepted', orderId: order.id };
        }
        case 'cancel':
          return command.orderId.startsWith('c')
            ? { kind: 'done', count: 1 }
            : { kind: 'not_found', what: `order ${command.orderId}` };
        case 'trading_state':
          tradingState = command.state;
          engine.record(command);
          engine.say({ type: 'portfolio', portfolio: engine.portfolio() });
          return { kind: 'done', count: 1 };
        case 'generate_signals': {
          for (const symbol of command.symbols) {
            const market = markets.find((found) => found.symbol === symbol.replace('/', ''));
            if (market !== undefined) signal(market);
          }
          return { kind: 'done', count: command.symbols.length };
        }
      }
    },
    poll() {
      for (let text = reader.read(); text !== null; text = reader.read()) {
        const message = JSON.parse(text) as CommandMessage;
        engine.commands.push(message);
        if (!engine.isAnswering) continue;
        const answer = engine.answer(message.command);
        engine.say({ type: 'answer', correlation: message.correlation, answer });
      }
    },
    run(everyMs) {
      const steps = setInterval(() => engine.step(), everyMs);
      const polls = setInterval(() => engine.poll(), 5);
      return () => {
        clearInterval(steps);
        clearInterval(polls);
      };
    },
    portfolio() {
      const positions = markets.filter((market) => market.qty !== 0).map(viewPosition);
      const unrealised = positions.reduce((sum, position) => sum + position.unrealised, 0);
      const equity = cash + unrealised;
      peak = Math.max(peak, equity);
      const gross = positions.reduce((sum, position) => sum + Math.abs(position.notional), 0);
      return {
        timeUs: nowUs,
        baseCurrency: 'USD',
        equity: equity.toFixed(2),
        startEquity: '1000000.00',
        cash: { USDT: cash.toFixed(2) },
        grossExposure: gross,
        netExposure: positions.reduce((sum, position) => sum + position.notional, 0),
        drawdown: 1 - equity / peak,
        valueAtRisk: gross * 0.021,
        tradingState,
        openOrders: 3,
        positions,
      };
    },
  };

  function viewMarket(market: FakeMarket): MarketView {
    const half = market.mid * (0.00002 + 0.00003 * Math.abs(market.imbalance));
    return {
      instrument: market.key,
      symbol: market.symbol,
      venue: market.venue,
      bid: (market.mid - half).toFixed(market.decimals),
      ask: (market.mid + half).toFixed(market.decimals),
      mid: market.mid,
      spreadBps: (2 * half * 1e4) / market.mid,
      imbalance: market.imbalance,
      ready: true,
      receiveUs: nowUs,
    };
  }

  function viewPosition(market: FakeMarket): PositionView {
    return {
      instrument: market.key,
      symbol: market.symbol,
      venue: market.venue,
      qty: String(Number(market.qty.toFixed(4))),
      entryPrice: market.entry.toFixed(market.decimals),
      mark: market.mid,
      notional: market.qty * market.mid,
      unrealised: market.qty * (market.mid - market.entry),
      realised: market.realised,
    };
  }

  function signal(market: FakeMarket): void {
    signalId += 1;
    const lean = Math.max(-0.48, Math.min(0.48, 0.3 * market.imbalance + 0.08 * random.normal()));
    telemetry.add('signals', 1);
    engine.record({
      kind: 'signal',
      id: signalId,
      instrument: market.key,
      direction: Math.abs(lean) < 0.01 ? 'flat' : lean > 0 ? 'up' : 'down',
      probability: 0.5 + Math.abs(lean),
      confidence: 2 * Math.abs(lean),
      strength: 2 * lean,
      horizonUs: 1_000_000,
      model: 'logistic-3',
      bookSequence: seq,
      mid: market.mid,
      action: Math.abs(lean) > 0.15 ? 'trade' : 'hold',
    });
  }

  function trade(market: FakeMarket): void {
    signal(market);
    if (tradingState !== 'active') return;
    const side = market.imbalance >= 0 && market.qty * market.mid < 60_000 ? 'buy' : 'sell';
    const qty = Number((12_000 / market.mid).toPrecision(3));
    const order = engine.order({ instrument: market.key, side, qty: String(qty) });
    engine.record({ kind: 'order', order: { ...order, state: 'sent' } });
    engine.record({ kind: 'order', order });
    telemetry.add('orders', 1);
    const roll = random.uniform();
    if (roll < 0.15) return;
    if (roll < 0.25) {
      engine.record({
        kind: 'order',
        order: { ...order, state: 'cancelled', reason: 'cancelled by strategy: signal faded' },
      });
      return;
    }
    const price = market.mid.toFixed(market.decimals);
    const sign = side === 'buy' ? 1 : -1;
    const before = market.qty;
    const realised =
      before * sign < 0 ? -sign * Math.min(qty, Math.abs(before)) * (market.mid - market.entry) : 0;
    market.realised += realised;
    cash += realised - qty * market.mid * 0.0002;
    market.qty = before + sign * qty;
    if (before * sign >= 0)
      market.entry =
        (Math.abs(before) * market.entry + qty * market.mid) / (Math.abs(before) + qty);
    else if (market.qty * before < 0) market.entry = market.mid;
    if (Math.abs(market.qty * market.mid) < 1) market.qty = 0;
    engine.record({
      kind: 'fill',
      fill: {
        id: `${orderNumber}`,
        orderId: order.id,
        instrument: market.key,
        side,
        price,
        qty: String(qty),
        fee: (qty * market.mid * 0.0002).toFixed(6),
        feeAsset: 'USDT',
        realised: realised.toFixed(2),
        liquidity: 'maker',
      },
      ledger: [],
      position: {
        instrument: market.key,
        qty: String(market.qty),
        entryPrice: price,
        realised: '0',
        fees: '0',
      },
    });
    engine.record({
      kind: 'order',
      order: { ...order, state: 'filled', filledQty: order.qty, averagePrice: price },
    });
    telemetry.add('fills', 1);
  }

  function time(): void {
    const frames = 180 + random.integer(60);
    telemetry.add('frames', frames);
    telemetry.add('depthUpdates', frames - 12);
    const typical: Partial<Record<(typeof STAGES)[number], number>> = {
      decode: 1_100,
      book: 900,
      feature: 6_500,
      inference: 21_000,
      forecast: 88_000,
      signal: 700,
      compliance: 400,
      riskCheck: 650,
      send: 2_300,
      tickToOrder: 96_000,
      journal: 1_900_000,
      apply: 3_200,
    };
    for (const stage of STAGES) {
      const ns = typical[stage];
      if (ns === undefined) continue;
      const isShards = stage === 'feature' || stage === 'inference';
      const histogram = (isShards ? shard : telemetry).histogram(stage);
      for (let k = 0; k < 20; k += 1) histogram.record(ns * Math.exp(0.35 * random.normal()));
    }
  }
  return engine;
}
