// Owns the book block: its seqlock, its levels, and what is counted at its best quotes.
// Promise: a reader gets one whole moment of the book or nothing; a bad level never gets in.
import {
  BOOK_ASK_COUNT,
  BOOK_BID_COUNT,
  BOOK_BUY_QTY,
  BOOK_CROSSED,
  BOOK_EVENT_US,
  BOOK_FLAGS,
  BOOK_LAST_MOVE,
  BOOK_LAST_MOVE_US,
  BOOK_LAST_PRICE,
  BOOK_LEVELS,
  BOOK_LEVELS_MAX,
  BOOK_MID_MOVES,
  BOOK_OFI,
  BOOK_READY,
  BOOK_RECEIVE_US,
  BOOK_SELL_QTY,
  BOOK_SEQUENCE,
  BOOK_SQUARED_SUM,
  BOOK_TRADES,
  BOOK_UPDATE_ID,
  BOOK_UPDATES,
  LEVEL_BYTES,
} from './layout';
import { isWorstFirst, putLevels } from './levels';

const COPIES_MAX: u32 = 64; // of one bookCopy; a copy of 2000 levels takes about 2 us
const SPINS_MAX: u32 = 65536; // on an odd sequence: about 0.1 ms, longer than any load

/** Empties the book, clears every column and flag, and sets the capacity of one side. */
export function bookInit(book: u32, levelsMax: u32): void {
  beginWrite(book);
  memory.fill(book + BOOK_FLAGS, 0, BOOK_LEVELS - BOOK_FLAGS);
  store<u32>(book, levelsMax, BOOK_LEVELS_MAX);
  endWrite(book);
}

/**
 * Replaces all levels by the batch, in any order (a price given twice keeps one of its quantities).
 * Flags start again from BOOK_READY, `updates` from 0; the cumulative columns (OFI, tape, mid
 * moves) go on, and the step from the old mid to the new one is not counted: it was not seen.
 * The venue's clock is not known here: `eventUs` becomes 0.
 */
export function bookLoad(
  book: u32,
  batch: u32,
  bidCount: u32,
  askCount: u32,
  updateId: f64,
  receiveUs: f64,
): u32 {
  const asks = batch + bidCount * LEVEL_BYTES;
  beginWrite(book);
  store<u32>(book, 0, BOOK_BID_COUNT);
  store<u32>(book, 0, BOOK_ASK_COUNT);
  let flags = BOOK_READY | putBids(book, batch, bidCount, isWorstFirst(batch, bidCount, 1));
  flags |= putAsks(book, asks, askCount, isWorstFirst(asks, askCount, -1));
  flags = withCrossed(book, flags);
  store<u32>(book, flags, BOOK_FLAGS);
  store<f64>(book, updateId, BOOK_UPDATE_ID);
  store<f64>(book, 0, BOOK_EVENT_US);
  store<f64>(book, receiveUs, BOOK_RECEIVE_US);
  store<f64>(book, 0, BOOK_UPDATES);
  endWrite(book);
  return flags;
}

/**
 * Applies a diff: 0 removes a level, another quantity sets it; removing what is not there is legal.
 * A level that is not a whole number of steps is left out and BOOK_BAD_LEVEL stays set until the
 * next load. OFI and mid moves compare the best quotes before and after the whole diff.
 */
export function bookApply(
  book: u32,
  batch: u32,
  bidCount: u32,
  askCount: u32,
  updateId: f64,
  eventUs: f64,
  receiveUs: f64,
): u32 {
  const bid = bestPrice(book, bidSide(book), BOOK_BID_COUNT);
  const ask = bestPrice(book, askSide(book), BOOK_ASK_COUNT);
  const bidQty = bestQty(book, bidSide(book), BOOK_BID_COUNT);
  const askQty = bestQty(book, askSide(book), BOOK_ASK_COUNT);
  beginWrite(book);
  let flags = load<u32>(book, BOOK_FLAGS);
  flags |= putBids(book, batch, bidCount, true);
  flags |= putAsks(book, batch + bidCount * LEVEL_BYTES, askCount, true);
  flags = withCrossed(book, flags);
  store<u32>(book, flags, BOOK_FLAGS);
  addFlow(book, bid, bidQty, ask, askQty);
  addMove(book, bid, ask, receiveUs);
  store<f64>(book, updateId, BOOK_UPDATE_ID);
  store<f64>(book, eventUs, BOOK_EVENT_US);
  store<f64>(book, receiveUs, BOOK_RECEIVE_US);
  store<f64>(book, load<f64>(book, BOOK_UPDATES) + 1, BOOK_UPDATES);
  endWrite(book);
  return flags;
}

