// Owns a stand-in for the engine: the same rings and histograms, a seeded market behind them.
// Promise: every message it writes is of the real vocabulary; it answers commands like the engine.
import { assertNever } from '../../../engine/core/assert.ts';
import type { Breach } from '../../../engine/core/decision.ts';
import type { TradingState } from '../../../engine/core/event.ts';
import { formatOrderId } from '../../../engine/core/ids.ts';
import type { Random } from '../../../engine/core/ports.ts';
import { createRandom } from '../../../engine/core/random.ts';
import type { Fact, OrderRecord } from '../../../engine/facts/fact.ts';
import type {
  CommandMessage,
  GatewayAnswer,
  GatewayCommand,
  GatewayMessage,
} from '../../../engine/facts/gateway-message.ts';
import {
  createMemory,
  DEFAULT_CAPACITIES,
  type MemoryPlan,
  planMemory,
} from '../../../engine/memory/plan.ts';
import { createByteReader, createByteWriter } from '../../../engine/memory/ring.ts';
import { createTelemetry, type Stage, type Telemetry } from '../../../engine/memory/telemetry.ts';
import {
  createFakeBook,
  type FakeBook,
  type FakeMarket,
  fillAtMid,
  moveMarkets,
  TYPICAL_NS,
  viewMarket,
  viewPortfolio,
} from './fake-market.ts';
import { notTraded, previewOrder } from './fake-preview.ts';

import {
  answerRisk,
  createFakeRisk,
  type FakeRisk,
  makeAnalysis,
  type RiskCommand,
  trip,
  viewRisk,
} from './fake-risk.ts';

const CAPACITIES = {
  ...DEFAULT_CAPACITIES,
  instruments: 8,
  levels: 64,
  journalBytes: 1 << 12,
  gatewayBytes: 1 << 20,
};

interface Fake {
  readonly book: FakeBook;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly shard: Telemetry;
  readonly say: (message: GatewayMessage) => boolean;
  seq: number;
  nowUs: number;
  orders: number;
  signals: number;
  tradingState: TradingState;
  readonly risk: FakeRisk;
}

export interface FakeEngine {
  readonly risk: FakeRisk;
  readonly memory: WebAssembly.Memory;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly commands: CommandMessage[]; // all that were read
  isAnswering: boolean; // false: commands are read and left without an answer
  say(message: GatewayMessage): boolean;
  record(body: Fact): void;
  makeOrder(over: Partial<OrderRecord>): OrderRecord;
  /** Says what an engine says first: the run, its markets, its portfolio. */
  start(): void;
  /** 200 ms of its time: markets, portfolio, now and then a signal with its order and fill. */
  step(): void;
  /** A risk report of its book; none was made before the first call. */
  analyse(): void;
  /** A breaker opens, the drawdown warns, a first reduction goes out. */
  trip(): void;
  /** Reads and answers what lies in the command ring. */
  poll(): void;
  /** Steps every `stepMs` (0: never) and polls; returns the function that stops it. */
  run(stepMs: number): () => void;
}

export function createFakeEngine(seed = '7', startUs = 1_767_605_400_000_000): FakeEngine {
  const plan = planMemory(CAPACITIES);
  const memory = createMemory(plan);
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  const reader = createByteReader(buffer, plan.commandRing, plan.capacities.commandBytes);
  const fake = createFake({ buffer, plan, seed, startUs });
  const engine: FakeEngine = {
    risk: fake.risk,
    memory,
    buffer,
    plan,
    commands: [],
    isAnswering: true,
    say: fake.say,
    record: (body) => record(fake, body),
    makeOrder: (over) => makeOrder(fake, over),
    start: () => start(fake, seed),
    step: () => step(fake),
    analyse: () => analyse(fake),
    trip() {
      trip(fake.risk, (body) => record(fake, body));
      sayViews(fake);
    },
    poll() {
      for (let text = reader.read(); text !== null; text = reader.read()) {
        const message = JSON.parse(text) as CommandMessage;
        engine.commands.push(message);
        if (!engine.isAnswering) continue;
        const { correlation } = message;
        fake.say({ type: 'answer', correlation, answer: answer(fake, message.command) });
      }
    },
    run(stepMs) {
      const steps = stepMs === 0 ? undefined : setInterval(() => step(fake), stepMs);
      const polls = setInterval(() => engine.poll(), 2);
      return () => {
        clearInterval(steps);
        clearInterval(polls);
      };
    },
  };
  return engine;
}

interface Ground {
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly seed: string;
  readonly startUs: number;
}

