// Owns the facts about a run: starts, ids, checkpoints, instruments, books of quotes, ends.
// Promise: a checkpoint holds whole slices, each in a record of its own.
import type { InstrumentKind } from '../core/instrument.ts';
import type { Json } from '../core/json.ts';
import type { SliceName } from './slice-names.ts';

/** An instrument as it was known, its row in the tables of a run apart; decimals are exact. */
export interface InstrumentRecord {
  readonly key: string;
  readonly symbol: string;
  readonly venue: string;
  readonly kind: InstrumentKind;
  readonly base: string;
  readonly quote: string;
  readonly settle: string;
  readonly priceScale: number;
  readonly qtyScale: number;
  readonly tick: string;
  readonly lot: string;
  readonly multiplier: number;
  readonly makerFee: number;
  readonly takerFee: number;
  readonly rules: {
    readonly minNotional: number;
    readonly minQty: string;
    readonly maxQty: string | null;
    readonly maxMarketQty: string | null;
    readonly marketLot: string;
    readonly priceBand: { readonly low: number; readonly high: number } | null;
    readonly feeIn: 'received' | 'quote' | 'settle';
    readonly maintenanceMargin: number;
  };
}

export type RunFact =
  | {
      readonly kind: 'run_started'; // the checkpoint of every slice follows
      readonly format: number; // of the journal: JOURNAL_FORMAT
      readonly mode: string;
      readonly version: string;
      readonly configHash: string;
      readonly seed: string;
      readonly instruments: readonly string[];
      readonly model: string;
      readonly epoch: number;
    }
  | {
      readonly kind: 'recovered';
      readonly records: number; // read since the last checkpoint
      readonly tornBytes: number; // cut from the end of the last file
      readonly unresolvedOrders: readonly string[];
    }
  | {
      readonly kind: 'ids_reserved';
      readonly epoch: number;
      readonly from: number;
      readonly to: number;
    }
  /** One slice, whole. A round has one of each, in the order of SLICES, with nothing in between. */
  | { readonly kind: 'checkpoint'; readonly slice: SliceName; readonly state: Json }
  | {
      readonly kind: 'instrument';
      readonly change: 'added' | 'retired';
      readonly instrument: InstrumentRecord;
      readonly by: string;
      readonly reason?: string; // of a person; a start has none
    }
  | {
      readonly kind: 'book';
      readonly instrument: string;
      readonly state: 'synchronised' | 'stale';
      readonly reason: string;
    }
  | { readonly kind: 'run_stopped'; readonly reason: string; readonly stateHash: string };

/** Grows with every change of a meaning; a journal of another one is refused by name. */
export const JOURNAL_FORMAT = 3;
