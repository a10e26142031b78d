// Owns the arithmetic of a book: position and open orders of one instrument, worst case, closing.
// Promise: an open quantity below zero, which would hide a position, makes the book NaN.
import { CELL_LONG, CELL_OPEN_BUY, CELL_OPEN_SELL, CELL_POSITION, CELL_SHORT } from './layout';
import { SLACK } from './risk-limit';

// A book is a cell, or the part of a row from ROW_POSITION on: the same six columns. `sign` is +1
// for a buy, -1 for a sell; quantities are in real units, money is base currency.

/** Long end with `qty` more on the side of `sign`: every buy filled, no sell. */
export function longEnd(book: u32, sign: f64, qty: f64): f64 {
  return load<f64>(book, CELL_POSITION) + openQty(book, CELL_OPEN_BUY) + (sign > 0 ? qty : 0);
}

/** Short end: every sell filled, no buy. */
export function shortEnd(book: u32, sign: f64, qty: f64): f64 {
  return load<f64>(book, CELL_POSITION) - openQty(book, CELL_OPEN_SELL) - (sign > 0 ? 0 : qty);
}

/** Sum of the sizes a book is made of: what rounding is measured against. */
export function heldQty(book: u32): f64 {
  return (
    abs(load<f64>(book, CELL_POSITION)) +
    openQty(book, CELL_OPEN_BUY) +
    openQty(book, CELL_OPEN_SELL)
  );
}

/** Quantity that brings the position to 0 at most, counting the open orders of that side. */
export function closableQty(book: u32, sign: f64): f64 {
  const open = openQty(book, sign > 0 ? CELL_OPEN_BUY : CELL_OPEN_SELL);
  return max(0, -sign * load<f64>(book, CELL_POSITION) - open);
}

/** Whether `qty` only shrinks the position of the book; never where a number is NaN. */
export function isShrinking(book: u32, sign: f64, qty: f64): bool {
  const closable = closableQty(book, sign);
  return closable > 0 && qty <= closable + SLACK * (qty + heldQty(book));
}

/**
 * Net of the sums at `sums` { long, short } with this book's ends, worth `long` and `short`, in the
 * place of the ones it holds there: the larger of both sizes.
 */
export function netAfter(sums: u32, book: u32, long: f64, short: f64): f64 {
  const longs = load<f64>(sums) - load<f64>(book, CELL_LONG) + long;
  const shorts = load<f64>(sums, 8) - load<f64>(book, CELL_SHORT) + short;
  return max(abs(longs), abs(shorts));
}

/** Rounding of netAfter. */
export function netSlack(sums: u32, book: u32, long: f64, short: f64): f64 {
  const longs = abs(load<f64>(sums)) + abs(load<f64>(book, CELL_LONG)) + abs(long);
  const shorts = abs(load<f64>(sums, 8)) + abs(load<f64>(book, CELL_SHORT)) + abs(short);
  return SLACK * max(longs, shorts);
}

/** NaN unless 0 or more. */
function openQty(book: u32, column: u32): f64 {
  const open = load<f64>(book + column);
  return open >= 0 ? open : NaN;
}
