// Owns the arithmetic of a book: position and open orders of one instrument, worst case, closing.
// Promise: an open quantity below zero, which would hide a position, makes the book NaN.
import { CELL_LONG, CELL_OPEN_BUY, CELL_OPEN_SELL, CELL_POSITION } from './layout';

// A book is a cell, or the part of a row from ROW_POSITION on: the same six columns. Two ends are
// one vector { long, short }; `sign` is +1 for a buy, -1 for a sell; quantities in real units.

// Closing 0.1 + 0.2 of 0.3 is closing, as a share of the quantities that went in.
const SLACK: f64 = 1e-15;

/** What an order adds to the open quantities { buys, sells }. */
export function addedBy(sign: f64, qty: f64): v128 {
  const none = f64x2.splat(0);
  return sign > 0 ? f64x2.replace_lane(none, 0, qty) : f64x2.replace_lane(none, 1, qty);
}

/** Long end: every buy filled and no sell; short end: the other way; with `added` more open. */
export function endsOf(book: u32, added: v128): v128 {
  const open = v128.load(book, CELL_OPEN_BUY);
  const unknown = v128.not(f64x2.ge(open, f64x2.splat(0))); // ones are NaN
  const whole = f64x2.add(v128.or(open, unknown), added);
  return f64x2.add(v128.load64_splat(book, CELL_POSITION), f64x2.mul(whole, f64x2(1, -1)));
}

/** The larger of both sizes. */
export function worstOf(ends: v128): f64 {
  const sizes = f64x2.abs(ends);
  return max(f64x2.extract_lane(sizes, 0), f64x2.extract_lane(sizes, 1));
}

/** Net of the sums { long, short } at `sums` with `ends` in the place of those this book holds. */
export function netAfter(sums: u32, book: u32, ends: v128): f64 {
  return worstOf(f64x2.add(f64x2.sub(v128.load(sums), v128.load(book, CELL_LONG)), ends));
}

/** Quantity that brings the position to 0 at most, counting the open orders of that side. */
export function closableQty(book: u32, sign: f64): f64 {
  const open = openQty(book, sign > 0 ? CELL_OPEN_BUY : CELL_OPEN_SELL);
  return max(0, -sign * load<f64>(book, CELL_POSITION) - open);
}

/** Whether `qty` only shrinks the position of the book; never where a number is NaN. */
export function isShrinking(book: u32, sign: f64, qty: f64): bool {
  const closable = closableQty(book, sign);
  const open = openQty(book, CELL_OPEN_BUY) + openQty(book, CELL_OPEN_SELL);
  const held = abs(load<f64>(book, CELL_POSITION)) + open;
  return closable > 0 && qty <= closable + SLACK * (qty + held);
}

/** NaN unless 0 or more. */
function openQty(book: u32, column: u32): f64 {
  const open = load<f64>(book + column);
  return open >= 0 ? open : NaN;
}
