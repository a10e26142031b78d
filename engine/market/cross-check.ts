// Owns the check of our books against the venue's own best bid and ask (bookTicker), by id.
// Promise: each pair of equal ids is compared once, whichever came first; memory is bounded.

const QUOTES_KEPT = 2048; // of one instrument, powers of two
const TOPS_KEPT = 256;
const COLUMNS = 5; // id, bid, bid size, ask, ask size

export interface CrossCheckCount {
  compared: number;
  mismatched: number;
}

export interface CrossCheck {
  /** The top of our book right after the depth update `id`; true when that disagreed. */
  addTop(
    instrument: number,
    id: number,
    bid: number,
    bidQty: number,
    ask: number,
    askQty: number,
  ): boolean;
  /** The venue's own top at `id`; true when our book disagreed. */
  addQuote(
    instrument: number,
    id: number,
    bid: number,
    bidQty: number,
    ask: number,
    askQty: number,
  ): boolean;
  /** What was counted for one instrument (by index). */
  count(instrument: number): Readonly<CrossCheckCount>;
  total(): CrossCheckCount;
}

// Rows in increasing order of id, the newest last; when full the oldest is overwritten.
interface IdRing {
  readonly rows: Float64Array;
  readonly capacity: number;
  written: number;
}

interface Pair {
  readonly tops: IdRing;
  readonly quotes: IdRing;
  readonly count: CrossCheckCount;
}

export function createCrossCheck(instruments: number): CrossCheck {
  const pairs: Pair[] = Array.from({ length: instruments }, () => ({
    tops: createRing(TOPS_KEPT),
    quotes: createRing(QUOTES_KEPT),
    count: { compared: 0, mismatched: 0 },
  }));
  const none: CrossCheckCount = { compared: 0, mismatched: 0 };
  return {
    addTop(instrument, id, bid, bidQty, ask, askQty) {
      const pair = pairs[instrument];
      if (pair === undefined || !append(pair.tops, id, bid, bidQty, ask, askQty)) return false;
      return compare(pair, pair.quotes, id, bid, bidQty, ask, askQty);
    },
    addQuote(instrument, id, bid, bidQty, ask, askQty) {
      const pair = pairs[instrument];
      if (pair === undefined || !append(pair.quotes, id, bid, bidQty, ask, askQty)) return false;
      return compare(pair, pair.tops, id, bid, bidQty, ask, askQty);
    },
    count: (instrument) => pairs[instrument]?.count ?? none,
    total: () => ({
      compared: pairs.reduce((sum, pair) => sum + pair.count.compared, 0),
      mismatched: pairs.reduce((sum, pair) => sum + pair.count.mismatched, 0),
    }),
  };
}

const createRing = (capacity: number): IdRing => ({
  rows: new Float64Array(capacity * COLUMNS),
  capacity,
  written: 0,
});

// False: the id was just seen, nothing to add. An id that steps back (the venue counts anew)
// empties the ring.
function append(
  ring: IdRing,
  id: number,
  bid: number,
  bidQty: number,
  ask: number,
  askQty: number,
): boolean {
  if (ring.written > 0) {
    const newest = idAt(ring, ring.written - 1);
    if (newest === id) return false;
    if (newest > id) ring.written = 0;
  }
  const at = (ring.written & (ring.capacity - 1)) * COLUMNS;
  ring.rows[at] = id;
  ring.rows[at + 1] = bid;
  ring.rows[at + 2] = bidQty;
  ring.rows[at + 3] = ask;
  ring.rows[at + 4] = askQty;
  ring.written += 1;
  return true;
}

const idAt = (ring: IdRing, position: number): number =>
  ring.rows[(position & (ring.capacity - 1)) * COLUMNS] ?? 0;

function compare(
  pair: Pair,
  other: IdRing,
  id: number,
  bid: number,
  bidQty: number,
  ask: number,
  askQty: number,
): boolean {
  let low = Math.max(0, other.written - other.capacity);
  let high = other.written;
  if (high === 0 || idAt(other, high - 1) < id) return false; // the usual case
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (idAt(other, middle) < id) low = middle + 1;
    else high = middle;
  }
  if (low >= other.written || idAt(other, low) !== id) return false;
  const at = (low & (other.capacity - 1)) * COLUMNS;
  const { rows } = other;
  const isSame =
    rows[at + 1] === bid &&
    rows[at + 2] === bidQty &&
    rows[at + 3] === ask &&
    rows[at + 4] === askQty;
  pair.count.compared += 1;
  if (!isSame) pair.count.mismatched += 1;
  return !isSame;
}