/** Readers must not trust the book until the next load. */
export function bookInvalidate(book: u32): void {
  beginWrite(book);
  store<u32>(book, load<u32>(book, BOOK_FLAGS) & ~BOOK_READY, BOOK_FLAGS);
  endWrite(book);
}

/** Adds a trade (steps) to the tape; aggressor 0 bought, else sold. Ignores what is not > 0. */
export function bookTrade(book: u32, price: f64, qty: f64, aggressor: u32): void {
  if (!(price > 0 && price < Infinity && qty > 0 && qty < Infinity)) return;
  const column = book + (aggressor == 0 ? BOOK_BUY_QTY : BOOK_SELL_QTY);
  beginWrite(book);
  store<f64>(column, load<f64>(column) + qty);
  store<f64>(book, load<f64>(book, BOOK_TRADES) + 1, BOOK_TRADES);
  store<f64>(book, price, BOOK_LAST_PRICE);
  endWrite(book);
}

/**
 * Copies header and used levels of both sides to `target`, in the same layout, as they stood at one
 * moment. 1, or 0 when the writer kept changing it COPIES_MAX times or held it for SPINS_MAX looks.
 */
export function bookCopy(book: u32, target: u32): u32 {
  for (let copies: u32 = 0; copies < COPIES_MAX; copies++) {
    const sequence = evenSequence(book);
    if ((sequence & 1) != 0) return 0;
    const levelsMax = load<u32>(book, BOOK_LEVELS_MAX);
    const asks = BOOK_LEVELS + levelsMax * LEVEL_BYTES;
    const bidBytes = min(load<u32>(book, BOOK_BID_COUNT), levelsMax) * LEVEL_BYTES;
    const askBytes = min(load<u32>(book, BOOK_ASK_COUNT), levelsMax) * LEVEL_BYTES;
    memory.copy(target, book, BOOK_LEVELS);
    memory.copy(target + BOOK_LEVELS, book + BOOK_LEVELS, bidBytes);
    memory.copy(target + asks, book + asks, askBytes);
    atomic.store<u32>(target, sequence, BOOK_SEQUENCE); // the copy is read before this, and
    if (atomic.load<u32>(book, BOOK_SEQUENCE) == sequence) return 1; // this before that
  }
  return 0;
}

function evenSequence(book: u32): u32 {
  let sequence = atomic.load<u32>(book, BOOK_SEQUENCE);
  for (let spins: u32 = 0; spins < SPINS_MAX && (sequence & 1) != 0; spins++) {
    sequence = atomic.load<u32>(book, BOOK_SEQUENCE);
  }
  return sequence;
}

// Odd before the first byte changes, even after the last one (Boehm 2012). A sequentially
// consistent store with such a load after it is the fence here, on ARM too (stlr, ldar): asc
// 0.28.20 writes a fence instruction that does not validate.
function beginWrite(book: u32): void {
  atomic.store<u32>(book, load<u32>(book, BOOK_SEQUENCE) | 1, BOOK_SEQUENCE);
  atomic.load<u32>(book, BOOK_SEQUENCE);
}

function endWrite(book: u32): void {
  atomic.store<u32>(book, load<u32>(book, BOOK_SEQUENCE) + 1, BOOK_SEQUENCE);
}

function bidSide(book: u32): u32 {
  return book + BOOK_LEVELS;
}

function askSide(book: u32): u32 {
  return book + BOOK_LEVELS + load<u32>(book, BOOK_LEVELS_MAX) * LEVEL_BYTES;
}

