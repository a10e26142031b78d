// Owns the pre-trade check in plain TypeScript on the same bytes, the kernel's rival.
// Promise: the same checks in the same order with the same arithmetic; the same mask and answers.
import * as layout from '../wasm/layout.ts';

const SLACK = 1e-15;

/** Views and offsets of one risk state; offsets in bytes. */
export interface PlainRisk {
  readonly numbers: Float64Array;
  readonly words: Uint32Array;
  readonly system: number;
  readonly rows: number;
  readonly rowCount: number;
  readonly covariance: number;
  readonly order: number;
}

export function checkPlain(risk: PlainRisk): number {
  const { order, system } = risk;
  const instrument = wordAt(risk, order + layout.ORDER_INSTRUMENT);
  const known = instrument < risk.rowCount;
  const row = risk.rows + (known ? instrument : 0) * layout.RISK_ROW_BYTES;
  const side = wordAt(risk, order + layout.ORDER_SIDE);
  const sign = side === 0 ? 1 : side === 1 ? -1 : 0;
  const mark = numberAt(risk, row + layout.ROW_MARK);
  const qty = known && sign !== 0 ? validQty(numberAt(risk, order + layout.ORDER_QTY)) : Number.NaN;
  const asked = numberAt(risk, order + layout.ORDER_PRICE);
  const price = known ? validPrice(asked, mark) : Number.NaN;
  const notional = qty * unitValue(risk, row, price);
  const closable = closableQty(risk, row, sign);
  const shrinks = qty <= closable + SLACK * (qty + heldQty(risk, row));
  let mask = checkState(risk, known ? row : 0, price, qty, notional, shrinks);
  mask |= checkSize(risk, row, price, qty, notional);
  mask |= checkExposure(risk, row, qty, sign, unitValue(risk, row, mark), shrinks);
  mask |= checkRate(risk);
  const isFlagged = (wordAt(risk, order + layout.ORDER_FLAGS) & layout.ORDER_REDUCE_ONLY) !== 0;
  mask |= answer(risk, layout.CHECK_REDUCE_ONLY, qty, closable, 0, shrinks || !isFlagged);
  mask |= checkVar(risk, instrument, sign * notional, shrinks);
  if (mask === 0) {
    const now = numberAt(risk, order + layout.ORDER_NOW_US);
    const spentUs = numberAt(risk, system + layout.RISK_TOKENS_US);
    risk.numbers[(system + layout.RISK_TOKENS) / 8] = Math.max(0, tokensAt(risk, now) - 1);
    risk.numbers[(system + layout.RISK_TOKENS_US) / 8] = Math.max(now, spentUs);
  }
  risk.numbers[(order + layout.ORDER_NOTIONAL) / 8] = notional;
  risk.words[(order + layout.ORDER_BREACHES) / 4] = mask;
  return mask;
}

const numberAt = (risk: PlainRisk, at: number): number => risk.numbers[at / 8] ?? Number.NaN;
const wordAt = (risk: PlainRisk, at: number): number => risk.words[at / 4] ?? 0;
const validQty = (qty: number): number =>
  qty > 0 && qty <= Number.MAX_SAFE_INTEGER ? qty : Number.NaN;

function validPrice(price: number, mark: number): number {
  if (price > 0 && price < Number.POSITIVE_INFINITY) return price;
  return Object.is(price, 0) && mark > 0 && mark < Number.POSITIVE_INFINITY ? mark : Number.NaN;
}

function unitValue(risk: PlainRisk, row: number, price: number): number {
  const multiplier = numberAt(risk, row + layout.ROW_MULTIPLIER);
  const rate = numberAt(risk, row + layout.ROW_QUOTE_RATE);
  const isInverse = (wordAt(risk, row + layout.ROW_FLAGS) & layout.ROW_INVERSE) !== 0;
  const value = multiplier * (isInverse ? 1 : price) * rate;
  const isSound = multiplier > 0 && rate > 0 && price > 0 && value < Number.POSITIVE_INFINITY;
  return isSound ? value : Number.NaN;
}

function openQty(risk: PlainRisk, row: number, column: number): number {
  const open = numberAt(risk, row + column);
  return open >= 0 ? open : Number.NaN;
}

