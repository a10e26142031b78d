// Owns the single-producer single-consumer rings between threads: fixed slots and framed bytes.
// Promise: a record is seen whole and once, in order, or refused and counted when the ring is full.
import { RING_DATA, RING_DROPPED, RING_HEAD, RING_TAIL } from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';

export interface SlotWriter {
  /** Float64 view on the next free slot, or null when the ring is full (counted as dropped). */
  claim(): Float64Array | null;
  /** Makes the claimed slot visible and wakes a waiting consumer. */
  publish(): void;
  readonly dropped: number;
}

export interface SlotReader {
  /** View on the oldest unread slot, or null when there is none. Valid until release. */
  peek(): Float64Array | null;
  release(): void;
  readonly pending: number;
  /** Blocks this thread (workers only) until something is there or `timeoutMs` passed. */
  wait(timeoutMs: number): void;
  /** Resolves when something is there or `timeoutMs` passed; at once when it is there already. */
  waitAsync(timeoutMs: number): Promise<void>;
}

interface RingHeads {
  readonly control: Int32Array;
  readonly head: number; // indices into control
  readonly tail: number;
  readonly dropped: number;
}

function headsAt(buffer: SharedArrayBuffer, offset: number): RingHeads {
  assert(offset % 64 === 0, `ring at ${offset} is not on a cache line`);
  return {
    control: new Int32Array(buffer, offset, RING_DATA / 4),
    head: RING_HEAD / 4,
    tail: RING_TAIL / 4,
    dropped: RING_DROPPED / 4,
  };
}

const usedOf = (ring: RingHeads): number =>
  (Atomics.load(ring.control, ring.head) - Atomics.load(ring.control, ring.tail)) | 0;

function waitFor(ring: RingHeads, timeoutMs: number): void {
  const seen = Atomics.load(ring.control, ring.head);
  if (seen !== Atomics.load(ring.control, ring.tail)) return;
  Atomics.wait(ring.control, ring.head, seen, timeoutMs);
}

async function waitForAsync(ring: RingHeads, timeoutMs: number): Promise<void> {
  const seen = Atomics.load(ring.control, ring.head);
  if (seen !== Atomics.load(ring.control, ring.tail)) return;
  await Atomics.waitAsync(ring.control, ring.head, seen, timeoutMs).value;
}

/** Slot views are made once, so claiming and peeking allocate nothing. */
function slotViews(
  buffer: SharedArrayBuffer,
  offset: number,
  slots: number,
  slotBytes: number,
): Float64Array[] {
  assert(Number.isInteger(Math.log2(slots)), `ring slots ${slots} is not a power of two`);
  return Array.from(
    { length: slots },
    (_, k) => new Float64Array(buffer, offset + RING_DATA + k * slotBytes, slotBytes / 8),
  );
}

export function createSlotWriter(
  buffer: SharedArrayBuffer,
  offset: number,
  slots: number,
  slotBytes: number,
): SlotWriter {
  const ring = headsAt(buffer, offset);
  const views = slotViews(buffer, offset, slots, slotBytes);
  return {
    claim() {
      if (usedOf(ring) >= slots) {
        Atomics.add(ring.control, ring.dropped, 1);
        return null;
      }
      return views[Atomics.load(ring.control, ring.head) & (slots - 1)] ?? null;
    },
    publish() {
      Atomics.add(ring.control, ring.head, 1);
      Atomics.notify(ring.control, ring.head);
    },
    get dropped() {
      return Atomics.load(ring.control, ring.dropped);
    },
  };
}

export function createSlotReader(
  buffer: SharedArrayBuffer,
  offset: number,
  slots: number,
  slotBytes: number,
): SlotReader {
  const ring = headsAt(buffer, offset);
  const views = slotViews(buffer, offset, slots, slotBytes);
  return {
    peek() {
      if (usedOf(ring) === 0) return null;
      return views[Atomics.load(ring.control, ring.tail) & (slots - 1)] ?? null;
    },
    release() {
      Atomics.add(ring.control, ring.tail, 1);
    },
    get pending() {
      return usedOf(ring);
    },
    wait: (timeoutMs) => waitFor(ring, timeoutMs),
    waitAsync: (timeoutMs) => waitForAsync(ring, timeoutMs),
  };
}

