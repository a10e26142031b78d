// Owns the engine's side of the risk tables: what is held, open, marked, allowed and in use.
// Promise: sums are what rows and cells say, always for the worst case; unknown orders are open.
import {
  LEVEL_PORTFOLIO,
  LEVEL_STRATEGY,
  LEVEL_SYSTEM,
  LEVEL_VENUE,
  NODE_GROSS,
  NODE_MARGIN_BALANCE,
  NODE_MARGIN_US,
  NODE_MESSAGES,
  NODE_PROBE_NOTIONAL,
  NODE_PROBES,
  NODE_STATE,
  NODE_TRADES,
  RISK_ACTIVE,
  RISK_EQUITY,
  RISK_EQUITY_US,
  RISK_HALTED,
  RISK_PROBING,
  RISK_REDUCING,
  RISK_VAR_Z,
  RISK_VARIANCE,
  ROW_FLAGS,
  ROW_MARK,
  ROW_MARK_US,
  ROW_POSITION,
  ROW_PROBE_NOTIONAL,
  ROW_PROBES,
  ROW_QUOTE_RATE,
  ROW_STATE,
  ROW_TRADABLE,
} from '../../wasm/layout.ts';
import type { Config } from '../config/schema.ts';
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import { priceOf } from '../core/instrument.ts';
import type { LimitScope } from '../core/limit.ts';
import type { Order } from '../core/order.ts';
import type { LimitUse, ScopeState } from '../core/risk.ts';
import { type EpochUs, formatDecimal, type Price, powerOfTen } from '../core/units.ts';
import type { BookRecord } from '../facts/fact.ts';
import type { Kernels } from '../memory/kernels.ts';
import { type MemoryPlan, nodeAt, riskRowAt } from '../memory/plan.ts';
import {
  type BookKernels,
  type BookTable,
  bookOfPortfolio,
  bookOfStrategy,
  openBooks,
  renewAll,
  resumCells,
  resumRows,
  revalueHeld,
  setPosition,
  unitOf,
} from './books.ts';
import { listUses } from './limit-uses.ts';
import {
  createOpenOrders,
  forEachNode,
  type OpenOrders,
  type Owner,
  ownerOf,
} from './open-orders.ts';
import { type RiskNames, scopeAt } from './places.ts';
import { createProfits, type Profits } from './profits.ts';
import { layTables } from './tables.ts';

export interface ExposureOptions {
  readonly kernels: BookKernels & Pick<Kernels, 'scenarioLossAfter'>;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly names: RiskNames;
  readonly initialMargin: Config['risk']['initialMargin']; // share of notional, by kind
  readonly quoteRate: (instrument: Instrument) => number; // Portfolio.quoteRate
}