function createFake({ buffer, plan, seed, startUs }: Ground): Fake {
  const writer = createByteWriter(buffer, plan.gatewayRing, plan.capacities.gatewayBytes);
  return {
    book: createFakeBook(),
    random: createRandom(seed),
    telemetry: createTelemetry(buffer, plan.counters, plan.histograms),
    shard: createTelemetry(buffer, plan.counters, plan.shardHistograms),
    say: (message) => writer.write(JSON.stringify(message)),
    seq: 0,
    nowUs: startUs,
    orders: 0,
    signals: 0,
    tradingState: 'active',
    risk: createFakeRisk(),
  };
}

function record(fake: Fake, body: Fact): void {
  fake.seq += 1;
  fake.say({ type: 'record', record: { seq: fake.seq, timeUs: fake.nowUs, body } });
}

function start(fake: Fake, seed: string): void {
  record(fake, {
    kind: 'run_started',
    mode: 'test',
    version: '0.1.0',
    configHash: 'c0ffee',
    seed,
    instruments: fake.book.markets.map((market) => market.key),
    model: 'logistic-3',
    checkpoint: {
      epoch: 1,
      nextOrderNumber: 0,
      nextSignalId: 0,
      nextFillNumber: 0,
      peakEquity: 0,
      tradingState: fake.tradingState,
      balances: {},
      positions: [],
      openOrders: [],
    },
  });
  fake.say({ type: 'limits', tree: fake.risk.tree });
  sayViews(fake);
}

function sayViews(fake: Fake): void {
  const { book, nowUs, tradingState } = fake;
  fake.say({ type: 'markets', markets: book.markets.map((market) => viewMarket(market, nowUs)) });
  const portfolio = viewPortfolio(book, nowUs, tradingState);
  const { grossExposure, drawdown } = portfolio;
  fake.say({ type: 'portfolio', portfolio });
  fake.say({ type: 'risk', risk: viewRisk(fake.risk, nowUs, grossExposure, drawdown) });
}

function step(fake: Fake): void {
  fake.nowUs += 200_000;
  moveMarkets(fake.book, fake.random);
  const market = fake.book.markets[fake.random.integer(fake.book.markets.length)];
  if (market !== undefined && fake.random.uniform() < 0.35) trade(fake, market);
  timeStages(fake);
  sayViews(fake);
}

function analyse(fake: Fake): void {
  const { equity, grossExposure } = viewPortfolio(fake.book, fake.nowUs, fake.tradingState);
  const report = makeAnalysis(fake.nowUs, Number(equity), Math.max(grossExposure, 100_000));
  fake.say({ type: 'analysis', report });
}

function timeStages(fake: Fake): void {
  const frames = 180 + fake.random.integer(60);
  fake.telemetry.add('frames', frames);
  fake.telemetry.add('depthUpdates', frames - 12);
  for (const [stage, ns] of Object.entries(TYPICAL_NS)) {
    const isShards = stage === 'feature' || stage === 'inference';
    const histogram = (isShards ? fake.shard : fake.telemetry).stages[stage as Stage];
    for (let k = 0; k < 20; k += 1) histogram.record(ns * Math.exp(0.35 * fake.random.normal()));
  }
}

function makeOrder(fake: Fake, over: Partial<OrderRecord>): OrderRecord {
  fake.orders += 1;
  const { markets } = fake.book;
  const market = markets.find(({ key }) => key === over.instrument) ?? markets[0];
  return {
    id: formatOrderId(1, fake.orders),
    instrument: market?.key ?? '',
    account: 'main',
    strategy: 'signal-follower',
    side: 'buy',
    type: 'limit',
    qty: '0.25',
    price: market?.mid.toFixed(market.decimals) ?? null,
    timeInForce: 'GTC',
    postOnly: false,
    reduceOnly: false,
    origin: { kind: 'signal', signalId: fake.signals },
    state: 'open',
    filledQty: '0',
    averagePrice: null,
    reason: '',
    arrivalMid: market?.mid ?? 0,
    createdUs: fake.nowUs,
    updatedUs: fake.nowUs,
    ...over,
  };
}

function signal(fake: Fake, market: FakeMarket): void {
  fake.signals += 1;
  const noisy = 0.3 * market.imbalance + 0.08 * fake.random.normal();
  const lean = Math.max(-0.48, Math.min(0.48, noisy));
  fake.telemetry.add('signals', 1);
  record(fake, {
    kind: 'signal',
    id: fake.signals,
    instrument: market.key,
    direction: Math.abs(lean) < 0.01 ? 'flat' : lean > 0 ? 'up' : 'down',
    probability: 0.5 + Math.abs(lean),
    confidence: 2 * Math.abs(lean),
    strength: 2 * lean,
    horizonUs: 1_000_000,
    model: 'logistic-3',
    bookSequence: fake.seq,
    mid: market.mid,
    action: Math.abs(lean) > 0.15 ? 'trade' : 'hold',
  });
}

