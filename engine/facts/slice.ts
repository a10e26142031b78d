// Owns what a slice of durable state is: a fold over facts that can be saved, loaded and hashed.
// Promise: the same fold runs live, in recovery, in the replica, in a standby and in a simulator.
import type { Fact } from './fact.ts';
import type { SliceName } from './slice-names.ts';

/**
 * A room decides and answers with facts; fold is the only thing that changes a slice. It is pure,
 * reads nothing but the fact, its time, its own state and slices before it, and takes every fact
 * of the journal in order (those it has no use for leave it as it was). Throws InvariantError for
 * a fact that contradicts the state.
 */
export interface Slice<Saved = unknown> {
  readonly name: SliceName;
  fold(fact: Fact, timeUs: number): void;
  /** Plain JSON, in an order that depends on the state alone: equal states are equal texts. */
  save(): Saved;
  /** Replaces the whole state. Throws InvariantError for what no save() gives. */
  load(saved: Saved): void;
  /** SHA-256 of the canonical text of save(). */
  hash(): string;
}
