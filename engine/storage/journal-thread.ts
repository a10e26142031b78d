// Owns what engine, journal thread and projector tell each other: start data and messages.
// Promise: plain data; how far the disk has come lies in engine/memory/durable-region.ts.
import type { MemoryPlan } from '../memory/plan.ts';
import type { JournalPlace } from './journal-scan.ts';

/** Handed to workers/journal.ts as workerData. */
export interface JournalThreadData {
  readonly memory: WebAssembly.Memory;
  readonly plan: MemoryPlan;
  readonly dir: string; // the journal folder; it exists
  readonly place: JournalPlace; // where to go on: JOURNAL_START or what recovery returned
  readonly groupCommitMs: number; // longest a record waits for others to share its sync
  readonly fileBytes: number; // a file that would grow past it is followed by the next
}

/** Posted by the journal thread. */
export type JournalThreadMessage =
  | { readonly kind: 'ready'; readonly seq: number }
  | { readonly kind: 'stopped'; readonly records: number; readonly place: JournalPlace }
  | { readonly kind: 'fatal'; readonly reason: string; readonly seq: number }; // halt trading

/** Handed to workers/projector.ts as workerData. */
export interface ProjectorThreadData {
  readonly memory: WebAssembly.Memory;
  readonly plan: MemoryPlan;
  readonly dir: string; // the journal folder
  readonly place: JournalPlace; // as the journal thread's: where the journal ends at the start
  readonly database: string; // path of the SQLite file
}

/** Posted by the projector, which ends by itself after the journal thread has. */
export type ProjectorThreadMessage =
  | { readonly kind: 'rebuilt'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string } // its end; the journal goes on
  | { readonly kind: 'stopped'; readonly seq: number }; // of the last record projected

/** CLOCK_MONOTONIC in nanoseconds: the same clock in every thread, unlike performance.now(). */
export const monotonicNs = (): number => Number(process.hrtime.bigint());