function trade(fake: Fake, market: FakeMarket): void {
  signal(fake, market);
  if (fake.tradingState !== 'active') return;
  const side = market.imbalance >= 0 && market.qty * market.mid < 60_000 ? 'buy' : 'sell';
  const qty = String(Number((12_000 / market.mid).toPrecision(3)));
  const order = makeOrder(fake, { instrument: market.key, side, qty });
  record(fake, { kind: 'order', order: { ...order, state: 'sent' } });
  record(fake, { kind: 'order', order });
  fake.telemetry.add('orders', 1);
  const roll = fake.random.uniform();
  if (roll < 0.15) return;
  if (roll < 0.25) {
    record(fake, { kind: 'order', order: { ...order, state: 'cancelled', reason: 'time out' } });
  } else {
    fill(fake, market, order);
  }
}

function fill(fake: Fake, market: FakeMarket, order: OrderRecord): void {
  const price = market.mid.toFixed(market.decimals);
  const realised = fillAtMid(fake.book, market, order.side, Number(order.qty));
  fake.telemetry.add('fills', 1);
  record(fake, {
    kind: 'fill',
    fill: {
      id: `f${fake.orders}`,
      orderId: order.id,
      account: order.account,
      strategy: order.strategy,
      instrument: market.key,
      side: order.side,
      price,
      qty: order.qty,
      fee: (Number(order.qty) * market.mid * 0.0002).toFixed(6),
      feeAsset: 'USDT',
      realised: realised.toFixed(2),
      liquidity: 'maker',
    },
    ledger: [],
    position: {
      instrument: market.key,
      qty: String(market.qty),
      entryPrice: price,
      cost: '0',
      realised: '0',
      fees: '0',
    },
  });
  const filled = { ...order, state: 'filled', filledQty: order.qty, averagePrice: price } as const;
  record(fake, { kind: 'order', order: filled });
}

function answer(fake: Fake, command: GatewayCommand): GatewayAnswer {
  switch (command.kind) {
    case 'submit':
      return submit(fake, command);
    case 'cancel':
      return command.orderId.startsWith('c')
        ? { kind: 'done', count: 1 }
        : { kind: 'not_found', what: `order ${command.orderId}` };
    case 'trading_state':
    case 'kill':
    case 'propose_limits':
    case 'decide_limits':
      return tellRisk(fake, command);
    case 'preview':
      return previewOrder(findMarket(fake, command.symbol), command);
    case 'generate_signals':
      for (const name of command.symbols) {
        const market = findMarket(fake, name);
        if (market !== undefined) signal(fake, market);
      }
      return { kind: 'done', count: command.symbols.length };
    default:
      return assertNever(command);
  }
}

const findMarket = (fake: Fake, name: string): FakeMarket | undefined =>
  fake.book.markets.find(({ symbol }) => symbol === name.replace('/', ''));

/** Refuses what is worth more than 100,000, as the real limits do. */
function submit(fake: Fake, command: Extract<GatewayCommand, { kind: 'submit' }>): GatewayAnswer {
  const market = findMarket(fake, command.symbol);
  if (market === undefined) return notTraded(command.symbol);
  const { side, type, qty, price, timeInForce, key } = command;
  const origin = { kind: 'api', key } as const;
  const instrument = market.key;
  const strategy = 'manual';
  const over = { instrument, side, type, qty, price, timeInForce, strategy, origin };
  const order = makeOrder(fake, over);
  const notional = Number(qty) * market.mid;
  const isRefused = notional > 100_000;
  const breach: Breach = {
    ...({ limit: 'order_notional', scope: 'system' } as const),
    ...{ asked: notional, allowed: 100_000 },
  };
  const breaches = isRefused ? [breach] : [];
  const isNear = notional > 80_000 && !isRefused;
  const warnings = isNear ? [{ ...breach, allowed: 80_000 }] : [];
  const { id: orderId } = order;
  const verdict = { orderId, instrument, side, qty, price, origin, breaches, notional } as const;
  const who = { account: 'main', strategy };
  const rest = { kind: 'verdict', by: 'risk', bookSequence: 1, warnings, ...who } as const;
  const after = { varAfter: notional / 50, historicalVarAfter: notional / 40, stressAfter: 0 };
  record(fake, { ...verdict, ...rest, ...after, approved: !isRefused });
  if (isRefused) return { kind: 'rejected', orderId, by: 'risk', breaches };
  record(fake, { kind: 'order', order });
  return { kind: 'accepted', orderId };
}

function tellRisk(fake: Fake, command: RiskCommand): GatewayAnswer {
  const { tree } = fake.risk;
  const answered = answerRisk(fake.risk, command, fake.nowUs, (body) => record(fake, body));
  const { system: state } = Object.fromEntries(fake.risk.states);
  fake.tradingState = state === undefined ? 'active' : (state.state as TradingState);
  if (fake.risk.tree !== tree) fake.say({ type: 'limits', tree: fake.risk.tree });
  sayViews(fake);
  return answered;
}
