// Owns what we have: positions, the ledger behind them, and their worth in the base currency.
// Promise: fills move exact money that always balances; marks move estimates only.
import { assert } from '../core/assert.ts';
import type { OrderReport } from '../core/event.ts';
import { type Instrument, notionalOf } from '../core/instrument.ts';
import type { Order } from '../core/order.ts';
import { type EpochUs, formatDecimal, powerOfTen } from '../core/units.ts';
import type { Checkpoint, FillRecord, LedgerLine, PositionRecord } from '../facts/fact.ts';
import type { PortfolioView, PositionView } from '../facts/gateway-message.ts';
import { formatAmount, parseAmount, toNumber } from './amount.ts';
import { createLedger, type Entry, type Ledger, transfer } from './ledger.ts';
import {
  entryPriceText,
  type FillOutcome,
  FLAT,
  fill,
  fromPositionRecord,
  type Position,
  toPositionRecord,
} from './position.ts';
import { createValuation, type Valuation } from './valuation.ts';

export type FillReport = Extract<OrderReport, { kind: 'fill' }>;

export interface PortfolioOptions {
  readonly instruments: readonly Instrument[]; // instruments[i].index === i
  readonly baseCurrency: string;
  readonly deposits: Readonly<Record<string, string>>; // asset -> decimal
  readonly checkpoint?: Checkpoint; // when given, its balances count and deposits do not
}

export interface AppliedFill {
  readonly fill: FillRecord;
  readonly ledger: LedgerLine[];
  readonly position: PositionRecord;
}

/** Estimates of one position; quantities in steps are exact. */
export interface PositionState {
  readonly qty: number; // signed steps
  readonly qtyReal: number; // signed, base asset or contracts
  readonly entryPrice: number; // 0 when flat
  readonly mark: number; // NaN before the first
  readonly notional: number; // signed, base currency
  readonly unrealised: number; // base currency
}

export type PortfolioPieces = Pick<
  PortfolioView,
  | 'timeUs'
  | 'baseCurrency'
  | 'equity'
  | 'startEquity'
  | 'cash'
  | 'grossExposure'
  | 'netExposure'
  | 'positions'
>;

export interface PortfolioStateText {
  readonly balances: Readonly<Record<string, string>>;
  readonly positions: readonly PositionRecord[]; // that were ever traded, in instrument order
}

export interface Portfolio {
  /** Books one fill. `fillNumber` grows by the caller's count: a fill is never booked twice. */
  applyFill(order: Order, report: FillReport, fillNumber: number): AppliedFill;
  /** A new mid in the quote asset; ignored unless finite and positive. No allocation. */
  mark(instrument: Instrument, mid: number, nowUs: EpochUs): void;
  position(instrument: Instrument): PositionState;
  /** Base currency; NaN while an asset or position that is held has no price. */
  equity(): number;
  /** The same with two digits, 'unknown' when it is. */
  equityText(): string;
  /** Base currency per unit of the instrument's quote asset; NaN when it cannot be told. */
  quoteRate(instrument: Instrument): number;
  view(nowUs: EpochUs): PortfolioPieces;
  /** Ledger accounts as exact decimals, sorted by name. */
  balances(): Record<string, string>;
  isBalanced(): boolean;
  /** Ledger lines of the deposits made at creation, for the journal; none after a checkpoint. */
  readonly opening: readonly LedgerLine[];
  /** Canonical exact state: equal states are equal texts. */
  state(): PortfolioStateText;
}

interface Books {
  readonly options: PortfolioOptions;
  readonly ledger: Ledger;
  readonly valuation: Valuation;
  readonly positions: Position[]; // by instrument index
  // Doubles beside the exact numbers, so that equity costs no bigint per tick.
  readonly qty: Float64Array;
  readonly cost: Float64Array;
  readonly entry: Float64Array; // average price, 0 when flat
  readonly marks: Float64Array;
  readonly cash: Float64Array; // by asset index
  readonly settleOf: Int32Array;
  readonly quoteOf: Int32Array;
  open: number[]; // instruments held, derivatives only: spot is in cash
  held: number[]; // assets with cash
  lastFillNumber: number;
  isStale: boolean; // equity must be computed again
  equity: number;
  startEquity: number;
}

/** Throws InvariantError for deposits or a checkpoint that do not parse or do not balance. */
export function createPortfolio(options: PortfolioOptions): Portfolio {
  const books = openBooks(options);
  const opening = options.checkpoint === undefined ? deposit(books) : [];
  for (const asset of books.valuation.assets) refreshCash(books, asset);
  for (const instrument of options.instruments) refreshPosition(books, instrument);
  return {
    applyFill: (order, report, fillNumber) => applyFill(books, order, report, fillNumber),
    mark: (instrument, mid) => mark(books, instrument, mid),
    position: (instrument) => describe(books, instrument),
    equity: () => equityOf(books),
    equityText: () => moneyText(equityOf(books)),
    quoteRate: (instrument) => books.valuation.rate(books.quoteOf[instrument.index] ?? -1),
    view: (nowUs) => view(books, nowUs),
    balances: () => books.ledger.balances(),
    isBalanced: () => books.ledger.isBalanced(),
    opening,
    state: () => ({ balances: books.ledger.balances(), positions: records(books) }),
  };
}