export interface Exposure {
  /**
   * A new reference price in the quote asset. No allocation; as much work as there are books that
   * hold some of the instrument. VaR and scenario losses follow once a weight has moved by more
   * than 1e-4 of itself; every other sum follows at once.
   */
  onMark(instrument: Instrument, mid: number, nowUs: EpochUs): void;
  /** The signed position of everybody together, real units (base asset or contracts). */
  onPosition(instrument: Instrument, qtyReal: number): void;
  /**
   * A fill of this order, signed quantity and price in steps: moves the cells of its account and
   * its strategy, and the profit of the strategy, fee of the instrument included.
   */
  onFill(order: Order, signedQtySteps: number, price: Price, liquidity: 'maker' | 'taker'): void;
  /** What one strategy of one account holds, from before this run. */
  setBook(account: string, strategy: string, instrument: Instrument, qtySteps: number): void;
  /** The open quantity of an order changed by `deltaQty` steps: + placed, - filled or ended. */
  onOpenOrder(order: Order, deltaQty: number): void;
  /** One more fill, or one more cancel sent, for the order-to-trade ratio. */
  onTrade(order: Order): void;
  onCancel(order: Order): void;
  /** UTC days since 1970; a new day counts messages and trades from 0 and sums everything again. */
  onDay(day: number): void;
  /** Permitted and its book in sequence. Rows start as not tradable. */
  setTradable(instrument: Instrument, on: boolean): void;
  /** The system starts halted, everything else active. */
  setState(scope: LimitScope, state: ScopeState): void;
  /** What a half-open breaker still lets out. */
  setProbes(scope: LimitScope, orders: number, notional: number): void;
  /** Collateral that a venue says we have, base currency; NaN until then. */
  setMargin(venue: string, balance: number, nowUs: EpochUs): void;
  /** Base currency; NaN is taken, and then nothing that adds risk is approved. */
  setEquity(equity: number, nowUs: EpochUs): void;
  /** Sum of worst-case notionals, base currency. */
  gross(): number;
  /** Signed sum of position notionals, base currency. */
  net(): number;
  /** Daily normal VaR of the worst case at the configured quantile, base currency. */
  valueAtRisk(): number;
  /** Daily 95 % loss over the scenarios of history, base currency; 0 when none loses. */
  historicalVar(): number;
  /** Loss in the worst stress scenario, base currency; 0 when none loses. */
  stressLoss(): number;
  openOrders(): number;
  /** Who holds what, for the checkpoint; only what is not flat. */
  books(): readonly BookRecord[];
  /** Signed steps that a strategy holds over all accounts. */
  held(strategy: string, instrument: Instrument): number;
  /** Profit of each strategy since the start, base currency; NaN where it cannot be told. */
  strategyProfits(out: Float64Array): Float64Array;
  /** How full the limits are, fullest first; at most 64, and only what is in use. */
  uses(): readonly LimitUse[];
}

interface Desk {
  readonly options: ExposureOptions;
  readonly table: BookTable;
  readonly orders: OpenOrders;
  readonly profits: Profits;
  readonly joint: Float64Array; // steps by portfolio, strategy and instrument
  day: number;
}

/**
 * Every row starts flat, unpriced and not tradable, the system halted, margins unknown. Lay limits,
 * covariance and scenarios as well: until they are there the kernel refuses what adds risk.
 */
export function createExposure(options: ExposureOptions): Exposure {
  const { kernels, buffer, plan, names } = options;
  const table = openBooks(kernels, buffer, plan, names);
  layTables(table, options.initialMargin, options.quoteRate);
  const { portfolios, strategies, instruments } = names;
  const desk: Desk = {
    options,
    table,
    orders: createOpenOrders(table),
    profits: createProfits(table),
    joint: new Float64Array(portfolios.length * strategies.length * instruments.length),
    day: Number.NaN,
  };
  return { ...takers(desk), ...switches(desk), ...readers(desk) };
}

// ---- What happened ----------------------------------------------------------------------------

type Takers = Pick<
  Exposure,
  'onMark' | 'onPosition' | 'onFill' | 'setBook' | 'onOpenOrder' | 'onTrade' | 'onCancel' | 'onDay'
>;

function takers(desk: Desk): Takers {
  const { table, options } = desk;
  const { plan, numbers } = table;
  return {
    onMark(instrument, mid, nowUs) {
      if (!(mid > 0 && mid < Number.MAX_VALUE)) return;
      const row = riskRowAt(plan, instrument.index) / 8;
      numbers[row + ROW_MARK / 8] = mid;
      numbers[row + ROW_MARK_US / 8] = nowUs;
      numbers[row + ROW_QUOTE_RATE / 8] = options.quoteRate(instrument);
      revalueHeld(table, instrument.index);
    },
    onPosition(instrument, qtyReal) {
      setPosition(table, instrument.index, 0, qtyReal);
      resumRows(table);
    },
    onFill(order, signedQtySteps, price, liquidity) {
      const { instrument, account, strategy } = order;
      const owner = ownerOf(table, account, strategy);
      moveBook(desk, owner, instrument, signedQtySteps);
      const qty = signedQtySteps / powerOfTen(instrument.qtyScale);
      const fee = liquidity === 'maker' ? instrument.makerFee : instrument.takerFee;
      desk.profits.onFill(instrument, owner.strategy, qty, priceOf(instrument, price), fee);
    },
    setBook(account, strategy, instrument, qtySteps) {
      const owner = ownerOf(table, account, strategy);
      const before = desk.joint[jointAt(desk, owner, instrument)] ?? 0;
      moveBook(desk, owner, instrument, qtySteps - before);
      const qty = (qtySteps - before) / powerOfTen(instrument.qtyScale);
      desk.profits.onOpening(instrument, owner.strategy, qty);
    },
    onOpenOrder: (order, deltaQty) => desk.orders.change(order, deltaQty),
    onTrade: (order) => count(table, order, NODE_TRADES),
    onCancel: (order) => count(table, order, NODE_MESSAGES),
    onDay: (day) => turnDay(desk, day),
  };
}

