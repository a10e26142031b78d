// Owns what may become of a market event: applied, kept, dropped or refused, and why.
// Promise: frozen, made once: an event that is applied allocates nothing.

export type MarketReason =
  | 'in_sequence'
  | 'waiting_for_snapshot'
  | 'repeated' // older than what we have, or the same again
  | 'sequence_gap'
  | 'older_only' // nothing but updates older than the book: the venue counts again
  | 'crossed' // best bid at or above best ask
  | 'snapshot_too_old' // it ends before the first diff we hold
  | 'snapshot_stepped_back' // it is older than a book in sequence: late, or the venue counts again
  | 'snapshot_loaded'
  | 'bad_ids' // a diff that ends before it begins
  | 'mismatch' // the venue's best bid and ask at this id are not ours
  | 'disconnected'
  | 'retired'; // the instrument is not traded any more

/** What became of an event. `wantsSnapshot`: the book cannot go on without a new one. */
export interface MarketOutcome {
  readonly kind: 'applied' | 'buffered' | 'dropped' | 'gap' | 'synchronised' | 'refused';
  readonly reason: MarketReason;
  readonly wantsSnapshot: boolean;
}

const outcome = (
  kind: MarketOutcome['kind'],
  reason: MarketReason,
  wantsSnapshot: boolean,
): MarketOutcome => Object.freeze({ kind, reason, wantsSnapshot });

export const APPLIED = outcome('applied', 'in_sequence', false);
export const MISMATCH = outcome('applied', 'mismatch', false);
export const REPEATED = outcome('dropped', 'repeated', false);
export const RETIRED = outcome('dropped', 'retired', false);
export const BUFFERED = outcome('buffered', 'waiting_for_snapshot', false);
export const BUFFERED_FIRST = outcome('buffered', 'waiting_for_snapshot', true);
export const GAP = outcome('gap', 'sequence_gap', true);
export const OLDER_ONLY = outcome('gap', 'older_only', true);
export const CROSSED = outcome('gap', 'crossed', true);
export const CONTRADICTED = outcome('gap', 'mismatch', true);
export const BAD_IDS = outcome('refused', 'bad_ids', false);
export const SYNCHRONISED = outcome('synchronised', 'snapshot_loaded', false);
export const SNAPSHOT_REPEATED = outcome('dropped', 'repeated', false);
export const SNAPSHOT_BACK = outcome('dropped', 'snapshot_stepped_back', false);
export const SNAPSHOT_BACK_FIRST = outcome('dropped', 'snapshot_stepped_back', true);
export const SNAPSHOT_CROSSED = outcome('refused', 'crossed', true);
export const SNAPSHOT_TOO_OLD = outcome('refused', 'snapshot_too_old', true);
