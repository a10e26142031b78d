// Owns the practice of a strategy: a short generated market and a stub of a venue around the host.
// Promise: the same seed gives the same market; nothing is journalled, nothing leaves this process.
import type { LimitCode } from '../../engine/core/decision.ts';
import type { Instrument } from '../../engine/core/instrument.ts';
import { isTerminal, type Order, type OrderIntent, sideSign } from '../../engine/core/order.ts';
import { asEpochUs, asQty, type EpochUs, type Price, type Qty } from '../../engine/core/units.ts';
import type { HostOptions, Opened, StrategyNews } from '../../engine/strategies/calls.ts';
import { createHost, type Host } from '../../engine/strategies/host.ts';
import type { InstanceSpec } from '../../engine/strategies/instances.ts';
import { createStrategies, type Strategies } from '../../engine/strategies/strategies-slice.ts';
import type { Fill } from '../../engine/strategies/strategy.ts';
import { createPracticeMarket, type PracticeMarket } from './practice-market.ts';

export const PRACTICE_SECONDS = 120;
const STEP_US = 100_000;
const POSITION_MAX_USD = 1_000_000; // beyond it the stub refuses: every strategy should see one
const LOGS_MAX = 50;
const SILENT_MS = 50; // between two looks at a worker that does not answer
const PAUSE_NS = 2_000_000; // more than the host leaves between two batches

export interface PracticeReport {
  readonly state: string; // 'running' when all went well
  readonly reason: string; // why not
  readonly seconds: number; // of the market
  readonly books: number;
  readonly signals: number;
  readonly orders: number;
  readonly fills: number;
  readonly cancels: number;
  readonly amends: number;
  readonly refused: number; // by the stub's position limit
  readonly heldBack: number; // by the host, after refusals or beyond the budget
  readonly positions: Readonly<Record<string, string>>;
  readonly saved: boolean;
  readonly logs: readonly string[];
}

interface Desk {
  readonly market: PracticeMarket;
  readonly slice: Strategies;
  readonly orders: Map<string, Order>;
  readonly positions: Map<Instrument, number>;
  readonly logs: string[];
  readonly counts: Record<'fills' | 'cancels' | 'amends' | 'refused' | 'heldBack', number>;
  host: Host | null;
  nowUs: EpochUs;
  skippedNs: number; // of the pause that a worker is given in a live market
  number: number;
}

export interface Practice {
  /** To be given what a worker says. */
  onNews(name: string, news: StrategyNews): void;
  log(text: string): void;
  /**
   * Runs the market through the strategy; waits for a worker's answers, and until it has `left`.
   * Null: a built-in one.
   */
  run(opened: Opened | null, left: () => Promise<void>): Promise<PracticeReport>;
}

export function createPractice(spec: InstanceSpec, limits: HostLimits, seed: string): Practice {
  const desk: Desk = {
    market: createPracticeMarket(seed),
    slice: createStrategies(),
    orders: new Map(),
    positions: new Map(),
    logs: [],
    counts: { fills: 0, cancels: 0, amends: 0, refused: 0, heldBack: 0 },
    host: null,
    nowUs: asEpochUs(1_700_000_000_000_000),
    skippedNs: 0,
    number: 0,
  };
  const flight = { busy: false, wake: (): void => undefined };
  const host = createHost({
    ...limits,
    specs: [spec],
    instruments: desk.market.instruments,
    slice: desk.slice,
    ports: portsOf(desk),
  });
  desk.host = host;
  return {
    log: (text) => log(desk, text),
    onNews(name, news) {
      flight.busy = false;
      desk.skippedNs += PAUSE_NS;
      host.onNews(name, news, desk.nowUs);
      flight.wake();
    },
    async run(opened, left) {
      const files = opened === null ? [] : [[spec.name, watch(opened, flight)] as const];
      host.start([], new Map(files), desk.nowUs);
      await live(desk, host, flight, spec.name);
      host.stop(desk.nowUs); // also tells what was held back
      await left();
      return reportOf(desk, spec.name);
    },
  };
}

export type HostLimits = Pick<
  HostOptions,
  'intentsPerSecond' | 'intentsBurst' | 'callMsMax' | 'isolatedTimeoutMs'
>;

interface Flight {
  busy: boolean; // a worker owes an answer
  wake: () => void;
}

/** The same module, its worker's silence observed. */
function watch(opened: Opened, flight: Flight): Opened {
  if (opened.kind !== 'isolated') return opened;
  const { link } = opened;
  const post: typeof link.post = (batch) => {
    flight.busy = true;
    link.post(batch);
  };
  return { ...opened, link: { ...link, post } };
}

async function live(desk: Desk, host: Host, flight: Flight, name: string): Promise<void> {
  const steps = (PRACTICE_SECONDS * 1e6) / STEP_US;
  for (let step = 0; step < steps && desk.slice.get(name)?.state === 'running'; step += 1) {
    desk.nowUs = asEpochUs(desk.nowUs + STEP_US);
    for (const instrument of desk.market.instruments) {
      desk.market.step(instrument);
      fillResting(desk, instrument);
      host.onBook(instrument, desk.market.mid(instrument), 0, desk.nowUs);
      await answered(host, desk, flight);
    }
    if (step % 10 === 0) tellSignal(desk, host);
    if (step % 600 === 599) tellBars(desk, host);
    await answered(host, desk, flight);
    host.onClock(desk.nowUs);
    await answered(host, desk, flight);
  }
}

function tellSignal({ market, nowUs }: Desk, host: Host): void {
  const signal = market.signal(nowUs);
  host.onSignal(signal, signal.mid, 0, nowUs);
}

function tellBars({ market, nowUs }: Desk, host: Host): void {
  for (const one of market.instruments) host.onBar(market.bar(one, nowUs), nowUs);
}