function openBooks(options: PortfolioOptions): Books {
  const { instruments, baseCurrency, deposits, checkpoint } = options;
  instruments.forEach(assertSettles);
  const balances = checkpoint?.balances ?? {};
  const banked = Object.keys(balances).map((account) => account.slice(account.indexOf(':') + 1));
  const extra = checkpoint === undefined ? Object.keys(deposits) : banked;
  const valuation = createValuation(instruments, baseCurrency, extra);
  return {
    options,
    ledger: createLedger(balances),
    valuation,
    positions: restore(instruments, checkpoint?.positions ?? []),
    qty: new Float64Array(instruments.length),
    cost: new Float64Array(instruments.length),
    entry: new Float64Array(instruments.length),
    marks: new Float64Array(instruments.length).fill(Number.NaN),
    cash: new Float64Array(valuation.assets.length),
    settleOf: Int32Array.from(instruments, ({ settle }) => valuation.indexOf(settle)),
    quoteOf: Int32Array.from(instruments, ({ quote }) => valuation.indexOf(quote)),
    open: [],
    held: [],
    lastFillNumber: checkpoint === undefined ? -1 : checkpoint.nextFillNumber - 1,
    isStale: true,
    equity: Number.NaN,
    startEquity: Number.NaN,
  };
}

function assertSettles({ key, kind, base, quote, settle, multiplier }: Instrument): void {
  assert(kind !== 'spot' || multiplier === 1, `${key}: one unit of spot is one ${base}`);
  const expected = kind === 'inverse' ? base : quote;
  assert(settle === expected, `${key}: a ${kind} instrument settles in ${expected}, not ${settle}`);
}

function restore(instruments: readonly Instrument[], kept: readonly PositionRecord[]): Position[] {
  const positions = instruments.map(() => FLAT);
  for (const record of kept) {
    const instrument = instruments.find(({ key }) => key === record.instrument);
    assert(
      instrument !== undefined,
      `the checkpoint holds a position in ${record.instrument}, which is not configured`,
    );
    positions[instrument.index] = fromPositionRecord(instrument, record);
  }
  return positions;
}

function deposit(books: Books): LedgerLine[] {
  const entries: Entry[] = [];
  for (const [asset, text] of Object.entries(books.options.deposits)) {
    const amount = parseAmount(text);
    assert(amount !== null && amount >= 0n, `deposit of ${asset}: ${text} is not an amount`);
    entries.push(...transfer(asset, 'equity', 'cash', amount));
  }
  return books.ledger.post(entries);
}

function applyFill(
  books: Books,
  order: Order,
  report: FillReport,
  fillNumber: number,
): AppliedFill {
  const { instrument, side } = order;
  assert(fillNumber > books.lastFillNumber, `fill number ${fillNumber} was already booked`);
  const outcome = fill(instrument, books.positions[instrument.index] ?? FLAT, {
    side,
    price: report.price,
    qty: report.qty,
    liquidity: report.liquidity,
  });
  const ledger = books.ledger.post(entriesOf(order, report, outcome));
  books.lastFillNumber = fillNumber;
  books.positions[instrument.index] = outcome.position;
  for (const asset of [instrument.base, instrument.quote]) refreshCash(books, asset);
  refreshPosition(books, instrument);
  return {
    fill: {
      id: report.fillId,
      orderId: order.id,
      account: order.account,
      strategy: order.strategy,
      instrument: instrument.key,
      side,
      price: formatDecimal(report.price, instrument.priceScale),
      qty: formatDecimal(report.qty, instrument.qtyScale),
      fee: formatAmount(outcome.fee),
      feeAsset: instrument.settle,
      realised: formatAmount(outcome.realised),
      liquidity: report.liquidity,
    },
    ledger,
    position: toPositionRecord(instrument, outcome.position),
  };
}

/** Spot moves both assets; contracts move their realised profit; both pay the fee. */
function entriesOf(order: Order, report: FillReport, outcome: FillOutcome): Entry[] {
  const { instrument, side } = order;
  const fee = transfer(instrument.settle, 'cash', 'fees', outcome.fee);
  if (instrument.kind !== 'spot') {
    return [...transfer(instrument.settle, 'venue', 'cash', outcome.realised), ...fee];
  }
  const coins = BigInt(report.qty) * 10n ** BigInt(18 - instrument.qtyScale);
  const [from, to] = side === 'buy' ? (['venue', 'cash'] as const) : (['cash', 'venue'] as const);
  const bought = transfer(instrument.base, from, to, coins);
  return [...bought, ...transfer(instrument.quote, to, from, outcome.value), ...fee];
}

function refreshCash(books: Books, asset: string): void {
  const index = books.valuation.indexOf(asset);
  books.cash[index] = toNumber(books.ledger.balance('cash', asset));
  books.held = [...books.cash.keys()].filter((at) => books.cash[at] !== 0);
  books.isStale = true;
}

