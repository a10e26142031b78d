// Owns the pre-trade check in plain TypeScript on the same bytes, the kernel's rival.
// Promise: the same checks in the same order with the same arithmetic; the same masks and answers.
import * as layout from '../wasm/layout.ts';
import {
  type Answers,
  answerFact,
  answerLimit,
  checkNodePlain,
  endsOf,
  isShrinking,
  KEPT,
  netAfter,
  numberAt,
  spendNodePlain,
  wordAt,
} from './plain-risk-node.ts';
import { selectPlain } from './plain-statistics.ts';
import { MARGIN_PLACES, PORTFOLIOS, type RiskState, ROW_BYTES, STRATEGIES } from './risk-state.ts';

/** What the order is, once read; NaN where it cannot be. */
interface Question {
  readonly row: number;
  readonly side: number;
  readonly qty: number;
  readonly price: number;
  readonly mark: number;
  readonly unit: number;
  readonly notional: number;
  readonly now: number;
  readonly closes: boolean; // no more than its account can close there
  readonly coins: boolean; // it sells coins that are there
  readonly shrinks: boolean;
  readonly flags: number;
}

const EXEMPT =
  (1 << layout.CHECK_POSITION) |
  (1 << layout.CHECK_CONCENTRATION) |
  (1 << layout.CHECK_VAR) |
  (1 << layout.CHECK_HISTORICAL_VAR) |
  (1 << layout.CHECK_STRESS);

/**
 * Answers the order record of `risk`; returns the number of hard limits it breaks. Orders here name
 * what exists and are no liquidations.
 */
export function checkPlain(risk: RiskState): number {
  const { state, order, system } = risk;
  const question = readOrder(risk);
  const { row, side, qty, unit, notional, now, coins, shrinks } = question;
  const answers: Answers = {
    state,
    at: order + layout.ORDER_RESULTS,
    exempt: shrinks ? EXEMPT : 0,
    hard: 0,
    soft: 0,
  };
  const equity = numberAt(state, system + layout.RISK_EQUITY);
  askOrder(risk, question, answers);
  askPortfolio(risk, question, equity, answers);
  let { hard, soft } = answers;
  let [hardHigh, softHigh, count] = [0, 0, countBits(answers.hard)];
  levelsOf(risk, row).forEach(({ node, book }, level) => {
    const first = layout.CHECK_NODES + level * layout.NODE_CHECKS;
    const at = order + layout.ORDER_RESULTS + first * layout.ORDER_RESULT_BYTES;
    const isTold = coins && level !== layout.LEVEL_STRATEGY;
    const isInBook = isTold || isShrinking(state, book, side, qty);
    const per = 1 / equity;
    const nodeOrder = { side, qty, unit, notional, per, now, shrinks: isInBook };
    const said = checkNodePlain(state, at, node, book, nodeOrder);
    hard |= first < 32 ? said.hard << first : 0;
    soft |= first < 32 ? said.soft << first : 0;
    hardHigh |= first < 32 ? said.hard >>> (32 - first) : said.hard << (first - 32);
    softHigh |= first < 32 ? said.soft >>> (32 - first) : said.soft << (first - 32);
    count += countBits(said.hard);
  });
  const masks = (order + layout.ORDER_HARD) / 4;
  state.words.set([hard, hardHigh, soft, softHigh], masks);
  const gross = layout.CHECK_NODES + layout.NODE_CHECK_GROSS;
  const result = order + layout.ORDER_RESULTS + gross * layout.ORDER_RESULT_BYTES;
  state.numbers[(order + layout.ORDER_NOTIONAL) / 8] = notional;
  state.numbers[(order + layout.ORDER_EXPOSURE_AFTER) / 8] = numberAt(state, result);
  if (count === 0) spendPlain(risk, question);
  return count;
}

function countBits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

function readOrder({ state, order, rows }: RiskState): Question {
  const instrument = wordAt(state, order + layout.ORDER_INSTRUMENT);
  const row = rows + instrument * ROW_BYTES;
  const side = wordAt(state, order + layout.ORDER_SIDE);
  const qty = numberAt(state, order + layout.ORDER_QTY);
  const price = numberAt(state, order + layout.ORDER_PRICE);
  const value = numberAt(state, order + layout.ORDER_VALUE);
  const mark = numberAt(state, row + layout.ROW_MARK);
  const multiplier = numberAt(state, row + layout.ROW_MULTIPLIER);
  const rate = numberAt(state, row + layout.ROW_QUOTE_RATE);
  const kind = wordAt(state, row + layout.ROW_FLAGS);
  const isInverse = (kind & layout.ROW_INVERSE) !== 0;
  const closable = numberAt(state, order + layout.ORDER_CLOSABLE);
  const closes = closable > 0 && qty * KEPT <= closable;
  const coins = closes && (kind & layout.ROW_SPOT) !== 0;
  return {
    row,
    side,
    qty,
    price,
    mark,
    unit: multiplier * (isInverse ? 1 : mark) * rate,
    notional: qty * (multiplier * (isInverse ? 1 : value) * rate),
    now: numberAt(state, order + layout.ORDER_NOW_US),
    closes,
    coins,
    shrinks: coins || isShrinking(state, row + layout.ROW_POSITION, side, qty),
    flags: wordAt(state, order + layout.ORDER_FLAGS),
  };
}

