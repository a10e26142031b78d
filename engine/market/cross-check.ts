// Owns the check of our books against the venue's own best bid and ask (bookTicker), by id.
// Promise: each pair of equal ids is compared once, whichever came first; memory is bounded.

// Rows kept of each instrument, powers of two: quotes come several times as often as diffs, and
// wait for the diff of their id. All instruments together share a number of rows.
const QUOTES_SHARED = 1 << 17; // 5 MiB
const QUOTES_MAX = 2048;
const QUOTES_MIN = 64;
const TOPS_PER_QUOTE = 1 / 8;
const TOPS_MIN = 64;
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
  /** Nothing is known of the instrument's ids; what was counted in its place starts from 0. */
  clear(instrument: number): void;
  /** What was counted for one instrument (by index). */
  count(instrument: number): Readonly<CrossCheckCount>;
  total(): CrossCheckCount;
  /** Mismatches of one instrument since the last pair that agreed. */
  inRow(instrument: number): number;
  /** The book begins anew: what was wrong before counts no more. */
  forgive(instrument: number): void;
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
  row: number; // mismatches since the last pair that agreed
}

export function createCrossCheck(instruments: number): CrossCheck {
  const quotes = rowsOf(instruments);
  const tops = Math.max(TOPS_MIN, quotes * TOPS_PER_QUOTE);
  const pairs: Pair[] = Array.from({ length: instruments }, () => ({
    tops: createRing(tops),
    quotes: createRing(quotes),
    count: { compared: 0, mismatched: 0 },
    row: 0,
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
    clear(instrument) {
      const pair = pairs[instrument];
      if (pair === undefined) return;
      pair.tops.written = 0;
      pair.quotes.written = 0;
      pair.count.compared = 0;
      pair.count.mismatched = 0;
    },
    count: (instrument) => pairs[instrument]?.count ?? none,
    inRow: (instrument) => pairs[instrument]?.row ?? 0,
    forgive(instrument) {
      const pair = pairs[instrument];
      if (pair !== undefined) pair.row = 0;
    },
    total: () => ({
      compared: pairs.reduce((sum, pair) => sum + pair.count.compared, 0),
      mismatched: pairs.reduce((sum, pair) => sum + pair.count.mismatched, 0),
    }),
  };
}

const rowsOf = (instruments: number): number => {
  const share = 2 ** Math.floor(Math.log2(QUOTES_SHARED / Math.max(1, instruments)));
  return Math.min(QUOTES_MAX, Math.max(QUOTES_MIN, share));
};

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
  pair.row = isSame ? 0 : pair.row + 1;
  if (!isSame) pair.count.mismatched += 1;
  return !isSame;
}
