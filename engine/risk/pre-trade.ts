// Owns the pre-trade verdict: asks the WASM kernel and turns its answer into named breaches.
// Promise: the only maker of an ApprovedOrder; whatever is not clearly allowed is refused.
import {
  NODE_GROSS,
  ORDER_AVAILABLE,
  ORDER_CARRIED,
  ORDER_CLOSABLE,
  ORDER_FLAGS,
  ORDER_HARD,
  ORDER_INSTRUMENT,
  ORDER_LIQUIDATION,
  ORDER_MARKET,
  ORDER_NOW_US,
  ORDER_PORTFOLIO,
  ORDER_PREVIEW,
  ORDER_PRICE,
  ORDER_QTY,
  ORDER_REDUCE_ONLY,
  ORDER_RESULT_BYTES,
  ORDER_RESULTS,
  ORDER_SIDE,
  ORDER_SOFT,
  ORDER_SPENDS,
  ORDER_STRATEGY,
  ORDER_VALUE,
  RISK_FLAGS,
  RISK_USES_HISTORY,
  RISK_VAR_Z,
  RISK_VARIANCE,
  ROW_MARK,
} from '../../wasm/layout.ts';
import { assertNever } from '../core/assert.ts';
import {
  type ApprovedOrder,
  approve,
  type Breach,
  type CompliantIntent,
  type RiskDecision,
  type RiskFigures,
} from '../core/decision.ts';
import { type Instrument, isOnGrid, priceOf, qtyOf } from '../core/instrument.ts';
import type { LimitKind, LimitScope } from '../core/limit.ts';
import type { OrderIntent } from '../core/order.ts';
import type { EpochUs } from '../core/units.ts';
import type { Kernels } from '../memory/kernels.ts';
import { type MemoryPlan, riskRowAt } from '../memory/plan.ts';
import { assertNames, LIMIT_OF_CHECK } from './checks.ts';
import { carriedBeside, closableBy } from './closing.ts';
import {
  createFigures,
  FIGURES,
  FIGURES_KEPT,
  FIGURES_WIDTH,
  type Figures,
  figuresTold,
  finite,
  known,
} from './figures.ts';
import type { Funds } from './funds.ts';
import type { MarketPrices } from './market-prices.ts';
import { placesOf, type RiskNames } from './places.ts';
import { readLines, readReturn } from './read-ahead.ts';

export interface PreTradeOptions {
  readonly kernels: Pick<Kernels, 'riskCheck' | 'scenarioLossAfter'>;
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly names: RiskNames;
  /** Exposure.settle: what changed since the last question gets into what the kernel reads. */
  readonly settle: () => void;
  readonly funds: Funds;
  readonly marketPrices: MarketPrices;
}

/** A verdict nobody can place an order with. */
export type PreviewDecision =
  | {
      readonly kind: 'approved';
      readonly warnings: readonly Breach[];
      readonly figures: RiskFigures;
    }
  | Extract<RiskDecision, { kind: 'rejected' }>;

export interface PreTrade {
  /**
   * Approved, or every breach in the order of the checks. Spends tokens and probes on approval. An
   * approval allocates nothing: its figures lie in a record of its own, which FIGURES_KEPT
   * approvals later is another's.
   */
  check(order: CompliantIntent, nowUs: EpochUs): RiskDecision;
  /** What check would say, and the book as it stands (notional 0). Spends nothing. */
  preview(
    order: CompliantIntent,
    nowUs: EpochUs,
  ): { readonly decision: PreviewDecision; readonly before: RiskFigures };
  /** The book as it stands, notional 0. */
  figures(): RiskFigures;
  /** What warm asks about from now on: an order of the kind that comes next. */
  keep(order: ApprovedOrder): void;
  /**
   * Asks about the order kept last again, or about a lot of `instrument` at its mark, on the
   * very way a real order goes: code, nodes and the instrument's tables are then in the processor's
   * caches when one comes. A preview: changes nothing.
   */
  warm(instrument: Instrument | null, nowUs: EpochUs): void;
  /**
   * Reads a word of each cache line that a check of `instrument` will need and waits for none of
   * them: they are on their way while the order still passes the gates before this one.
   */
  fetch(instrument: Instrument): void;
  /**
   * Reads one word of the instrument's returns, where orders are asked about history: the page they
   * lie on is read by nothing else between two orders, and a hypervisor takes such pages away.
   * The word, so that the read is not dropped; 0 where history is not asked about.
   */
  touch(instrument: Instrument): number;
}