function askOrder(risk: RiskState, question: Question, answers: Answers): void {
  const { state, system } = risk;
  const { row, side, qty, price, unit, now, closes, shrinks, flags } = question;
  const book = row + layout.ROW_POSITION;
  const number = (at: number): number => numberAt(state, at);
  const tradable = wordAt(state, row + layout.ROW_FLAGS) & layout.ROW_TRADABLE;
  const status = wordAt(state, row + layout.ROW_STATE);
  answerFact(answers, layout.CHECK_INPUT, price > 0 && qty > 0 && now >= 0 ? 1 : Number.NaN, 1);
  answerFact(answers, layout.CHECK_TRADABLE, 1, tradable);
  answerFact(answers, layout.CHECK_STATE, status, shrinks ? layout.RISK_REDUCING : 0);
  const markAge = Math.abs(now - number(row + layout.ROW_MARK_US));
  const equityAge = Math.abs(now - number(system + layout.RISK_EQUITY_US));
  const equityMax = number(system + layout.RISK_EQUITY_AGE_US_MAX);
  const markMax = number(system + layout.RISK_MARK_AGE_US_MAX);
  answerFact(answers, layout.CHECK_MARK_AGE, markAge, markMax);
  answerFact(answers, layout.CHECK_EQUITY_AGE, equityAge, equityMax);
  askPrice(risk, question, answers);
  askSize(risk, question, answers);
  const { long, short } = endsOf(state, book, side, qty);
  const carried = number(risk.order + layout.ORDER_CARRIED);
  const end = Math.abs((side === 0 ? long : short) * unit + carried);
  answerLimit(answers, layout.CHECK_POSITION, end, row + layout.ROW_MAX_POSITION);
  const before = answers.hard;
  const closable = number(risk.order + layout.ORDER_CLOSABLE);
  answerFact(answers, layout.CHECK_REDUCE_ONLY, qty, closable);
  const refuses = (flags & layout.ORDER_REDUCE_ONLY) !== 0 && !closes;
  answers.hard = before | (refuses ? 1 << layout.CHECK_REDUCE_ONLY : 0);
  answerFact(answers, layout.CHECK_DUPLICATE, countDuplicates(risk, question), 0);
  answerFact(answers, layout.CHECK_SELF_TRADE, meetsOwn(risk, question) ? 1 : 0, 0);
}

const SLACK = 1e-15;

function askPrice({ state }: RiskState, question: Question, answers: Answers): void {
  const { row, side, price, mark } = question;
  const above = price / mark - 1;
  const towards = above * (1 - 2 * side);
  const collar = Math.max(0, towards - SLACK);
  const passive = Math.max(0, 0 - towards - SLACK);
  const band = above > 0 ? layout.ROW_BAND_ABOVE : layout.ROW_BAND_BELOW;
  answerLimit(answers, layout.CHECK_COLLAR, collar, row + layout.ROW_COLLAR);
  answerLimit(answers, layout.CHECK_PASSIVE_COLLAR, passive, row + layout.ROW_PASSIVE_COLLAR);
  const distance = Math.max(0, Math.abs(above) - SLACK);
  answerFact(answers, layout.CHECK_PRICE_BAND, distance, numberAt(state, row + band));
}

function askSize({ state, order }: RiskState, question: Question, answers: Answers): void {
  const { row, qty, notional, flags } = question;
  const number = (at: number): number => numberAt(state, at);
  const isMarket = (flags & layout.ORDER_MARKET) !== 0;
  const most = number(row + (isMarket ? layout.ROW_MARKET_QTY_MAX : layout.ROW_QTY_MAX));
  const least = number(row + layout.ROW_NOTIONAL_MIN) * number(row + layout.ROW_QUOTE_RATE);
  const isSpot = (wordAt(state, row + layout.ROW_FLAGS) & layout.ROW_SPOT) !== 0;
  answerLimit(answers, layout.CHECK_ORDER_QTY, qty, row + layout.ROW_ORDER_QTY);
  answerFact(answers, layout.CHECK_QTY_MAX, qty, most);
  answerLimit(answers, layout.CHECK_ORDER_NOTIONAL, notional, row + layout.ROW_ORDER_NOTIONAL);
  const before = answers.hard;
  answerFact(answers, layout.CHECK_NOTIONAL_MIN, least, notional);
  if (!isSpot && (flags & layout.ORDER_REDUCE_ONLY) !== 0) answers.hard = before;
  const spends = number(order + layout.ORDER_SPENDS);
  answerFact(answers, layout.CHECK_BALANCE, spends, number(order + layout.ORDER_AVAILABLE));
}

