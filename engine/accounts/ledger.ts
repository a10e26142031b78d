// Owns the double-entry ledger: one exact sum for each account, venue, book and asset.
// Promise: the lines of a fact sum to zero for each asset, so all sums of an asset always do.
import { assert } from '../core/assert.ts';
import { LEDGER_BOOKS, type LedgerBook, type Posting } from '../facts/money.ts';
import { type Amount, formatAmount, parseAmount } from './amount.ts';

export interface LedgerRow {
  readonly account: string;
  readonly venue: string;
  readonly book: LedgerBook;
  readonly asset: string;
  readonly amount: Amount; // never 0: a row that comes to nothing goes
}

export interface Ledger {
  /** Applies all postings or none. Throws InvariantError where they do not sum to zero. */
  post(postings: readonly Posting[]): void;
  sum(account: string, venue: string, book: LedgerBook, asset: string): Amount;
  /** In no order that means anything. */
  rows(): Iterable<LedgerRow>;
  /** Canonical: sorted, without zeros. */
  save(): Posting[];
  load(saved: readonly Posting[]): void;
  isBalanced(): boolean;
}

type Row = { -readonly [Key in keyof LedgerRow]: LedgerRow[Key] };

export function createLedger(): Ledger {
  const rows = new Map<string, Row>();
  return {
    post(postings) {
      const amounts = postings.map(amountOf);
      assertBalanced(postings, amounts);
      for (const [k, posting] of postings.entries()) add(rows, posting, amounts[k] ?? 0n);
    },
    sum: (account, venue, book, asset) =>
      rows.get(keyOf(account, venue, book, asset))?.amount ?? 0n,
    rows: () => rows.values(),
    save: () =>
      [...rows.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, row]) => ({ ...row, amount: formatAmount(row.amount) })),
    load(saved) {
      rows.clear();
      for (const posting of saved) add(rows, posting, amountOf(posting));
      assert(isZeroByAsset(rows.values()), 'the saved ledger does not sum to zero');
    },
    isBalanced: () => isZeroByAsset(rows.values()),
  };
}

interface Place {
  readonly account: string;
  readonly venue: string;
  readonly asset: string;
}

/** Two postings at one place that move `amount` of its asset from one book to another. */
export function move(place: Place, from: LedgerBook, to: LedgerBook, amount: Amount): Posting[] {
  if (amount === 0n) return [];
  return [line(place, to, amount), line(place, from, -amount)];
}

export const line = (place: Place, book: LedgerBook, amount: Amount): Posting => ({
  account: place.account,
  venue: place.venue,
  book,
  asset: place.asset,
  amount: formatAmount(amount),
});

// No name holds a NUL, so that no two places share a key; checked where a row is made.
const keyOf = (account: string, venue: string, book: string, asset: string): string =>
  `${account}\0${venue}\0${book}\0${asset}`;

function add(rows: Map<string, Row>, posting: Posting, amount: Amount): void {
  const { account, venue, book, asset } = posting;
  const key = keyOf(account, venue, book, asset);
  const row = rows.get(key);
  if (row === undefined) {
    assert(LEDGER_BOOKS.includes(book), `ledger: there is no book '${book}'`);
    assert(key.split('\0').length === 4, 'ledger: a name holds a NUL');
    if (amount !== 0n) rows.set(key, { account, venue, book, asset, amount });
    return;
  }
  row.amount += amount;
  if (row.amount === 0n) rows.delete(key);
}

function amountOf({ account, venue, book, asset, amount }: Posting): Amount {
  const parsed = parseAmount(amount);
  assert(parsed !== null, `ledger ${account} ${venue} ${book} ${asset}: ${amount} is no amount`);
  return parsed;
}

/** A fact has a handful of postings, so each asset is summed where it is first seen. */
function assertBalanced(postings: readonly Posting[], amounts: readonly Amount[]): void {
  for (let first = 0; first < postings.length; first += 1) {
    const asset = postings[first]?.asset;
    if (postings.findIndex((posting) => posting.asset === asset) !== first) continue;
    let sum = 0n;
    for (let k = first; k < postings.length; k += 1) {
      if (postings[k]?.asset === asset) sum += amounts[k] ?? 0n;
    }
    assert(sum === 0n, `posting does not balance: ${asset} is off by ${formatAmount(sum)}`);
  }
}

function isZeroByAsset(rows: Iterable<LedgerRow>): boolean {
  const sums = new Map<string, Amount>();
  for (const { asset, amount } of rows) sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  return [...sums.values()].every((sum) => sum === 0n);
}