/** Whom the last order was asked about for. */
interface LastAsked {
  account: string | null; // null: nobody has asked yet
  strategy: string | null;
  portfolioNumber: number;
  strategyNumber: number;
}

interface Desk extends PreTradeOptions {
  readonly words: Uint32Array;
  readonly numbers: Float64Array;
  readonly portfolios: ReadonlyMap<string, number>;
  readonly strategies: ReadonlyMap<string, number>;
  readonly figures: Figures;
  readonly last: LastAsked;
  kept: ApprovedOrder | null;
  touched: number; // the word read last
}

const NONE: readonly Breach[] = Object.freeze([]);
const NO_FIGURES: RiskFigures = Object.freeze({
  notional: 0,
  exposureAfter: 0,
  varAfter: 0,
  historicalVarAfter: 0,
  stressAfter: 0,
});

function openDesk(options: PreTradeOptions): Desk {
  const { buffer, names, plan } = options;
  const { portfolios, strategies } = placesOf(names);
  const numbers = new Float64Array(buffer);
  return {
    ...options,
    words: new Uint32Array(buffer),
    numbers,
    portfolios,
    strategies,
    figures: createFigures(plan),
    last: { account: null, strategy: null, portfolioNumber: 0, strategyNumber: 0 },
    kept: null,
    touched: 0,
  };
}

export function createPreTrade(options: PreTradeOptions): PreTrade {
  const { plan } = options;
  assertNames();
  const desk = openDesk(options);
  const { words, numbers } = desk;
  return {
    check(order, nowUs) {
      options.settle();
      const warnings = decide(desk, order.intent, order.intent.instrument, nowUs, 0);
      if (warnings === null) return refusalOf(desk, order.intent);
      // Of its own, and in these lines: a call here would be code that nothing has kept near.
      const { figures } = desk;
      const record = figures.records[figures.next] ?? NO_FIGURES;
      figures.next = (figures.next + 1) & (FIGURES_KEPT - 1);
      return approve(order, record, warnings);
    },
    preview({ intent }, nowUs) {
      options.settle();
      const before = figuresNow(desk);
      const warnings = decide(desk, intent, intent.instrument, nowUs, ORDER_PREVIEW);
      if (warnings === null) return { decision: refusalOf(desk, intent), before };
      return {
        decision: { kind: 'approved', warnings, figures: figuresTold(numbers, desk.figures) },
        before,
      };
    },
    figures() {
      options.settle();
      return figuresNow(desk);
    },
    keep(order) {
      desk.kept = order;
    },
    warm(instrument, nowUs) {
      options.settle();
      if (desk.kept === null) return;
      const { intent } = desk.kept;
      decide(desk, intent, instrument ?? intent.instrument, nowUs, ORDER_PREVIEW);
    },
    fetch(instrument) {
      desk.touched = readLines(numbers, words, plan, desk.last, instrument);
    },
    touch(instrument) {
      desk.touched = readReturn(numbers, words, plan, instrument);
      return desk.touched;
    },
  };
}

/**
 * Asks the kernel about `intent`, or about a lot at the mark in its place where `instrument` is
 * another than its own, which spends nothing. The soft limits it goes beyond; null: refused, and
 * `refusalOf` says why.
 *
 * In one piece on purpose. V8 inlines no function of more than 460 bytes of bytecode, so warm and
 * check run the same machine code; of smaller functions the real check got a copy of its own, which
 * nothing kept in the processor's caches: p50 1.3 instead of 0.9 us (docs/decisions/0011).
 */
