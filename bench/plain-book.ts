// Owns the book kernel's algorithm in plain TypeScript, its rival in the benchmark.
// Promise: the same levels, order flow and mid moves, by the same steps, on private typed arrays.

export interface PlainBook {
  readonly bids: PlainSide;
  readonly asks: PlainSide;
  flow: number;
  moves: number;
  squared: number;
  updates: number;
}

/** Levels as price, quantity pairs, the best last; sign x price ascends. */
export interface PlainSide {
  readonly cells: Float64Array;
  readonly sign: 1 | -1;
  count: number;
}

export function createPlainBook(levelsMax: number): PlainBook {
  const side = (sign: 1 | -1): PlainSide => ({
    cells: new Float64Array(2 * levelsMax),
    sign,
    count: 0,
  });
  return { bids: side(1), asks: side(-1), flow: 0, moves: 0, squared: 0, updates: 0 };
}

/** Applies `bidCount` then `askCount` levels of `batch` from cell `at` on. */
export function applyPlain(
  book: PlainBook,
  batch: Float64Array,
  at: number,
  bidCount: number,
  askCount: number,
): void {
  const { bids, asks } = book;
  const [bid, bidQty, ask, askQty] = [best(bids, 0), best(bids, 1), best(asks, 0), best(asks, 1)];
  for (let k = 0; k < bidCount; k += 1) putLevel(bids, batch, at + 2 * k);
  for (let k = 0; k < askCount; k += 1) putLevel(asks, batch, at + 2 * (bidCount + k));
  const bidNow = best(bids, 0);
  const askNow = best(asks, 0);
  if (book.updates > 0) {
    if (bidNow >= bid) book.flow += best(bids, 1);
    if (bidNow <= bid) book.flow -= bidQty;
    if (askNow <= ask) book.flow -= best(asks, 1);
    if (askNow >= ask) book.flow += askQty;
  }
  book.updates += 1;
  if (bid + ask === bidNow + askNow) return;
  book.moves += 1;
  book.squared += Math.log((bidNow + askNow) / (bid + ask)) ** 2;
}

export const best = (side: PlainSide, column: 0 | 1): number =>
  side.cells[2 * (side.count - 1) + column] ?? 0;

function putLevel(side: PlainSide, batch: Float64Array, at: number): void {
  const price = batch[at] ?? 0;
  const qty = batch[at + 1] ?? 0;
  if (!(price > 0 && Number.isSafeInteger(price) && qty >= 0 && Number.isSafeInteger(qty))) return;
  const { cells } = side;
  const place = findLevel(side, side.sign * price);
  const has = place < side.count && cells[2 * place] === price;
  if (has && qty > 0) cells[2 * place + 1] = qty;
  else if (has) {
    cells.copyWithin(2 * place, 2 * place + 2, 2 * side.count);
    side.count -= 1;
  } else if (qty > 0) insertLevel(side, place, price, qty);
}

function insertLevel(side: PlainSide, place: number, price: number, qty: number): void {
  const { cells } = side;
  let to = place;
  if (2 * side.count < cells.length) {
    cells.copyWithin(2 * place + 2, 2 * place, 2 * side.count);
    side.count += 1;
  } else {
    if (place === 0) return;
    cells.copyWithin(0, 2, 2 * place);
    to = place - 1;
  }
  cells[2 * to] = price;
  cells[2 * to + 1] = qty;
}

function findLevel(side: PlainSide, rank: number): number {
  const { cells, sign } = side;
  let high = side.count;
  let low = 0;
  for (let step = 1; step <= high; step *= 2) {
    const probe = high - step;
    if (sign * (cells[2 * probe] ?? 0) < rank) {
      low = probe + 1;
      break;
    }
    high = probe;
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sign * (cells[2 * middle] ?? 0) < rank) low = middle + 1;
    else high = middle;
  }
  return low;
}
