// Owns the engine's side of the risk tables: what is held, open, marked, allowed and in use.
// Promise: sums are what rows and cells say, always for the worst case; unknown orders are open.
import {
  LEVEL_PORTFOLIO,
  LEVEL_STRATEGY,
  LEVEL_SYSTEM,
  LEVEL_VENUE,
  MARGIN_BALANCE,
  MARGIN_US,
  NODE_GROSS,
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
import { type Instrument, type MarginPlace, marginPlaceOf } from '../core/instrument.ts';
import type { LimitScope } from '../core/limit.ts';
import type { Order } from '../core/order.ts';
import type { LimitUse, ScopeState } from '../core/risk.ts';
import type { EpochUs } from '../core/units.ts';
import type { Kernels } from '../memory/kernels.ts';
import { type MemoryPlan, marginAt, nodeAt, riskRowAt } from '../memory/plan.ts';
import {
  type BookKernels,
  type BookTable,
  bookOfPortfolio,
  bookOfStrategy,
  openBooks,
  setSlot,
} from './book-table.ts';
import { renewAll, revalueHeld, setPosition, settleWeights, unitOf } from './books.ts';
import { type Cash, createCash } from './cash.ts';
import { listUses } from './limit-uses.ts';
import { layMargins } from './margins.ts';
import { createOpenOrders, forEachNode, type OpenOrders, ownerOf } from './open-orders.ts';
import { nameOfPlace, type RiskNames, scopeAt, takePlace } from './places.ts';
import { renewNext } from './sums.ts';
import { clearRow, layRow, layTables } from './tables.ts';

export interface ExposureOptions {
  readonly kernels: BookKernels & Pick<Kernels, 'scenarioLossAfter'>;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly names: RiskNames;
  readonly initialMargin: Config['risk']['initialMargin']; // share of notional, by kind
  readonly quoteRate: (instrument: Instrument) => number; // base currency a unit of its quote
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
  /** What an account holds over its strategies, or a strategy over its accounts; real units. */
  setHeld(of: 'portfolio' | 'strategy', name: string, instrument: Instrument, qty: number): void;
  /** Steps of an order that may still trade; 0: it has ended. */
  setOpen(order: Order, steps: number): void;
  /** One more fill, or one more cancel sent, for the order-to-trade ratio. */
  onTrade(order: Order): void;
  onCancel(order: Order): void;
  /** An instrument that has taken its slot in the names: flat, unpriced and not tradable. */
  add(instrument: Instrument): void;
  /**
   * Its slot is inert from here on. False, and nothing changed, while anything is held or open of
   * it by anybody.
   */
  retire(instrument: Instrument): boolean;
  /**
   * Brings quantities that changed into the variance and the scenarios, which the kernel reads: to
   * be called before an order is asked about. Costs nothing where nothing changed.
   */
  settle(): void;
  /** Time passes: one of the sums is made anew, so that no rounding stays for long. */
  onClock(): void;
  /** Everything is summed again: what was very large has rounded the rest away beside it. */
  renew(): void;
  /** UTC days since 1970; a new day counts messages and trades from 0 and sums everything again. */
  onDay(day: number): void;
  /** Permitted and its book in sequence. Rows start as not tradable. */
  setTradable(instrument: Instrument, on: boolean): void;
  /** The system starts halted, everything else active. */
  setState(scope: LimitScope, state: ScopeState): void;
  /** What a half-open breaker still lets out. */
  setProbes(scope: LimitScope, orders: number, notional: number): void;
  /** Collateral at a place, base currency, NaN until told; of every account if none is named. */
  setMargin(place: MarginPlace, balance: number, nowUs: EpochUs, account?: string): void;
  /** Where margin is asked, each once; grows as instruments come. */
  readonly marginPlaces: readonly MarginPlace[];
  /** By place in the scenarios: assets that are, or were, held as money alone. */
  readonly cashAssets: readonly string[];
  /** Instruments came or went: what is held as money alone from here on; others hold nothing. */
  setCashAssets(assets: readonly string[]): void;
  /**
   * Worth of one of them over all accounts and venues, base currency; negative: owed. NaN is taken,
   * and then nothing that adds risk passes the scenarios. Scenarios are laid first.
   */
  setCash(asset: string, worth: number): void;
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
  /** How full the limits are, fullest first; at most 64, and only what is in use. */
  uses(): readonly LimitUse[];
}

interface Desk {
  readonly options: ExposureOptions;
  readonly table: BookTable;
  readonly orders: OpenOrders;
  readonly cash: Cash;
  day: number;
  renewed: number; // the book whose sums are made anew next
}

/**
 * Every row starts flat, unpriced and not tradable, the system halted, margins unknown. Lay limits,
 * covariance and scenarios as well: until they are there the kernel refuses what adds risk.
 */
export function createExposure(options: ExposureOptions): Exposure {
  const { kernels, buffer, plan, names } = options;
  const table = openBooks(kernels, buffer, plan, names);
  layTables(table, options.initialMargin, options.quoteRate);
  const desk: Desk = {
    options,
    table,
    orders: createOpenOrders(table),
    cash: createCash(table),
    day: Number.NaN,
    renewed: 0,
  };
  return { ...takers(desk), ...listing(desk), ...switches(desk), ...readers(desk) };
}

// ---- What happened ----------------------------------------------------------------------------

type Takers = Pick<
  Exposure,
  | 'onMark'
  | 'onPosition'
  | 'setHeld'
  | 'setOpen'
  | 'onTrade'
  | 'onCancel'
  | 'settle'
  | 'onClock'
  | 'renew'
  | 'onDay'
>;

function takers(desk: Desk): Takers {
  const { table, options } = desk;
  const { plan, numbers } = table;
  return {
    onMark(instrument, mid, nowUs) {
      if (!(mid > 0 && mid < Number.MAX_VALUE)) return;
      const row = riskRowAt(plan, instrument.index) / 8;
      const rate = options.quoteRate(instrument);
      numbers[row + ROW_MARK_US / 8] = nowUs;
      const isSame = numbers[row + ROW_MARK / 8] === mid;
      if (isSame && numbers[row + ROW_QUOTE_RATE / 8] === rate) return;
      numbers[row + ROW_MARK / 8] = mid;
      numbers[row + ROW_QUOTE_RATE / 8] = rate;
      revalueHeld(table, instrument.index);
    },
    onPosition(instrument, qtyReal) {
      setPosition(table, instrument.index, 0, qtyReal);
    },
    setHeld(of, name, { index }, qty) {
      const { portfolios, strategies } = table.places;
      const number = (of === 'portfolio' ? portfolios : strategies).get(name);
      assert(number !== undefined, `${of} ${name} is not in the tree of limits`);
      const book = of === 'portfolio' ? bookOfPortfolio(number) : bookOfStrategy(table, number);
      setPosition(table, index, book, qty);
    },
    setOpen: (order, steps) => desk.orders.set(order, steps),
    onTrade: (order) => count(table, order, NODE_TRADES),
    onCancel: (order) => count(table, order, NODE_MESSAGES),
    settle: () => settleWeights(table),
    onClock() {
      settleWeights(table);
      desk.renewed = renewNext(table, desk.renewed);
    },
    renew: () => renew(desk),
    onDay: (day) => turnDay(desk, day),
  };
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
  renew(desk);
}

function renew({ cash, table }: Desk): void {
  cash.renew();
  renewAll(table);
}

// ---- Who comes and goes ------------------------------------------------------------------------

function listing({ table, options }: Desk): Pick<Exposure, 'add' | 'retire'> {
  return {
    add(instrument) {
      const isNew = !table.places.margins.has(nameOfPlace(marginPlaceOf(instrument)));
      takePlace(table.places, table.names, instrument);
      setSlot(table, instrument);
      if (isNew) layMargins(table, table.marginOf[instrument.index] ?? Number.NaN);
      const { kind } = instrument;
      layRow(table, instrument, options.initialMargin[kind], options.quoteRate(instrument));
    },
    retire(instrument) {
      if ((table.heldCount[instrument.index] ?? 0) > 0) return false;
      settleWeights(table);
      clearRow(table, instrument.index);
      return true;
    },
  };
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
  | 'setTradable'
  | 'setState'
  | 'setProbes'
  | 'setMargin'
  | 'marginPlaces'
  | 'cashAssets'
  | 'setCashAssets'
  | 'setCash'
  | 'setEquity'
>;

function switches({ table, cash }: Desk): Switches {
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
    setMargin(place, balance, nowUs, account) {
      const number = places.margins.get(nameOfPlace(place));
      assert(number !== undefined, `no contract settles in ${place.asset} at ${place.venue}`);
      for (const name of account === undefined ? table.names.portfolios : [account]) {
        const portfolio = places.portfolios.get(name);
        assert(portfolio !== undefined, `account ${name} is not in the tree of limits`);
        const margin = marginAt(plan, portfolio, number) / 8;
        numbers[margin + MARGIN_BALANCE / 8] = balance;
        numbers[margin + MARGIN_US / 8] = nowUs;
      }
    },
    marginPlaces: places.marginPlaces,
    cashAssets: cash.assets,
    setCashAssets: cash.follow,
    setCash: cash.set,
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

type Readers = Omit<Exposure, keyof Takers | keyof Switches | 'add' | 'retire'>;

function readers(desk: Desk): Readers {
  const { table, options } = desk;
  const { plan, numbers } = table;
  const { kernels } = options;
  const system = (at: number): number => numbers[(plan.riskSystem + at) / 8] ?? Number.NaN;
  // NaN stays NaN: a loss that cannot be told is not none.
  const lossOf = (block: number): number => {
    settleWeights(table);
    return Math.max(0, kernels.scenarioLossAfter(block, 0, 0));
  };
  const readings = {
    gross: () => numbers[(table.nodes[0] ?? 0) + NODE_GROSS / 8] ?? Number.NaN,
    net: () => netOf(table),
    valueAtRisk: () => {
      settleWeights(table);
      return system(RISK_VAR_Z) * Math.sqrt(Math.max(0, system(RISK_VARIANCE)));
    },
    historicalVar: () => lossOf(plan.history),
    stressLoss: () => lossOf(plan.shocks),
  };
  return {
    ...readings,
    openOrders: () => desk.orders.count,
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