function decide(
  desk: Desk,
  intent: OrderIntent,
  instrument: Instrument,
  nowUs: number,
  flags: number,
): readonly Breach[] | null {
  const { plan, words, numbers, last } = desk;
  const { riskOrder } = plan;
  const { account, strategy, side } = intent;
  if (account !== last.account || strategy !== last.strategy) {
    if (!findNames(desk, intent)) return null;
  }
  // What is not sound is asked as an order of nothing: refused, and nothing is spent.
  const own = intent.instrument;
  const sound = desk.names.instruments[own.index] === own && isWellFormed(intent);
  const isOwn = instrument === own;
  const isMarket = isOwn && intent.price === null;
  const qty = isOwn ? intent.qty : instrument.lot;
  const leaves = intent.origin.kind === 'risk';
  const price = priceFor(desk, intent, instrument);
  words[(riskOrder + ORDER_INSTRUMENT) / 4] = instrument.index;
  words[(riskOrder + ORDER_SIDE) / 4] = side === 'buy' ? 0 : 1;
  words[(riskOrder + ORDER_FLAGS) / 4] =
    flags |
    (intent.reduceOnly ? ORDER_REDUCE_ONLY : 0) |
    (leaves ? ORDER_LIQUIDATION : 0) |
    (isMarket ? ORDER_MARKET : 0);
  words[(riskOrder + ORDER_PORTFOLIO) / 4] = last.portfolioNumber;
  words[(riskOrder + ORDER_STRATEGY) / 4] = last.strategyNumber;
  numbers[(riskOrder + ORDER_PRICE) / 8] = price;
  numbers[(riskOrder + ORDER_QTY) / 8] = sound ? qtyOf(instrument, qty) : 0;
  const value = isMarket ? desk.marketPrices.average(intent, price) : price;
  numbers[(riskOrder + ORDER_VALUE) / 8] = value;
  // Nobody sells coins that are not there: a spot order is held to its balance, and to it alone.
  const pays = isOwn && own.kind === 'spot';
  numbers[(riskOrder + ORDER_SPENDS) / 8] = pays ? desk.funds.spends(intent, price) : 0;
  const available = pays ? desk.funds.available(intent) : 0;
  numbers[(riskOrder + ORDER_AVAILABLE) / 8] = available;
  const closable = isOwn ? closableBy(desk, intent, last, available, flags !== 0) : 0;
  numbers[(riskOrder + ORDER_CLOSABLE) / 8] = closable;
  numbers[(riskOrder + ORDER_CARRIED) / 8] = pays ? carriedBeside(desk, intent) : 0;
  numbers[(riskOrder + ORDER_NOW_US) / 8] = nowUs;
  const isOut = desk.kernels.riskCheck(plan.riskSystem, riskOrder) === 0 && sound;
  const { first, kept, next } = desk.figures;
  for (let k = 0; k < FIGURES; k += 1) kept[next * FIGURES_WIDTH + k] = numbers[first + k] ?? 0;
  if (!isOut) return null;
  const soft = (riskOrder + ORDER_SOFT) / 4;
  return words[soft] === 0 && words[soft + 1] === 0 ? NONE : warningsOf(desk, intent);
}

/** Real: the limit, the worst of a market order, or the mark of an instrument not its own. */
function priceFor(
  { plan, numbers, marketPrices }: Desk,
  intent: OrderIntent,
  instrument: Instrument,
): number {
  if (instrument !== intent.instrument) {
    return numbers[(riskRowAt(plan, instrument.index) + ROW_MARK) / 8] ?? Number.NaN;
  }
  return intent.price === null ? marketPrices.worst(intent) : priceOf(instrument, intent.price);
}

/** Every breach of the order that has just been refused. */
function refusalOf(desk: Desk, intent: OrderIntent): Extract<RiskDecision, { kind: 'rejected' }> {
  if (!desk.portfolios.has(intent.account)) return unknownName(intent, true);
  if (!desk.strategies.has(intent.strategy)) return unknownName(intent, false);
  const breaches = breachesOf(desk, intent, ORDER_HARD, 8);
  const sound = desk.names.instruments[intent.instrument.index] === intent.instrument;
  if (!(sound && isWellFormed(intent)) && breaches[0]?.limit !== 'malformed_order') {
    breaches.unshift(malformed(intent));
  }
  const [first = malformed(intent), ...rest] = breaches;
  const warnings = warningsOf(desk, intent);
  const figures = figuresTold(desk.numbers, desk.figures);
  return { kind: 'rejected', breaches: [first, ...rest], warnings, figures };
}