// While a worker is silent only its time-out may pass: the clock looks, the market waits.
async function answered(host: Host, desk: Desk, flight: Flight): Promise<void> {
  desk.skippedNs += PAUSE_NS;
  while (flight.busy) {
    const isSilent = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), SILENT_MS);
      flight.wake = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
    if (!isSilent) continue;
    host.onClock(desk.nowUs);
    flight.busy = flight.busy && desk.slice.save().some(({ state }) => state === 'running');
  }
}

// ---- The stub of a venue --------------------------------------------------------------------

function portsOf(desk: Desk): HostOptions['ports'] {
  const { market, counts } = desk;
  return {
    books: market.books,
    nowNs: () => performance.now() * 1e6 + desk.skippedNs,
    holding: (_account, _strategy, instrument) => desk.positions.get(instrument) ?? 0,
    profit: () => 0,
    equity: () => 1_000_000,
    quoteRate: () => 1,
    scopeState: () => 'active',
    log: (_name, text) => log(desk, text),
    tellFailed: () => undefined, // the report says it
    submit: (intent) => submit(desk, intent),
    cancel(order) {
      counts.cancels += 1;
      move(desk, { ...order, state: 'cancelled', reason: 'requested' });
    },
    amend(order, change) {
      counts.amends += 1;
      move(desk, { ...order, ...change });
      return null;
    },
    takeBack() {
      for (const order of [...desk.orders.values()]) {
        if (!isTerminal(order)) move(desk, { ...order, state: 'cancelled', reason: 'taken back' });
      }
    },
    commit(fact, nowUs) {
      if (fact.kind === 'refusals') counts.heldBack += fact.count;
      desk.slice.fold(fact, nowUs);
    },
    open: () => undefined, // nobody reloads in a practice
  };
}

function log({ logs }: Desk, text: string): void {
  if (logs.length < LOGS_MAX) logs.push(text);
}

function submit(desk: Desk, intent: OrderIntent): readonly LimitCode[] | null {
  const { instrument, side, qty, price, timeInForce } = intent;
  const { market } = desk;
  const after = (desk.positions.get(instrument) ?? 0) + sideSign(side) * qty;
  if (instrument.kind === 'spot' && after < 0) return refuse(desk, 'balance');
  if (Math.abs(market.worth(instrument, after)) > POSITION_MAX_USD) return refuse(desk, 'position');
  desk.number += 1;
  const order = orderOf(intent, `p${String(desk.number).padStart(4, '0')}`, desk.nowUs);
  const touch = market.touch(instrument, side);
  const crosses = price === null || (side === 'buy' ? price >= touch : price <= touch);
  if (crosses && intent.postOnly) {
    move(desk, { ...order, state: 'rejected', reason: 'would take' });
    return null;
  }
  move(desk, order);
  if (crosses) fill(desk, order, touch, 'taker');
  else if (timeInForce !== 'GTC')
    move(desk, { ...order, state: 'expired', reason: 'nothing there' });
  return null;
}

function refuse(desk: Desk, limit: LimitCode): readonly LimitCode[] {
  desk.counts.refused += 1;
  return [limit];
}

function orderOf(intent: OrderIntent, id: string, nowUs: EpochUs): Order {
  const { instrument, account, strategy, parentId, side, type, qty, price } = intent;
  const { timeInForce, postOnly, reduceOnly, origin, createdUs } = intent;
  return {
    ...{ id, instrument, account, strategy, parentId, side, type, qty, price },
    ...{ timeInForce, postOnly, reduceOnly, origin, createdUs },
    limitPrice: price,
    state: 'open',
    cancelRequested: false,
    filledQty: asQty(0),
    filledValue: 0n,
    reason: '',
    arrivalMid: Number.NaN,
    updatedUs: nowUs,
  };
}

function fillResting(desk: Desk, instrument: Instrument): void {
  for (const order of [...desk.orders.values()]) {
    const { price, side, state } = order;
    if (order.instrument !== instrument || state !== 'open' || price === null) continue;
    const touch = desk.market.touch(instrument, side);
    if (side === 'buy' ? price >= touch : price <= touch) fill(desk, order, price, 'maker');
  }
}

function fill(desk: Desk, order: Order, price: Price, liquidity: Fill['liquidity']): void {
  desk.counts.fills += 1;
  const { instrument, qty, side, id } = order;
  desk.positions.set(instrument, (desk.positions.get(instrument) ?? 0) + sideSign(side) * qty);
  const report = { kind: 'fill', orderId: id, fillId: `f${desk.counts.fills}` } as const;
  const timeUs = desk.nowUs;
  const filled: Order = { ...order, state: 'filled', filledQty: qty as Qty, reason: '' };
  desk.host?.onFill(filled, { ...report, price, qty, liquidity, fee: null, timeUs }, desk.nowUs);
  move(desk, filled);
}

function move(desk: Desk, order: Order): void {
  const next = { ...order, updatedUs: desk.nowUs };
  if (isTerminal(next)) desk.orders.delete(next.id);
  else desk.orders.set(next.id, next);
  desk.host?.onOrder(next, desk.nowUs);
}

function reportOf(desk: Desk, name: string): PracticeReport {
  const record = desk.slice.get(name);
  const { market, counts } = desk;
  return {
    state: record?.state ?? 'failed',
    reason: record?.state === 'running' ? '' : (record?.reason ?? 'it was never started'),
    seconds: market.steps / market.instruments.length / 10,
    books: market.steps,
    signals: market.signals,
    orders: desk.number,
    ...counts,
    positions: Object.fromEntries(
      [...desk.positions].map(([one, qty]) => [one.key, market.text(one, qty)]),
    ),
    saved: record?.saved != null,
    logs: desk.logs,
  };
}