/** As the recent ring keeps it: 0 where none was asked for. */
function askedPrice({ state, order }: RiskState): number {
  const isMarket = wordAt(state, order + layout.ORDER_FLAGS) & layout.ORDER_MARKET;
  return isMarket !== 0 ? 0 : numberAt(state, order + layout.ORDER_PRICE);
}

const sideAndPortfolio = ({ state, order }: RiskState, { side }: Question): number =>
  side + 2 * wordAt(state, order + layout.ORDER_PORTFOLIO);

function countDuplicates(risk: RiskState, q: Question): number {
  const { state, system, order } = risk;
  const window = numberAt(state, system + layout.RISK_DUPLICATE_US);
  if (window === 0) return 0;
  const ring = q.row + layout.ROW_RING;
  const kept = Math.min(wordAt(state, q.row + layout.ROW_RECENT), layout.RECENT_KEPT);
  const price = askedPrice(risk);
  const strategy = wordAt(state, order + layout.ORDER_STRATEGY);
  let equal = 0;
  for (let at = ring; at < ring + kept * layout.RECENT_BYTES; at += layout.RECENT_BYTES) {
    if (numberAt(state, at + layout.RECENT_PRICE) !== price) continue;
    if (numberAt(state, at + layout.RECENT_QTY) !== q.qty) continue;
    if (wordAt(state, at + layout.RECENT_SIDE) !== sideAndPortfolio(risk, q)) continue;
    if (wordAt(state, at + layout.RECENT_STRATEGY) !== strategy) continue;
    if (q.now - numberAt(state, at + layout.RECENT_US) < window) equal += 1;
  }
  return equal;
}

function meetsOwn({ state }: RiskState, { row, side, price }: Question): boolean {
  const bid = numberAt(state, row + layout.ROW_OWN_BID);
  const ask = numberAt(state, row + layout.ROW_OWN_ASK);
  return side === 0 ? price >= ask : price <= bid;
}

function askPortfolio(risk: RiskState, q: Question, equity: number, answers: Answers): void {
  const { state, system, order, assets } = risk;
  const { row, side, qty, unit } = q;
  const book = row + layout.ROW_POSITION;
  const ends = endsOf(state, book, side, qty);
  const [long, short] = [ends.long * unit, ends.short * unit];
  const asset = assets + wordAt(state, row + layout.ROW_ASSET) * layout.ASSET_BYTES;
  const share = netAfter(state, asset, book, long, short) * (1 / equity);
  answerLimit(answers, layout.CHECK_CONCENTRATION, share, system + layout.RISK_CONCENTRATION);
  askMargin(risk, q, answers);
  const held = worseOf(
    numberAt(state, row + layout.ROW_LONG),
    numberAt(state, row + layout.ROW_SHORT),
  );
  const delta = worseOf(long, short) - held;
  const loss = (check: number, at: number, amount: number, limit: number): void => {
    state.numbers[(order + at) / 8] = amount;
    answerLoss(answers, check, amount, limit, equity);
  };
  const usesHistory = (wordAt(state, system + layout.RISK_FLAGS) & 1) !== 0;
  const historical = usesHistory ? Math.max(0, lossAfter(risk, risk.history, delta)) : 0;
  const stress = usesHistory ? Math.max(0, lossAfter(risk, risk.shocks, delta)) : 0;
  const historicalLimit = system + layout.RISK_HISTORICAL_VAR;
  loss(layout.CHECK_VAR, layout.ORDER_VAR_AFTER, varAfter(risk, delta), system + layout.RISK_VAR);
  loss(layout.CHECK_HISTORICAL_VAR, layout.ORDER_HISTORICAL_AFTER, historical, historicalLimit);
  loss(layout.CHECK_STRESS, layout.ORDER_STRESS_AFTER, stress, system + layout.RISK_STRESS);
}

const worseOf = (long: number, short: number): number =>
  Math.abs(long) >= Math.abs(short) ? long : short;