/** What the kernel cannot see, since it gets real numbers: the grids and words of the order. */
function isWellFormed(intent: OrderIntent): boolean {
  const { instrument, side, type, price, qty, timeInForce, postOnly } = intent;
  const { rules } = instrument;
  if (side !== 'buy' && side !== 'sell') return false;
  if (!isOnGrid(qty, instrument.lot) || qty < rules.minQty) return false;
  if (postOnly && (type !== 'limit' || timeInForce !== 'GTC')) return false;
  if (type === 'market') return price === null && isOnGrid(qty, rules.marketLot);
  return price !== null && price > 0 && isOnGrid(price, instrument.tick);
}

/** The numbers of names that were not the last ones; false where nobody has them. */
function findNames({ portfolios, strategies, last }: Desk, intent: OrderIntent): boolean {
  const { account, strategy } = intent;
  const portfolioNumber = portfolios.get(account);
  const strategyNumber = strategies.get(strategy);
  if (portfolioNumber === undefined || strategyNumber === undefined) return false;
  Object.assign(last, { account, strategy, portfolioNumber, strategyNumber });
  return true;
}

// ---- The answer -------------------------------------------------------------------------------

function unknownName(
  { account, strategy }: OrderIntent,
  isAccount: boolean,
): Extract<RiskDecision, { kind: 'rejected' }> {
  const scope: LimitScope = isAccount ? `portfolio:${account}` : `strategy:${strategy}`;
  const limit = isAccount ? 'unknown_account' : 'unknown_strategy';
  const breach: Breach = { limit, scope, asked: 1, allowed: 0 };
  return { kind: 'rejected', breaches: [breach], warnings: NONE, figures: NO_FIGURES };
}

const malformed = ({ instrument }: OrderIntent): Breach => ({
  limit: 'malformed_order',
  scope: `instrument:${instrument.key}`,
  asked: 1,
  allowed: 0,
});

function scopeOf({ instrument, account, strategy }: OrderIntent, at: LimitKind): LimitScope {
  switch (at) {
    case 'system':
      return 'system';
    case 'portfolio':
      return `portfolio:${account}`;
    case 'strategy':
      return `strategy:${strategy}`;
    case 'venue':
      return `venue:${instrument.venue}`;
    case 'instrument':
      return `instrument:${instrument.key}`;
    default:
      return assertNever(at);
  }
}

/** The checks whose bit is set in `mask` (2 words), against the level `allowed` bytes in. */
function breachesOf(desk: Desk, intent: OrderIntent, mask: number, allowed: number): Breach[] {
  const { words, numbers, plan } = desk;
  const breaches: Breach[] = [];
  for (const [check, { limit, at, isLeast }] of LIMIT_OF_CHECK.entries()) {
    const word = words[(plan.riskOrder + mask) / 4 + (check >> 5)] ?? 0;
    if ((word & (1 << (check & 31))) === 0) continue;
    const result = plan.riskOrder + ORDER_RESULTS + check * ORDER_RESULT_BYTES;
    const told = [known(numbers[result / 8]), known(numbers[(result + allowed) / 8])] as const;
    const [asked, most] = isLeast === true ? [told[1], told[0]] : told;
    breaches.push({ limit, scope: scopeOf(intent, at), asked, allowed: most });
  }
  return breaches;
}

const warningsOf = (desk: Desk, intent: OrderIntent): readonly Breach[] =>
  breachesOf(desk, intent, ORDER_SOFT, 16);

/** The book as it stands; scenarios only where orders are asked about them. */
function figuresNow({ kernels, words, numbers, plan }: Desk): RiskFigures {
  const system = (at: number): number => numbers[(plan.riskSystem + at) / 8] ?? Number.NaN;
  const isAsked = ((words[(plan.riskSystem + RISK_FLAGS) / 4] ?? 0) & RISK_USES_HISTORY) !== 0;
  const lossOf = (block: number): number =>
    isAsked ? finite(Math.max(0, kernels.scenarioLossAfter(block, 0, 0))) : 0;
  return {
    notional: 0,
    exposureAfter: finite(numbers[(plan.riskNodes + NODE_GROSS) / 8]),
    varAfter: finite(system(RISK_VAR_Z) * Math.sqrt(Math.max(0, system(RISK_VARIANCE)))),
    historicalVarAfter: lossOf(plan.history),
    stressAfter: lossOf(plan.shocks),
  };
}