const jointAt = ({ table }: Desk, owner: Owner, { index }: Instrument): number =>
  (owner.portfolio * table.names.strategies.length + owner.strategy) *
    table.names.instruments.length +
  index;

/** Both cells are sums of whole steps over the joint books, so they stay exact. */
function moveBook(desk: Desk, owner: Owner, instrument: Instrument, steps: number): void {
  const { table, joint } = desk;
  const at = jointAt(desk, owner, instrument);
  joint[at] = (joint[at] ?? 0) + steps;
  const { portfolio, strategy } = owner;
  const { strategies } = table.names;
  let ofPortfolio = 0;
  for (let k = 0; k < strategies.length; k += 1) {
    ofPortfolio += joint[jointAt(desk, { portfolio, strategy: k }, instrument)] ?? 0;
  }
  const ofStrategy = heldBy(desk, strategies[strategy] ?? '', instrument);
  const scale = powerOfTen(instrument.qtyScale);
  const place = (book: number, sum: number): void => {
    setPosition(table, instrument.index, book, sum / scale);
    resumCells(table, book);
  };
  place(bookOfPortfolio(portfolio), ofPortfolio);
  place(bookOfStrategy(table, strategy), ofStrategy);
}

function count(table: BookTable, order: Order, column: number): void {
  forEachNode(table, order, ownerOf(table, order.account, order.strategy), (node) => {
    const at = (node + column) / 8;
    table.numbers[at] = (table.numbers[at] ?? 0) + 1;
  });
}

function turnDay(desk: Desk, day: number): void {
  if (day === desk.day) return;
  desk.day = day;
  const { table } = desk;
  const { plan, names, numbers } = table;
  const clear = (level: number, length: number): void => {
    for (let k = 0; k < length; k += 1) {
      const node = nodeAt(plan, level, k) / 8;
      numbers[node + NODE_MESSAGES / 8] = 0;
      numbers[node + NODE_TRADES / 8] = 0;
    }
  };
  clear(LEVEL_SYSTEM, 1);
  clear(LEVEL_PORTFOLIO, names.portfolios.length);
  clear(LEVEL_STRATEGY, names.strategies.length);
  clear(LEVEL_VENUE, names.venues.length);
  renewAll(table);
}

// ---- What is allowed --------------------------------------------------------------------------

const STATES = {
  active: RISK_ACTIVE,
  probing: RISK_PROBING,
  reducing: RISK_REDUCING,
  halted: RISK_HALTED,
} as const satisfies Record<ScopeState, number>;

type Switches = Pick<
  Exposure,
  'setTradable' | 'setState' | 'setProbes' | 'setMargin' | 'setEquity'
>;

