// Owns the engine's end of the journal: numbers records and hands them to the journal thread.
// Promise: no record is dropped; where there is no room it waits, queues, or halts trading.
import { assert } from '../core/assert.ts';
import type { Fact } from '../facts/fact.ts';
import {
  createDurableRegion,
  type DurableRegion,
  type JournalStatus,
} from '../memory/durable-region.ts';
import type { MemoryPlan } from '../memory/plan.ts';
import { createByteWriter } from '../memory/ring.ts';
import type { Telemetry } from '../memory/telemetry.ts';
import { LINE_BYTES_MAX } from './journal-format.ts';
import { monotonicNs } from './journal-thread.ts';

const STALL_MS = 10_000; // a journal thread that frees no space for so long is given up
const WAIT_MS = 100;
const SAMPLES = 4096; // records whose way to the disk is timed at once; a power of two

/**
 * The world outside has the journal fail: its disk is full, gone or far too slow. No invariant is
 * broken: what is open can still be taken back.
 */
export class JournalLostError extends Error {
  override name = 'JournalLostError';
  /** What writes the journal has failed: it says itself why. */
  readonly isTold: boolean;

  constructor(message: string, isTold = false) {
    super(message);
    this.isTold = isTold;
  }
}

export interface JournalPortOptions {
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly telemetry: Telemetry; // the engine's own set
  readonly firstSeq: number; // of the next record: recovered seq + 1
  /** Ring full: `wait` blocks this thread (replay); `queue` keeps up to `queueMax` records. */
  readonly onFull: 'wait' | 'queue';
  readonly queueMax: number;
}

export interface JournalPort {
  /** Numbers and hands over one record; its seq. Throws JournalLostError where it would be lost. */
  record(timeUs: number, body: Fact): number;
  /** Hands over what is queued, as far as there is room; true when nothing is left. */
  flush(): boolean;
  /** Last record known to be on the disk; also times the way of those that got there. */
  durableSeq(): number;
  /** Hands over everything and asks the journal thread to drain, sync and end. */
  stop(): void;
  readonly lastSeq: number;
  readonly queued: number;
  readonly status: JournalStatus;
}

export function createJournalPort(options: JournalPortOptions): JournalPort {
  const { buffer, plan, telemetry } = options;
  const region = createDurableRegion(buffer, plan.durable);
  const outbox = createOutbox(options, region);
  const timing = createTiming(options);
  let seq = options.firstSeq - 1;
  return {
    record(timeUs, body) {
      outbox.refuseUnlessOpen();
      const json = JSON.stringify({ seq: seq + 1, timeUs, body });
      assertFits(json, plan.capacities.journalBytes);
      seq += 1;
      timing.made(seq);
      telemetry.add('journalRecords', 1);
      outbox.send(json);
      return seq;
    },
    flush: () => outbox.flush(),
    durableSeq() {
      const durable = region.seq();
      timing.durable(durable, region.ns());
      return durable;
    },
    stop: () => outbox.stop(),
    get lastSeq() {
      return seq;
    },
    get queued() {
      return outbox.queued;
    },
    get status() {
      return region.status();
    },
  };
}

interface Outbox {
  /** Throws JournalLostError when another record could not be kept. */
  refuseUnlessOpen(): void;
  send(json: string): void;
  flush(): boolean;
  stop(): void;
  readonly queued: number;
}

/** The ring and, behind it, what it has no room for yet; in order. */
function createOutbox(options: JournalPortOptions, region: DurableRegion): Outbox {
  const { buffer, plan, onFull, queueMax } = options;
  const capacity = plan.capacities.journalBytes;
  const ring = createByteWriter(buffer, plan.journalRing, capacity);
  const queue: string[] = [];
  const offerAll = (waitMs: number): void => {
    let sent = 0;
    while (sent < queue.length && ring.offer(queue[sent] ?? '', waitMs)) sent += 1;
    if (sent > 0) queue.splice(0, sent);
  };
  const waitUntilEmpty = (): void => {
    const deadline = performance.now() + STALL_MS;
    for (offerAll(WAIT_MS); queue.length > 0; offerAll(WAIT_MS)) {
      assertAlive(region);
      if (performance.now() > deadline) {
        throw new JournalLostError(`the journal freed no space for ${STALL_MS} ms`);
      }
    }
  };
  return {
    refuseUnlessOpen() {
      assertAlive(region);
      offerAll(0);
      const isFull = onFull === 'queue' && queue.length >= queueMax;
      if (!isFull) return;
      throw new JournalLostError(`the disk is too slow: ${queueMax} records wait for the journal`);
    },
    send(json) {
      queue.push(json);
      offerAll(0);
      if (onFull === 'wait' && queue.length > 0) waitUntilEmpty();
    },
    flush() {
      offerAll(0);
      return queue.length === 0;
    },
    stop() {
      waitUntilEmpty();
      region.requestStop();
      ring.wakeReader();
    },
    get queued() {
      return queue.length;
    },
  };
}

/** The ring pads at its end, so only half of it is sure to come free in one piece. */
function assertFits(json: string, capacity: number): void {
  const bytesMax = Math.min(capacity / 2 - 16, LINE_BYTES_MAX - 128);
  const fits = json.length * 3 <= bytesMax || Buffer.byteLength(json) <= bytesMax;
  assert(fits, `a journal record of ${json.length} characters is too long`);
}

function assertAlive(region: DurableRegion): void {
  const status = region.status();
  const isDead = status === 'failed' || status === 'stopped';
  if (isDead) throw new JournalLostError(`the journal has ${status}`, status === 'failed');
}

/** Stage `journal`: from record made to durable. Kept by the engine, the histograms' one writer. */
function createTiming({ telemetry, firstSeq }: JournalPortOptions): {
  made(seq: number): void;
  durable(seq: number, ns: number): void;
} {
  const madeNs = new Float64Array(SAMPLES);
  const histogram = telemetry.stages.journal;
  let made = firstSeq - 1;
  let timed = firstSeq - 1;
  return {
    made(seq) {
      madeNs[seq & (SAMPLES - 1)] = monotonicNs();
      made = seq;
    },
    durable(seq, ns) {
      if (seq <= timed) return;
      const oldest = Math.max(timed, made - SAMPLES); // overwritten samples go untimed
      for (let at = oldest + 1; at <= seq; at += 1) {
        histogram.record(ns - (madeNs[at & (SAMPLES - 1)] ?? ns));
      }
      timed = seq;
      telemetry.set('journalDurable', seq - firstSeq + 1);
    },
  };
}
