// Owns the checks of a node and the arithmetic of a book in plain TypeScript, as the kernel has it.
// Promise: the same operations in the same order, so that results are equal to the bit.
import * as layout from '../wasm/layout.ts';
import type { KernelState } from './kernel-state.ts';

export const KEPT = 1 - 1 / 281474976710656;
const SLACK = 1e-15;
const NODE_EXEMPT =
  (1 << layout.NODE_CHECK_GROSS) |
  (1 << layout.NODE_CHECK_NET) |
  (1 << layout.NODE_CHECK_EXPOSURE) |
  (1 << layout.NODE_CHECK_LEVERAGE);

/** Results at byte offset `at`, and the bits said so far. */
export interface Answers {
  readonly state: KernelState;
  readonly at: number;
  readonly exempt: number; // bits of the checks passed over
  hard: number;
  soft: number;
}

export interface NodeOrder {
  readonly side: number;
  readonly qty: number;
  readonly unit: number;
  readonly notional: number;
  readonly per: number; // 1 / equity
  readonly now: number;
  readonly shrinks: boolean; // the book of this node
}

export const numberAt = (state: KernelState, at: number): number =>
  state.numbers[at / 8] ?? Number.NaN;
export const wordAt = (state: KernelState, at: number): number => state.words[at / 4] ?? 0;

export function answerFact(
  answers: Answers,
  check: number,
  asked: number,
  hard: number,
  soft = hard,
): void {
  const { numbers } = answers.state;
  const result = (answers.at + check * layout.ORDER_RESULT_BYTES) / 8;
  numbers[result] = asked;
  numbers[result + 1] = hard;
  numbers[result + 2] = soft;
  const value = asked * KEPT;
  const bit = 1 << check;
  const keeps = value >= 0 && value < Number.POSITIVE_INFINITY && value <= hard;
  const passes = (answers.exempt & bit) !== 0 && !Number.isNaN(value) && !Number.isNaN(hard);
  if (!keeps && !passes) answers.hard |= bit;
  else if (value > soft) answers.soft |= bit;
}

export function answerLimit(answers: Answers, check: number, asked: number, limit: number): void {
  const { state } = answers;
  answerFact(answers, check, asked, numberAt(state, limit), numberAt(state, limit + 8));
}

const openQty = (state: KernelState, at: number): number => {
  const open = numberAt(state, at);
  return open >= 0 ? open : Number.NaN;
};

/** Long end: every buy filled and no sell; short end: the other way. */
export function endsOf(
  state: KernelState,
  book: number,
  side: number,
  qty: number,
): { long: number; short: number } {
  const position = numberAt(state, book + layout.CELL_POSITION);
  const buys = openQty(state, book + layout.CELL_OPEN_BUY) + (side === 0 ? qty : 0);
  const sells = openQty(state, book + layout.CELL_OPEN_SELL) + (side === 0 ? 0 : qty);
  return { long: position + buys, short: position - sells };
}

function closableQty(state: KernelState, book: number, side: number): number {
  const column = side === 0 ? layout.CELL_OPEN_BUY : layout.CELL_OPEN_SELL;
  const position = numberAt(state, book + layout.CELL_POSITION);
  return Math.max(0, 0 - (1 - 2 * side) * position - numberAt(state, book + column));
}

export function isShrinking(state: KernelState, book: number, side: number, qty: number): boolean {
  const closable = closableQty(state, book, side);
  const buys = openQty(state, book + layout.CELL_OPEN_BUY);
  const sells = openQty(state, book + layout.CELL_OPEN_SELL);
  const held = Math.abs(numberAt(state, book + layout.CELL_POSITION)) + buys + sells;
  return closable > 0 && qty <= closable + SLACK * (qty + held);
}

/** Net of the sums { long, short } with new ends in the place of those the book holds there. */
export function netAfter(
  state: KernelState,
  sums: number,
  book: number,
  long: number,
  short: number,
): number {
  const longs = numberAt(state, sums) - numberAt(state, book + layout.CELL_LONG) + long;
  const shorts = numberAt(state, sums + 8) - numberAt(state, book + layout.CELL_SHORT) + short;
  return Math.max(Math.abs(longs), Math.abs(shorts));
}

export function checkNodePlain(
  state: KernelState,
  at: number,
  node: number,
  book: number,
  order: NodeOrder,
): Answers {
  const { side, qty, unit, notional, per, now, shrinks } = order;
  const answers: Answers = { state, at, exempt: shrinks ? NODE_EXEMPT : 0, hard: 0, soft: 0 };
  const limitAt = (check: number): number => node + layout.NODE_LIMITS + check * 16;
  const ask = (check: number, asked: number): void =>
    answerLimit(answers, check, asked, limitAt(check));
  const status = wordAt(state, node + layout.NODE_STATE);
  answerFact(answers, layout.NODE_CHECK_STATE, status, shrinks ? layout.RISK_REDUCING : 0);
  ask(layout.NODE_CHECK_ORDER_NOTIONAL, notional);
  const ends = endsOf(state, book, side, qty);
  const [long, short] = [ends.long * unit, ends.short * unit];
  const worst = Math.max(Math.abs(long), Math.abs(short));
  const held = numberAt(state, book + layout.CELL_EXPOSURE);
  const gross = numberAt(state, node + layout.NODE_GROSS) - held + worst;
  ask(layout.NODE_CHECK_GROSS, gross);
  ask(layout.NODE_CHECK_NET, netAfter(state, node + layout.NODE_LONG, book, long, short));
  ask(layout.NODE_CHECK_EXPOSURE, gross * per);
  ask(layout.NODE_CHECK_LEVERAGE, gross * per);
  ask(layout.NODE_CHECK_OPEN_ORDERS, wordAt(state, node + layout.NODE_OPEN_ORDERS) + 1);
  const burst = numberAt(state, limitAt(layout.NODE_CHECK_RATE));
  ask(layout.NODE_CHECK_RATE, burst - tokensAt(state, node, now) + 1);
  const trades = numberAt(state, node + layout.NODE_TRADES);
  const counted = Math.max(trades, numberAt(state, node + layout.NODE_TRADES_FLOOR));
  const messages = numberAt(state, node + layout.NODE_MESSAGES) + 1;
  ask(layout.NODE_CHECK_ORDER_TO_TRADE, messages / counted);
  return answers;
}

/** Token bucket: refilled by the time since it was last spent from. */
function tokensAt(state: KernelState, node: number, now: number): number {
  const elapsedUs = Math.max(0, now - numberAt(state, node + layout.NODE_TOKENS_US));
  const refill = elapsedUs * numberAt(state, node + layout.NODE_RATE_PER_SECOND) * 1e-6;
  const burst = numberAt(state, node + layout.NODE_LIMITS + layout.NODE_CHECK_RATE * 16);
  return Math.min(burst, numberAt(state, node + layout.NODE_TOKENS) + refill);
}

/** A token and a message. */
export function spendNodePlain(state: KernelState, node: number, now: number): void {
  const { numbers } = state;
  const spentUs = numberAt(state, node + layout.NODE_TOKENS_US);
  numbers[(node + layout.NODE_TOKENS) / 8] = Math.max(0, tokensAt(state, node, now) - 1);
  numbers[(node + layout.NODE_TOKENS_US) / 8] = Math.max(now, spentUs);
  const messages = numberAt(state, node + layout.NODE_MESSAGES);
  numbers[(node + layout.NODE_MESSAGES) / 8] = messages + 1;
}
