// Owns the arithmetic of a book: position and open orders of one instrument, worst case, closing.
// Promise: an open quantity below zero, which would hide a position, makes the book NaN.
import { CELL_LONG, CELL_OPEN_BUY, CELL_OPEN_SELL, CELL_POSITION } from './layout';

// A book is a cell, or the part of a row from ROW_POSITION on: the same six columns. Quantities are
// in real units; `side` is 0 for a buy, 1 for a sell; two ends or two sides are one vector. Which
// side an order is on, or which end is worse, is as good as random: hence products and vectors
// where a branch would be guessed wrong half the time.

// Closing 0.1 + 0.2 of 0.3 is closing, as a share of the quantities that went in.
const SLACK: f64 = 1e-15;

/** { buys, sells } of an order: `qty` on its side, 0 on the other; NaN on both where it is NaN. */
export function sidesOf(side: u32, qty: f64): v128 {
  const sell = f64(side);
  return f64x2.mul(f64x2.replace_lane(f64x2.splat(1 - sell), 1, sell), f64x2.splat(qty));
}

/** { long, short } with `added` more open: every buy filled and no sell, and the other way. */
export function endsOf(book: u32, added: v128): v128 {
  const open = v128.load(book, CELL_OPEN_BUY);
  const unknown = v128.not(f64x2.ge(open, f64x2.splat(0))); // ones are NaN
  const whole = f64x2.add(v128.or(open, unknown), added);
  return f64x2.add(v128.load64_splat(book, CELL_POSITION), f64x2.mul(whole, f64x2(1, -1)));
}

/** The end of one side: what is open on the other does not count. */
export function endOf(ends: v128, side: u32): f64 {
  const ofSell = i64x2.splat(0 - i64(side)); // all ones or all zeros
  const turned = v128.shuffle<f64>(ends, ends, 1, 0);
  return f64x2.extract_lane(v128.bitselect(turned, ends, ofSell), 0);
}

/** The larger of both sizes; NaN where either is. */
export function worstOf(ends: v128): f64 {
  const sizes = f64x2.abs(ends);
  return f64x2.extract_lane(f64x2.max(sizes, v128.shuffle<f64>(sizes, sizes, 1, 0)), 0);
}

/** The larger of both with its sign, the long one where they are equal; NaN where either is. */
export function worseOf(ends: v128): f64 {
  const worst = worstOf(ends);
  const long = f64x2.extract_lane(ends, 0);
  return worst == abs(long) ? long : worst == worst ? f64x2.extract_lane(ends, 1) : NaN;
}

/** Net of the sums { long, short } at `sums` with `ends` in the place of those this book holds. */
export function netAfter(sums: u32, book: u32, ends: v128): f64 {
  return worstOf(f64x2.add(f64x2.sub(v128.load(sums), v128.load(book, CELL_LONG)), ends));
}

/** Quantity that brings the position to 0 at most, counting the open orders of that side. */
function closableQty(book: u32, side: u32): f64 {
  const sign = 1 - 2 * f64(side);
  const open = load<f64>(book + side * 8, CELL_OPEN_BUY); // buys and sells lie side by side
  const room = f64x2.splat(0 - sign * load<f64>(book, CELL_POSITION) - open);
  return f64x2.extract_lane(f64x2.pmax(room, f64x2.splat(0)), 0); // NaN stays
}

/** Whether `qty` only shrinks the position of the book; never where a number is NaN. */
export function isShrinking(book: u32, side: u32, qty: f64): bool {
  const closable = closableQty(book, side);
  const buys = load<f64>(book, CELL_OPEN_BUY);
  const sells = load<f64>(book, CELL_OPEN_SELL);
  const held = abs(load<f64>(book, CELL_POSITION)) + buys + sells;
  const fits = u32(qty <= closable + SLACK * (qty + held));
  return <bool>(fits & u32(closable > 0) & u32(buys >= 0) & u32(sells >= 0));
}
