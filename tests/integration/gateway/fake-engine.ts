// Owns a stand-in for the engine: the same rings and histograms, a seeded market behind them.
// Promise: every message it writes is of the real vocabulary; it answers commands like the engine.
import { assertNever } from '../../../engine/core/assert.ts';
import type { TradingState } from '../../../engine/core/event.ts';
import { formatOrderId } from '../../../engine/core/ids.ts';
import type { Random } from '../../../engine/core/ports.ts';
import { createRandom } from '../../../engine/core/random.ts';
import type { Fact } from '../../../engine/facts/fact.ts';
import type {
  CommandMessage,
  GatewayAnswer,
  GatewayCommand,
  GatewayMessage,
} from '../../../engine/facts/gateway-message.ts';
import type { OrderRecord } from '../../../engine/facts/order.ts';
import {
  createMemory,
  DEFAULT_CAPACITIES,
  type MemoryPlan,
  planMemory,
} from '../../../engine/memory/plan.ts';
import { createByteReader, createByteWriter } from '../../../engine/memory/ring.ts';
import { createTelemetry, type Stage, type Telemetry } from '../../../engine/memory/telemetry.ts';
import { decideClient, metadataProblems } from '../../../engine/orders/client-keys.ts';
import type { State } from '../../../engine/state.ts';
import { answerDesk, isDeskCommand } from './fake-desk.ts';
import { fillOf, openingFacts, openState, orderFact } from './fake-ledger.ts';
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
import { notTraded, previewOrder, verdictOn } from './fake-preview.ts';
import {
  answerRisk,
  createFakeRisk,
  type FakeRisk,
  isRiskCommand,
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
  gatewayBytes: 1 << 22,
};

interface Fake {
  readonly state: State; // the engine's own slices, folded as it folds them
  readonly book: FakeBook;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly shard: Telemetry;
  readonly say: (message: GatewayMessage) => void;
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
  /** What the ring refuses is counted and told as lost, as the engine does. */
  say(message: GatewayMessage): void;
  /** Folds the fact and says it. */
  record(body: Fact): void;
  /** Folds the fact and says that its record was lost. */
  lose(body: Fact): void;
  readonly state: State;
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
    state: fake.state,
    memory,
    buffer,
    plan,
    commands: [],
    isAnswering: true,
    say: fake.say,
    record: (body) => record(fake, body),
    lose(body) {
      fake.seq += 1;
      fake.state.fold(body, fake.nowUs);
      fake.say({ type: 'lost', records: 1 });
    },
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
        const told = answer(fake, message.command);
        fake.say({ type: 'answer', correlation, answer: told, seq: 0 }); // it has no disk
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
  let lost = 0;
  const write = (message: GatewayMessage): boolean => writer.write(JSON.stringify(message));
  return {
    state: openState(),
    book: createFakeBook(),
    random: createRandom(seed),
    telemetry: createTelemetry(buffer, plan.counters, plan.histograms),
    shard: createTelemetry(buffer, plan.counters, plan.shardHistograms),
    say(message) {
      if (lost > 0 && write({ type: 'lost', records: lost })) lost = 0;
      if (lost > 0 || !write(message)) lost += 1;
    },
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
  fake.state.fold(body, fake.nowUs);
  fake.say({ type: 'record', record: { seq: fake.seq, timeUs: fake.nowUs, body } });
}

function start(fake: Fake, seed: string): void {
  const { book, risk, telemetry } = fake;
  for (const fact of openingFacts(book.markets, seed, risk.tree)) record(fake, fact);
  telemetry.set('equity', book.cash);
  round(fake);
  sayViews(fake);
}

/** A checkpoint of every slice: whoever has lost records goes on from here. */
function round(fake: Fake): void {
  for (const fact of fake.state.save()) record(fake, fact);
}

function sayViews(fake: Fake): void {
  const { book, nowUs, tradingState } = fake;
  fake.say({ type: 'markets', markets: book.markets.map((market) => viewMarket(market, nowUs)) });
  const portfolio = viewPortfolio(fake.state, book, nowUs, tradingState);
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
  const { equity, grossExposure } = viewPortfolio(
    fake.state,
    fake.book,
    fake.nowUs,
    fake.tradingState,
  );
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
  const price = market?.mid.toFixed(market.decimals) ?? null;
  return {
    id: formatOrderId(1, fake.orders),
    instrument: market?.key ?? '',
    account: 'main',
    strategy: 'signal-follower',
    parentId: null,
    side: 'buy',
    type: 'limit',
    qty: '0.25',
    price,
    limitPrice: over.price ?? price,
    timeInForce: 'GTC',
    postOnly: false,
    reduceOnly: false,
    origin: { kind: 'signal', signalId: fake.signals },
    state: 'open',
    filledQty: '0',
    filledValue: '0',
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
  fillAtMid(fake.book, market, order.side, Number(order.qty));
  fake.telemetry.add('fills', 1);
  record(fake, fillOf(fake.state, order, `f${fake.orders}`, fake.nowUs));
  record(fake, orderFact(fake.state, order.id));
}

function answer(fake: Fake, command: GatewayCommand): GatewayAnswer {
  if (isRiskCommand(command)) return tellRisk(fake, command);
  if (isDeskCommand(command)) {
    const answered = answerDesk(fake.state, command, fake.nowUs, (body) => record(fake, body));
    sayViews(fake);
    return answered;
  }
  switch (command.kind) {
    case 'submit':
      return submit(fake, command);
    case 'cancel':
      return fake.state.orders.get(command.orderId)?.state === 'open'
        ? { kind: 'done', count: 1 }
        : { kind: 'not_found', what: `order ${command.orderId}` };
    case 'preview':
      return previewOrder(findMarket(fake, command.symbol), command);
    case 'instrument':
      return { kind: 'instrument', change: command.change, slots: 64, used: 2 };
    case 'checkpoint':
      round(fake);
      return { kind: 'done', count: 1 };
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
  fake.book.markets.find(({ symbol }) => symbol === name.replace(/:.*$|\//g, ''));

/** Refuses what is worth more than 100,000, as the real limits do. */
function submit(fake: Fake, command: Extract<GatewayCommand, { kind: 'submit' }>): GatewayAnswer {
  const market = findMarket(fake, command.symbol);
  if (market === undefined) return notTraded(command.symbol);
  const problems = metadataProblems(command.metadata ?? {});
  if (problems.length > 0) return { kind: 'invalid', problems };
  const first = decideClient(fake.state.orders, command.client);
  if (first.kind === 'same') return first.answer;
  if (first.kind === 'conflict') return { kind: 'key_reused', key: command.client?.key ?? '' };
  const { side, type, qty, price, timeInForce, key } = command;
  const origin = { kind: 'api', key } as const;
  const over = { side, type, qty, price, timeInForce, strategy: 'manual', origin };
  const order = makeOrder(fake, { ...over, instrument: market.key });
  const verdict = verdictOn(order, command, Number(qty) * market.mid);
  record(fake, verdict);
  const { id: orderId } = order;
  const { approved, by, breaches } = verdict;
  if (!approved) return { kind: 'rejected', orderId, by, breaches, isReplay: false };
  record(fake, { kind: 'order', order });
  return { kind: 'accepted', orderId, isReplay: false };
}

function tellRisk(fake: Fake, command: RiskCommand): GatewayAnswer {
  const answered = answerRisk(fake.risk, command, fake.nowUs, (body) => record(fake, body));
  const { system: state } = Object.fromEntries(fake.risk.states);
  fake.tradingState = state === undefined ? 'active' : (state.state as TradingState);
  sayViews(fake);
  return answered;
}