function closableQty(risk: PlainRisk, row: number, sign: number): number {
  const open = openQty(risk, row, sign > 0 ? layout.ROW_OPEN_BUY : layout.ROW_OPEN_SELL);
  return Math.max(0, -sign * numberAt(risk, row + layout.ROW_POSITION) - open);
}

const heldQty = (risk: PlainRisk, row: number): number =>
  Math.abs(numberAt(risk, row + layout.ROW_POSITION)) +
  openQty(risk, row, layout.ROW_OPEN_BUY) +
  openQty(risk, row, layout.ROW_OPEN_SELL);

function answer(
  risk: PlainRisk,
  check: number,
  asked: number,
  allowed: number,
  slack: number,
  isExempt = false,
): number {
  const pair = (risk.order + layout.ORDER_RESULTS) / 8 + check * 2;
  risk.numbers[pair] = asked;
  risk.numbers[pair + 1] = allowed;
  if (asked >= 0 && asked < Number.POSITIVE_INFINITY && asked <= allowed + slack) return 0;
  return isExempt && !Number.isNaN(asked) && !Number.isNaN(allowed) ? 0 : 1 << check;
}

function checkState(
  risk: PlainRisk,
  row: number,
  price: number,
  qty: number,
  notional: number,
  shrinks: boolean,
): number {
  const { order, system } = risk;
  const now = numberAt(risk, order + layout.ORDER_NOW_US);
  const isTime = now >= 0 && now < Number.POSITIVE_INFINITY;
  const isSound = price > 0 && qty > 0 && notional < Number.POSITIVE_INFINITY && isTime;
  const state = wordAt(risk, system + layout.RISK_STATE);
  const highest = shrinks ? layout.RISK_REDUCING : layout.RISK_ACTIVE;
  const flags = row === 0 ? 0 : wordAt(risk, row + layout.ROW_FLAGS);
  const markUs = row === 0 ? Number.NaN : numberAt(risk, row + layout.ROW_MARK_US);
  const equityUs = numberAt(risk, system + layout.RISK_EQUITY_US);
  const markMax = numberAt(risk, system + layout.RISK_MARK_AGE_US_MAX);
  const equityMax = numberAt(risk, system + layout.RISK_EQUITY_AGE_US_MAX);
  return (
    answer(risk, layout.CHECK_INPUT, isSound ? 1 : Number.NaN, 1, 0) |
    answer(risk, layout.CHECK_HALT, state, highest, 0) |
    answer(risk, layout.CHECK_TRADABLE, 1, flags & layout.ROW_TRADABLE, 0) |
    answer(risk, layout.CHECK_MARK_AGE, Math.abs(now - markUs), markMax, 0) |
    answer(risk, layout.CHECK_EQUITY_AGE, Math.abs(now - equityUs), equityMax, 0)
  );
}

function checkSize(
  risk: PlainRisk,
  row: number,
  price: number,
  qty: number,
  notional: number,
): number {
  const distance = Math.abs(price / numberAt(risk, row + layout.ROW_MARK) - 1);
  const collar = numberAt(risk, row + layout.ROW_COLLAR);
  const qtyMax = numberAt(risk, row + layout.ROW_MAX_ORDER_QTY);
  const notionalMax = numberAt(risk, risk.system + layout.RISK_MAX_ORDER_NOTIONAL);
  return (
    answer(risk, layout.CHECK_COLLAR, distance, collar, SLACK) |
    answer(risk, layout.CHECK_ORDER_QTY, qty, qtyMax, 0) |
    answer(risk, layout.CHECK_ORDER_NOTIONAL, notional, notionalMax, SLACK * notional)
  );
}

