// Owns what the engine and the journal thread share: start data, messages, the durable region.
// Promise: the durable sequence is read whole and never runs ahead of the disk.
import type { MemoryPlan } from '../memory/plan.ts';
import type { JournalPlace } from './journal-scan.ts';

/** Handed to workers/journal.ts as workerData. */
export interface JournalThreadData {
  readonly memory: WebAssembly.Memory;
  readonly plan: MemoryPlan;
  readonly dir: string; // the journal folder; it exists
  readonly place: JournalPlace; // where to go on: JOURNAL_START or what recovery returned
  readonly database: string | null; // path of the projections, null for none
  readonly groupCommitMs: number; // longest a record waits for others to share its sync
  readonly fileBytes: number; // a file that would grow past it is followed by the next
}

/** Posted by the journal thread. */
export type JournalThreadMessage =
  | { readonly kind: 'ready'; readonly seq: number }
  | { readonly kind: 'projections_rebuilt'; readonly reason: string }
  | { readonly kind: 'projections_failed'; readonly reason: string } // the journal goes on
  | { readonly kind: 'stopped'; readonly records: number; readonly place: JournalPlace }
  | { readonly kind: 'fatal'; readonly reason: string; readonly seq: number }; // halt trading

export const JOURNAL_STATUS = ['starting', 'running', 'stopped', 'failed'] as const;
export type JournalStatus = (typeof JOURNAL_STATUS)[number];

// Region at plan.durable, one cache line:
//    0  seq     f64  last durable record, written by the journal thread. Its 64 bits are stored and
//                    loaded by one atomic access, so the number is never torn
//    8  ns      f64  monotonic clock when it became durable; stored first, so never too early
//   16  status  i32  index into JOURNAL_STATUS, written by the journal thread
//   20  stop    i32  1: drain everything and end; written by the engine
const SEQ = 0;
const NS = 1;
const STATUS = 4;
const STOP = 5;

export interface DurableRegion {
  seq(): number;
  ns(): number;
  status(): JournalStatus;
  isStopRequested(): boolean;
  setDurable(seq: number, ns: number): void;
  setStatus(status: JournalStatus): void;
  requestStop(): void;
}

export function createDurableRegion(buffer: SharedArrayBuffer, offset: number): DurableRegion {
  const bits = new BigInt64Array(buffer, offset, 2);
  const flags = new Int32Array(buffer, offset, 16);
  const number = new Float64Array(1);
  const numberBits = new BigInt64Array(number.buffer);
  const load = (index: number): number => {
    numberBits[0] = Atomics.load(bits, index);
    return number[0] ?? 0;
  };
  const store = (index: number, value: number): void => {
    number[0] = value;
    Atomics.store(bits, index, numberBits[0] ?? 0n);
  };
  return {
    seq: () => load(SEQ),
    ns: () => load(NS),
    status: () => JOURNAL_STATUS[Atomics.load(flags, STATUS)] ?? 'failed',
    isStopRequested: () => Atomics.load(flags, STOP) === 1,
    setDurable(seq, ns) {
      store(NS, ns);
      store(SEQ, seq);
    },
    setStatus(status) {
      Atomics.store(flags, STATUS, JOURNAL_STATUS.indexOf(status));
    },
    requestStop() {
      Atomics.store(flags, STOP, 1);
    },
  };
}

/** CLOCK_MONOTONIC in nanoseconds: the same clock in every thread, unlike performance.now(). */
export const monotonicNs = (): number => Number(process.hrtime.bigint());
