// Owns the facts about money: fills, and every other movement of what an account holds.
// Promise: the lines of one fact sum to zero for each asset; decimals are exact.
import type { Side } from '../core/order.ts';

/**
 * balance: what an account holds at a venue. The others are the world's side of it: capital (where
 * deposits came from, negative), trading (the other side of trades, and realised profit), fees
 * (paid: positive), funding and interest.
 */
export const LEDGER_BOOKS = [
  'balance',
  'capital',
  'trading',
  'fees',
  'funding',
  'interest',
] as const;
export type LedgerBook = (typeof LEDGER_BOOKS)[number];

export interface Posting {
  readonly account: string;
  readonly venue: string;
  readonly book: LedgerBook;
  readonly asset: string;
  readonly amount: string; // signed decimal, at most 18 places
}

/** What is held of one instrument: by an account as its venue nets it, or by a strategy of it. */
export interface HoldingRecord {
  readonly account: string;
  readonly strategy: string | null; // null: the account's own, netted as the venue does
  readonly instrument: string; // key
  readonly qty: string; // signed
  readonly cost: string; // signed value of the open part at entry, settle asset; exact
  readonly entryPrice: string; // average, follows from cost; rounded to 18 digits
  readonly realised: string; // settle asset, before fees
  readonly fees: string; // worth of the fees paid, settle asset; positive = paid
  readonly funding: string; // its share of the funding, settle asset; positive = earned
}

export interface FillRecord {
  readonly id: string; // venue's fill id
  readonly number: number; // counts every fill ever booked, from 1
  readonly orderId: string;
  readonly account: string;
  readonly strategy: string;
  readonly instrument: string;
  readonly side: Side;
  readonly price: string;
  readonly qty: string;
  readonly fee: string; // in feeAsset, positive = paid
  readonly feeAsset: string;
  readonly realised: string; // of the account's position, settle asset, before fees
  readonly liquidity: 'maker' | 'taker';
}

export const MOVEMENTS = ['deposit', 'withdrawal', 'transfer', 'funding', 'interest'] as const;
export type Movement = (typeof MOVEMENTS)[number];

export type MoneyFact =
  | {
      readonly kind: 'fill';
      readonly fill: FillRecord;
      readonly postings: readonly Posting[];
      readonly position: HoldingRecord; // of the account, afterwards
      readonly holding: HoldingRecord; // of the strategy, afterwards
    }
  | {
      readonly kind: 'money';
      readonly id: string; // unique for ever: the same movement is never booked twice
      readonly movement: Movement;
      readonly postings: readonly Posting[];
      readonly instrument: string | null; // funding: of which position
      readonly by: string; // a person's key, 'configuration', or the venue
      readonly reason: string;
      // Of what came in (+) or went out (-) as capital, base currency, at the marks of that moment;
      // null while there is no mark yet: a capital_valued follows. 0 where no capital moved.
      readonly value: number | null;
    }
  | { readonly kind: 'capital_valued'; readonly id: string; readonly value: number };