function refreshPosition(books: Books, instrument: Instrument): void {
  const { instruments } = books.options;
  const position = books.positions[instrument.index] ?? FLAT;
  const { qty, cost } = position;
  assert(qty === BigInt(Number(qty)), `${instrument.key}: the position is beyond 2^53 steps`);
  books.qty[instrument.index] = Number(qty);
  books.cost[instrument.index] = toNumber(cost);
  books.entry[instrument.index] = Number(entryPriceText(instrument, position));
  books.open = [...books.qty.keys()].filter(
    (at) => books.qty[at] !== 0 && instruments[at]?.kind !== 'spot',
  );
  books.isStale = true;
}

function mark(books: Books, instrument: Instrument, mid: number): void {
  if (!(mid > 0 && mid < Number.MAX_VALUE)) return;
  books.marks[instrument.index] = mid;
  books.valuation.mark(instrument, mid);
  books.isStale = true;
}

/** Profit of the open part in the settle asset at the mark; 0 when flat, NaN without a mark. */
function unrealisedOf(books: Books, instrument: Instrument): number {
  const steps = books.qty[instrument.index] ?? 0;
  if (steps === 0) return 0;
  const price = books.marks[instrument.index] ?? Number.NaN;
  const units = (steps / powerOfTen(instrument.qtyScale)) * instrument.multiplier;
  const cost = books.cost[instrument.index] ?? 0;
  return instrument.kind === 'inverse' ? cost - units / price : units * price - cost;
}

function equityOf(books: Books): number {
  if (!books.isStale) return books.equity;
  let sum = 0;
  for (const asset of books.held) sum += (books.cash[asset] ?? 0) * books.valuation.rate(asset);
  for (const index of books.open) {
    const instrument = books.options.instruments[index];
    if (instrument === undefined) continue;
    const rate = books.valuation.rate(books.settleOf[index] ?? -1);
    sum += unrealisedOf(books, instrument) * rate;
  }
  books.equity = sum;
  books.isStale = false;
  if (Number.isNaN(books.startEquity)) books.startEquity = depositsWorth(books);
  return sum;
}

/** What was ever deposited, at the first marks this run saw. */
function depositsWorth(books: Books): number {
  const { assets, rate } = books.valuation;
  return assets.reduce((sum, asset, index) => {
    const given = -toNumber(books.ledger.balance('equity', asset));
    return given === 0 ? sum : sum + given * rate(index);
  }, 0);
}

function describe(books: Books, instrument: Instrument): PositionState {
  const { index } = instrument;
  const qty = books.qty[index] ?? 0;
  const qtyReal = qty / powerOfTen(instrument.qtyScale);
  const price = books.marks[index] ?? Number.NaN;
  const worth = notionalOf(instrument, price, qtyReal) * Math.sign(qty);
  const settleRate = books.valuation.rate(books.settleOf[index] ?? -1);
  return {
    qty,
    qtyReal,
    entryPrice: books.entry[index] ?? 0,
    mark: price,
    notional: qty === 0 ? 0 : worth * books.valuation.rate(books.quoteOf[index] ?? -1),
    unrealised: qty === 0 ? 0 : unrealisedOf(books, instrument) * settleRate,
  };
}

/** Positions ever traded; what has no price yet is shown as 0, equity as 'unknown'. */
function view(books: Books, nowUs: EpochUs): PortfolioPieces {
  const positions: PositionView[] = [];
  let gross = 0;
  let net = 0;
  for (const instrument of books.options.instruments) {
    const exact = books.positions[instrument.index] ?? FLAT;
    if (exact === FLAT) continue;
    const { mark, notional, unrealised, entryPrice } = describe(books, instrument);
    const rate = books.valuation.rate(books.settleOf[instrument.index] ?? -1);
    positions.push({
      instrument: instrument.key,
      symbol: instrument.symbol,
      venue: instrument.venue,
      qty: formatDecimal(exact.qty, instrument.qtyScale),
      entryPrice: entryPrice.toFixed(instrument.priceScale),
      mark: known(mark),
      notional: known(notional),
      unrealised: known(unrealised),
      realised: known(toNumber(exact.realised) * rate),
    });
    gross += Math.abs(known(notional));
    net += known(notional);
  }
  return {
    timeUs: nowUs,
    baseCurrency: books.options.baseCurrency,
    equity: moneyText(equityOf(books)),
    startEquity: moneyText(books.startEquity),
    cash: cashTexts(books),
    grossExposure: gross,
    netExposure: net,
    positions,
  };
}

function cashTexts(books: Books): Record<string, string> {
  const assets = books.held.map((index) => books.valuation.assets[index] ?? '').sort();
  const text = (asset: string): string => formatAmount(books.ledger.balance('cash', asset));
  return Object.fromEntries(assets.map((asset) => [asset, text(asset)]));
}

function records(books: Books): PositionRecord[] {
  return books.options.instruments
    .filter(({ index }) => (books.positions[index] ?? FLAT) !== FLAT)
    .map((instrument) => toPositionRecord(instrument, books.positions[instrument.index] ?? FLAT));
}

const known = (value: number): number => (Number.isFinite(value) ? value : 0);
const moneyText = (value: number): string =>
  Number.isFinite(value) ? value.toFixed(2) : 'unknown';