function putBids(book: u32, batch: u32, count: u32, forward: bool): u32 {
  const levelsMax = load<u32>(book, BOOK_LEVELS_MAX);
  return putLevels(bidSide(book), book + BOOK_BID_COUNT, levelsMax, 1, batch, count, forward);
}

function putAsks(book: u32, batch: u32, count: u32, forward: bool): u32 {
  const levelsMax = load<u32>(book, BOOK_LEVELS_MAX);
  return putLevels(askSide(book), book + BOOK_ASK_COUNT, levelsMax, -1, batch, count, forward);
}

/** 0 where the side is empty: no level has that price. */
function bestPrice(book: u32, side: u32, countAt: u32): f64 {
  const count = load<u32>(book + countAt);
  return count == 0 ? 0 : load<f64>(side + (count - 1) * LEVEL_BYTES);
}

function bestQty(book: u32, side: u32, countAt: u32): f64 {
  const count = load<u32>(book + countAt);
  return count == 0 ? 0 : load<f64>(side + (count - 1) * LEVEL_BYTES, 8);
}

function withCrossed(book: u32, flags: u32): u32 {
  const bid = bestPrice(book, bidSide(book), BOOK_BID_COUNT);
  const ask = bestPrice(book, askSide(book), BOOK_ASK_COUNT);
  return bid > 0 && ask > 0 && bid >= ask ? flags | BOOK_CROSSED : flags & ~BOOK_CROSSED;
}

/**
 * Order-flow imbalance of one update (Cont, Kukanov & Stoikov 2014, section 2), quantity steps.
 * The first update after a load adds nothing: the snapshot is no quote anyone saw move. A side that
 * is empty before or after adds nothing either.
 */
function addFlow(book: u32, bid: f64, bidQty: f64, ask: f64, askQty: f64): void {
  if (load<f64>(book, BOOK_UPDATES) == 0) return;
  const bidNow = bestPrice(book, bidSide(book), BOOK_BID_COUNT);
  const askNow = bestPrice(book, askSide(book), BOOK_ASK_COUNT);
  let flow: f64 = 0;
  if (bid > 0 && bidNow > 0) {
    if (bidNow >= bid) flow += bestQty(book, bidSide(book), BOOK_BID_COUNT);
    if (bidNow <= bid) flow -= bidQty;
  }
  if (ask > 0 && askNow > 0) {
    if (askNow <= ask) flow -= bestQty(book, askSide(book), BOOK_ASK_COUNT);
    if (askNow >= ask) flow += askQty;
  }
  store<f64>(book, load<f64>(book, BOOK_OFI) + flow, BOOK_OFI);
}

function addMove(book: u32, bid: f64, ask: f64, receiveUs: f64): void {
  const bidNow = bestPrice(book, bidSide(book), BOOK_BID_COUNT);
  const askNow = bestPrice(book, askSide(book), BOOK_ASK_COUNT);
  if (!(bid > 0 && ask > 0 && bidNow > 0 && askNow > 0)) return;
  const before = bid + ask;
  const after = bidNow + askNow;
  if (before == after) return;
  const logReturn = logRatio(after, before);
  const squared = load<f64>(book, BOOK_SQUARED_SUM) + logReturn * logReturn;
  store<f64>(book, squared, BOOK_SQUARED_SUM);
  store<f64>(book, load<f64>(book, BOOK_MID_MOVES) + 1, BOOK_MID_MOVES);
  store<f64>(book, after > before ? 1 : -1, BOOK_LAST_MOVE);
  store<f64>(book, receiveUs, BOOK_LAST_MOVE_US);
}

/**
 * ln(a / b) = 2 artanh((a - b) / (a + b)), by its power series: exact to rounding for the small
 * moves of a mid, where ln of a rounded quotient is not; one or two terms nearly always. 512 terms
 * reach full precision up to a 50-fold move.
 */
function logRatio(a: f64, b: f64): f64 {
  const z = (a - b) / (a + b);
  const square = z * z;
  let power = z;
  let total = z;
  for (let k: i32 = 3; k < 1024; k += 2) {
    power *= square;
    const next = total + power / f64(k);
    if (next == total) break;
    total = next;
  }
  return 2 * total;
}