/** Of the account at its margin place, with its own book. */
function askMargin(risk: RiskState, q: Question, answers: Answers): void {
  const { state, system, order, margins } = risk;
  const { row, side, qty, unit, now } = q;
  const [, { book }] = levelsOf(risk, row); // the portfolio's
  const ends = endsOf(state, book, side, qty);
  const worst = Math.max(Math.abs(ends.long * unit), Math.abs(ends.short * unit));
  const first = wordAt(state, order + layout.ORDER_PORTFOLIO) * MARGIN_PLACES;
  const place = first + wordAt(state, row + layout.ROW_MARGIN);
  const margin = margins + place * layout.MARGIN_BYTES;
  const rate = numberAt(state, row + layout.ROW_MARGIN_RATE);
  const held = numberAt(state, book + layout.CELL_EXPOSURE) * rate;
  const used = numberAt(state, margin + layout.MARGIN_USED) - held + worst * rate;
  const age = Math.abs(now - numberAt(state, margin + layout.MARGIN_US));
  const isFresh = age <= numberAt(state, system + layout.RISK_MARGIN_AGE_US_MAX);
  const balance = isFresh ? numberAt(state, margin + layout.MARGIN_BALANCE) : Number.NaN;
  const before = answers.hard;
  answerFact(answers, layout.CHECK_MARGIN, used, balance);
  if (q.coins || isShrinking(state, book, side, qty)) answers.hard = before;
}

/** A loss in money against a pair of fractions of equity. */
function answerLoss(
  answers: Answers,
  check: number,
  loss: number,
  limit: number,
  equity: number,
): void {
  const hard = numberAt(answers.state, limit) * equity;
  answerFact(answers, check, loss, hard, numberAt(answers.state, limit + 8) * equity);
}

function varAfter({ state, system, order, covariance, sizes }: RiskState, delta: number): number {
  const n = sizes.instruments;
  const instrument = wordAt(state, order + layout.ORDER_INSTRUMENT);
  const base = covariance + layout.COVARIANCE_WEIGHTS;
  const own = numberAt(state, base + (3 * n + instrument * (n + 1)) * 8);
  const change = delta * (2 * numberAt(state, base + (n + instrument) * 8) + delta * own);
  const variance = numberAt(state, system + layout.RISK_VARIANCE) + change;
  return numberAt(state, system + layout.RISK_VAR_Z) * Math.sqrt(Math.max(0, variance));
}

/** Minus the rank-th smallest P&L after the order, selected among all scenarios. */
function lossAfter({ state, order }: RiskState, block: number, delta: number): number {
  const count = wordAt(state, block + layout.SCENARIOS_COUNT);
  const instrument = wordAt(state, order + layout.ORDER_INSTRUMENT);
  const pnl = (block + layout.SCENARIOS_PNL) / 8;
  const scratch = state.numbers.subarray(pnl + count, pnl + 2 * count);
  const stride = wordAt(state, block + layout.SCENARIOS_STRIDE);
  const at = wordAt(state, block + layout.SCENARIOS_COLUMNS) + instrument * stride;
  const width = wordAt(state, block + layout.SCENARIOS_WIDTH);
  const returns = width === 4 ? state.floats : state.numbers;
  const from = at / width;
  for (let k = 0; k < count; k += 1) {
    scratch[k] = (state.numbers[pnl + k] ?? 0) + delta * (returns[from + k] ?? 0);
  }
  return 0 - selectPlain(scratch, wordAt(state, block + layout.SCENARIOS_RANK));
}

/** Node and book of each level, from system to venue. */
function levelsOf({ state, order, nodes }: RiskState, row: number) {
  const portfolio = wordAt(state, order + layout.ORDER_PORTFOLIO);
  const strategy = wordAt(state, order + layout.ORDER_STRATEGY);
  const venue = wordAt(state, row + layout.ROW_VENUE);
  const nodeAt = (number: number): number => nodes + number * layout.NODE_BYTES;
  const cellAt = (book: number): number => row + layout.ROW_CELLS + book * layout.CELL_BYTES;
  const own = row + layout.ROW_POSITION;
  return [
    { node: nodeAt(0), book: own },
    { node: nodeAt(1 + portfolio), book: cellAt(portfolio) },
    { node: nodeAt(1 + PORTFOLIOS + strategy), book: cellAt(PORTFOLIOS + strategy) },
    { node: nodeAt(1 + PORTFOLIOS + STRATEGIES + venue), book: own },
  ] as const;
}

function spendPlain(risk: RiskState, question: Question): void {
  const { state, order } = risk;
  const { row, qty, now } = question;
  for (const { node } of levelsOf(risk, row)) spendNodePlain(state, node, now);
  const written = wordAt(state, row + layout.ROW_RECENT);
  const slot = row + layout.ROW_RING + (written % layout.RECENT_KEPT) * layout.RECENT_BYTES;
  const strategy = wordAt(state, order + layout.ORDER_STRATEGY);
  state.numbers.set([now, askedPrice(risk), qty], slot / 8);
  const whose = sideAndPortfolio(risk, question);
  state.words.set([whose, strategy], (slot + layout.RECENT_SIDE) / 4);
  state.words[(row + layout.ROW_RECENT) / 4] = written + 1;
  const latest = numberAt(state, row + layout.ROW_RECENT_US);
  state.numbers[(row + layout.ROW_RECENT_US) / 8] = Math.max(now, latest);
}
