// Owns how far the disk has come, in shared memory: written by the journal thread, read by all.
// Promise: the durable sequence is read whole and never runs ahead of the disk.

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
  /** Blocks this thread (workers only) until the status is another, for at most `timeoutMs`. */
  waitForStatus(timeoutMs: number): void;
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
      Atomics.notify(flags, STATUS); // rare; a new durable sequence wakes nobody
    },
    requestStop() {
      Atomics.store(flags, STOP, 1);
    },
    waitForStatus(timeoutMs) {
      Atomics.wait(flags, STATUS, Atomics.load(flags, STATUS), timeoutMs);
    },
  };
}
