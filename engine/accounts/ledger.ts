// Owns the double-entry books: one exact balance for each account, an account being 'book:ASSET'.
// Promise: every posting sums to zero for each asset, so all accounts of an asset always do.
import { assert } from '../core/assert.ts';
import type { LedgerLine } from '../facts/fact.ts';
import { type Amount, formatAmount, parseAmount } from './amount.ts';

/**
 * cash: what is ours. equity: where deposits came from (negative). venue: the other side of
 * trades and of realised profit. fees: paid (positive) or earned as rebates (negative).
 */
export type LedgerBook = 'cash' | 'equity' | 'venue' | 'fees';

export interface Entry {
  readonly book: LedgerBook;
  readonly asset: string;
  readonly amount: Amount;
}

export interface Ledger {
  /** Applies all entries or none. A posting that does not balance is a broken invariant. */
  post(entries: readonly Entry[]): LedgerLine[];
  balance(book: LedgerBook, asset: string): Amount;
  /** Every account that was ever touched, sorted by name, as exact decimals. */
  balances(): Record<string, string>;
  isBalanced(): boolean;
}

/** `opening`: balances of a checkpoint; asserts that they are decimals and sum to zero. */
export function createLedger(opening: Readonly<Record<string, string>>): Ledger {
  const accounts = new Map<string, Amount>();
  for (const [account, text] of Object.entries(opening)) {
    const amount = parseAmount(text);
    assert(amount !== null, `ledger account ${account}: ${text} is not an amount`);
    accounts.set(account, amount);
  }
  assert(isZeroByAsset(accounts), 'the opening balances of the ledger do not sum to zero');
  return {
    post(entries) {
      assertBalanced(entries);
      for (const { book, asset, amount } of entries) {
        const account = nameOf(book, asset);
        accounts.set(account, (accounts.get(account) ?? 0n) + amount);
      }
      return entries.map(({ book, asset, amount }) => ({
        account: nameOf(book, asset),
        amount: formatAmount(amount),
      }));
    },
    balance: (book, asset) => accounts.get(nameOf(book, asset)) ?? 0n,
    balances() {
      const names = [...accounts.keys()].sort();
      return Object.fromEntries(
        names.map((name) => [name, formatAmount(accounts.get(name) ?? 0n)]),
      );
    },
    isBalanced: () => isZeroByAsset(accounts),
  };
}

/** Two entries that move `amount` of an asset from one book to another. */
export const transfer = (
  asset: string,
  from: LedgerBook,
  to: LedgerBook,
  amount: Amount,
): Entry[] =>
  amount === 0n
    ? []
    : [
        { book: to, asset, amount },
        { book: from, asset, amount: -amount },
      ];

const nameOf = (book: LedgerBook, asset: string): string => `${book}:${asset}`;

function assertBalanced(entries: readonly Entry[]): void {
  const sums = new Map<string, Amount>();
  for (const { asset, amount } of entries) sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  for (const [asset, sum] of sums) {
    assert(sum === 0n, `posting does not balance: ${asset} is off by ${formatAmount(sum)}`);
  }
}

function isZeroByAsset(accounts: ReadonlyMap<string, Amount>): boolean {
  const sums = new Map<string, Amount>();
  for (const [account, amount] of accounts) {
    const asset = account.slice(account.indexOf(':') + 1);
    sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  }
  return [...sums.values()].every((sum) => sum === 0n);
}