function checkExposure(
  risk: PlainRisk,
  row: number,
  qty: number,
  sign: number,
  unit: number,
  shrinks: boolean,
): number {
  const position = numberAt(risk, row + layout.ROW_POSITION);
  const [buys, sells] = [sign > 0 ? qty : 0, sign > 0 ? 0 : qty];
  const long = Math.abs(position + openQty(risk, row, layout.ROW_OPEN_BUY) + buys);
  const short = Math.abs(position - openQty(risk, row, layout.ROW_OPEN_SELL) - sells);
  const after = (sign > 0 ? long : short) * unit;
  const held = numberAt(risk, row + layout.ROW_EXPOSURE);
  const worst = Math.max(long, short) * unit;
  const gross = numberAt(risk, risk.system + layout.RISK_GROSS);
  const grossAfter = gross >= 0 ? Math.max(0, gross - held + worst) : Number.NaN;
  const equity = numberAt(risk, risk.system + layout.RISK_EQUITY);
  const isExempt = shrinks && Number.isFinite(grossAfter) && Number.isFinite(equity);
  const slack = SLACK * (gross + held + worst);
  const positionMax = numberAt(risk, row + layout.ROW_MAX_POSITION);
  const positionSlack = SLACK * (heldQty(risk, row) + qty) * unit;
  const share = numberAt(risk, risk.system + layout.RISK_MAX_EXPOSURE);
  const room = equity > 0 || isExempt ? share * equity : Number.NaN;
  const leverage = equity > 0 ? grossAfter / equity : Number.POSITIVE_INFINITY;
  const leverageMax = numberAt(risk, risk.system + layout.RISK_MAX_LEVERAGE);
  const leverageSlack = slack / equity + SLACK * leverageMax;
  risk.numbers[(risk.order + layout.ORDER_EXPOSURE_AFTER) / 8] = grossAfter;
  return (
    answer(risk, layout.CHECK_POSITION, after, positionMax, positionSlack, isExempt) |
    answer(risk, layout.CHECK_EXPOSURE, grossAfter, room, slack, isExempt) |
    answer(risk, layout.CHECK_LEVERAGE, leverage, leverageMax, leverageSlack, isExempt)
  );
}

function checkRate(risk: PlainRisk): number {
  const open = wordAt(risk, risk.system + layout.RISK_OPEN_ORDERS) + 1;
  const openMax = numberAt(risk, risk.system + layout.RISK_MAX_OPEN_ORDERS);
  const tokens = tokensAt(risk, numberAt(risk, risk.order + layout.ORDER_NOW_US));
  return (
    answer(risk, layout.CHECK_OPEN_ORDERS, open, openMax, 0) |
    answer(risk, layout.CHECK_RATE, 1, tokens, 1e-9)
  );
}

function tokensAt(risk: PlainRisk, now: number): number {
  const { system } = risk;
  const elapsedUs = Math.max(0, now - numberAt(risk, system + layout.RISK_TOKENS_US));
  const refill = (elapsedUs * numberAt(risk, system + layout.RISK_RATE_PER_SECOND)) / 1e6;
  const burst = numberAt(risk, system + layout.RISK_RATE_BURST);
  return Math.min(burst, numberAt(risk, system + layout.RISK_TOKENS) + refill);
}

function checkVar(risk: PlainRisk, instrument: number, delta: number, shrinks: boolean): number {
  const { covariance, system } = risk;
  const n = wordAt(risk, covariance + layout.COVARIANCE_N);
  let after = Number.NaN;
  if (instrument < n) {
    const base = covariance + layout.COVARIANCE_WEIGHTS;
    const own = numberAt(risk, base + (3 * n + instrument * (n + 1)) * 8);
    const change = 2 * delta * numberAt(risk, base + (n + instrument) * 8) + delta * delta * own;
    const variance = numberAt(risk, system + layout.RISK_VARIANCE) + change;
    if (own >= 0) {
      after = numberAt(risk, system + layout.RISK_VAR_Z) * Math.sqrt(Math.max(0, variance));
    }
  }
  const equity = numberAt(risk, system + layout.RISK_EQUITY);
  const isExempt = shrinks && after < Number.POSITIVE_INFINITY && Number.isFinite(equity);
  const share = numberAt(risk, system + layout.RISK_VAR_LIMIT);
  const allowed = equity > 0 || isExempt ? share * equity : Number.NaN;
  risk.numbers[(risk.order + layout.ORDER_VAR_AFTER) / 8] = after;
  return answer(risk, layout.CHECK_VAR, after, allowed, SLACK * after, isExempt);
}