// Framed bytes. Each frame: length i32, then the bytes, padded to 8. A frame never wraps: a
// negative length tells the reader that the rest of the ring is padding (Aeron's log buffers).
const FRAME_HEADER = 8;
const frameBytes = (length: number): number => Math.ceil((FRAME_HEADER + length) / 8) * 8;

export interface ByteWriter {
  /** Writes one text record and wakes the reader; false (and counted) when it does not fit now. */
  write(text: string): boolean;
  /**
   * The same for a reader that looks by itself every few milliseconds: it is not woken, since a
   * wake-up costs the writer tens of microseconds. Waits up to `waitMs` for space (blocks this
   * thread) and counts nothing.
   */
  offer(text: string, waitMs: number): boolean;
  /** Wakes a waiting reader: after offers that cannot wait, or for something else to notice. */
  wakeReader(): void;
  readonly dropped: number;
}

export interface ByteReader {
  /** Whether there is something to read: one atomic load, for places that cannot wait. */
  hasUnread(): boolean;
  /** The oldest unread text, or null. */
  read(): string | null;
  /** Wakes a writer that waits for space in offer(); once a batch, as each call costs a lock. */
  wakeWriter(): void;
  wait(timeoutMs: number): void;
  waitAsync(timeoutMs: number): Promise<void>;
}

export function createByteWriter(
  buffer: SharedArrayBuffer,
  offset: number,
  capacity: number,
): ByteWriter {
  assert(Number.isInteger(Math.log2(capacity)), `ring capacity ${capacity} is not a power of two`);
  const ring = headsAt(buffer, offset);
  const lengths = new Int32Array(buffer, offset + RING_DATA, capacity / 4);
  const bytes = Buffer.from(buffer, offset + RING_DATA, capacity);
  const advance = (by: number): void => {
    Atomics.add(ring.control, ring.head, by);
  };
  const fits = (text: string): boolean => {
    const length = Buffer.byteLength(text);
    const size = frameBytes(length);
    const at = Atomics.load(ring.control, ring.head) & (capacity - 1);
    const padding = at + size > capacity ? capacity - at : 0;
    if (usedOf(ring) + padding + size > capacity) return false;
    const start = padding === 0 ? at : 0;
    if (padding > 0) lengths[at / 4] = -padding;
    lengths[start / 4] = length;
    bytes.write(text, start + FRAME_HEADER, length);
    advance(padding + size);
    return true;
  };
  return {
    write(text) {
      if (!fits(text)) {
        Atomics.add(ring.control, ring.dropped, 1);
        return false;
      }
      Atomics.notify(ring.control, ring.head);
      return true;
    },
    offer(text, waitMs) {
      const tail = Atomics.load(ring.control, ring.tail); // before trying: no wake-up is missed
      if (fits(text)) return true;
      if (waitMs <= 0) return false;
      Atomics.wait(ring.control, ring.tail, tail, waitMs);
      return fits(text);
    },
    wakeReader() {
      Atomics.notify(ring.control, ring.head);
    },
    get dropped() {
      return Atomics.load(ring.control, ring.dropped);
    },
  };
}

export function createByteReader(
  buffer: SharedArrayBuffer,
  offset: number,
  capacity: number,
): ByteReader {
  const ring = headsAt(buffer, offset);
  const lengths = new Int32Array(buffer, offset + RING_DATA, capacity / 4);
  const bytes = Buffer.from(buffer, offset + RING_DATA, capacity);
  return {
    // The reader is the only writer of the tail: it reads its own word.
    hasUnread: () => Atomics.load(ring.control, ring.head) !== (ring.control[ring.tail] ?? 0),
    read() {
      if (usedOf(ring) === 0) return null;
      let at = Atomics.load(ring.control, ring.tail) & (capacity - 1);
      let length = lengths[at / 4] ?? 0;
      if (length < 0) {
        Atomics.add(ring.control, ring.tail, -length);
        at = 0;
        length = lengths[0] ?? 0;
      }
      const text = bytes.toString('utf8', at + FRAME_HEADER, at + FRAME_HEADER + length);
      Atomics.add(ring.control, ring.tail, frameBytes(length));
      return text;
    },
    wakeWriter() {
      Atomics.notify(ring.control, ring.tail);
    },
    wait: (timeoutMs) => waitFor(ring, timeoutMs),
    waitAsync: (timeoutMs) => waitForAsync(ring, timeoutMs),
  };
}