function switches({ table }: Desk): Switches {
  const { plan, words, numbers, places } = table;
  const system = plan.riskSystem;
  const isRow = (scope: LimitScope): boolean => scope.startsWith('instrument:');
  return {
    setTradable({ index }, on) {
      const at = (riskRowAt(plan, index) + ROW_FLAGS) / 4;
      const flags = words[at] ?? 0;
      words[at] = on ? flags | ROW_TRADABLE : flags & ~ROW_TRADABLE;
    },
    setState(scope, state) {
      const at = placeOf(table, scope) + (isRow(scope) ? ROW_STATE : NODE_STATE);
      words[at / 4] = STATES[state];
    },
    setProbes(scope, orders, notional) {
      const at = placeOf(table, scope);
      numbers[(at + (isRow(scope) ? ROW_PROBES : NODE_PROBES)) / 8] = orders;
      numbers[(at + (isRow(scope) ? ROW_PROBE_NOTIONAL : NODE_PROBE_NOTIONAL)) / 8] = notional;
    },
    setMargin(venue, balance, nowUs) {
      const number = places.venues.get(venue);
      assert(number !== undefined, `venue ${venue} is not in the tree of limits`);
      const node = nodeAt(plan, LEVEL_VENUE, number) / 8;
      numbers[node + NODE_MARGIN_BALANCE / 8] = balance;
      numbers[node + NODE_MARGIN_US / 8] = nowUs;
    },
    setEquity(equity, nowUs) {
      numbers[(system + RISK_EQUITY) / 8] = equity;
      numbers[(system + RISK_EQUITY_US) / 8] = nowUs;
    },
  };
}

function placeOf({ plan, places }: BookTable, scope: LimitScope): number {
  const at = scopeAt(plan, places, scope);
  assert(at !== null, `${scope} is not in the tree of limits`);
  return at;
}

// ---- What it comes to -------------------------------------------------------------------------

type Readers = Omit<Exposure, keyof Takers | keyof Switches>;

function readers(desk: Desk): Readers {
  const { table, options } = desk;
  const { plan, numbers } = table;
  const { kernels } = options;
  const system = (at: number): number => numbers[(plan.riskSystem + at) / 8] ?? Number.NaN;
  // NaN stays NaN: a loss that cannot be told is not none.
  const lossOf = (block: number): number => Math.max(0, kernels.scenarioLossAfter(block, 0, 0));
  const readings = {
    gross: () => numbers[(table.nodes[0] ?? 0) + NODE_GROSS / 8] ?? Number.NaN,
    net: () => netOf(table),
    valueAtRisk: () => system(RISK_VAR_Z) * Math.sqrt(Math.max(0, system(RISK_VARIANCE))),
    historicalVar: () => lossOf(plan.history),
    stressLoss: () => lossOf(plan.shocks),
  };
  return {
    ...readings,
    openOrders: () => desk.orders.count,
    books: () => recordsOf(desk),
    held: (strategy, instrument) => heldBy(desk, strategy, instrument),
    strategyProfits: (out) => desk.profits.read(out),
    uses: () => listUses(table, readings),
  };
}

function netOf(table: BookTable): number {
  const { plan, numbers, names } = table;
  let sum = 0;
  for (const { index } of names.instruments) {
    const qty = numbers[(riskRowAt(plan, index) + ROW_POSITION) / 8] ?? Number.NaN;
    if (qty !== 0) sum += qty * unitOf(table, index);
  }
  return sum;
}

function heldBy(desk: Desk, name: string, instrument: Instrument): number {
  const { names, places } = desk.table;
  const strategy = places.strategies.get(name);
  assert(strategy !== undefined, `strategy ${name} is not in the tree of limits`);
  let steps = 0;
  for (let portfolio = 0; portfolio < names.portfolios.length; portfolio += 1) {
    steps += desk.joint[jointAt(desk, { portfolio, strategy }, instrument)] ?? 0;
  }
  return steps;
}

function recordsOf(desk: Desk): readonly BookRecord[] {
  const { portfolios, strategies, instruments } = desk.table.names;
  const records: BookRecord[] = [];
  for (const [portfolio, account] of portfolios.entries()) {
    for (const [number, strategy] of strategies.entries()) {
      for (const instrument of instruments) {
        const steps = desk.joint[jointAt(desk, { portfolio, strategy: number }, instrument)] ?? 0;
        if (steps === 0) continue;
        const qty = formatDecimal(steps, instrument.qtyScale);
        records.push({ account, strategy, instrument: instrument.key, qty });
      }
    }
  }
  return records;
}
