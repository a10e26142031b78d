// Owns the proof of the rings: order, wrap-around, full ring, waiting, in one thread and two.
// Promise: a record is seen whole and once, or its refusal is counted.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import {
  createByteReader,
  createByteWriter,
  createSlotReader,
  createSlotWriter,
} from '../../../engine/memory/ring.ts';
import { RING_DATA, RING_HEAD, RING_TAIL } from '../../../wasm/layout.ts';
import { type RingTask, SLOT_BYTES, textOf } from './ring-producer.ts';

const OFFSET = 128;
const AGES = 2 ** 31 - 8; // heads about to pass the largest 32-bit integer

function memoryFor(dataBytes: number, start = 0): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(OFFSET + RING_DATA + dataBytes);
  const control = new Int32Array(buffer, OFFSET, RING_DATA / 4);
  control[RING_HEAD / 4] = start;
  control[RING_TAIL / 4] = start;
  return buffer;
}

function slotRing(slots: number, start = 0) {
  const buffer = memoryFor(slots * SLOT_BYTES, start);
  return {
    writer: createSlotWriter(buffer, OFFSET, slots, SLOT_BYTES),
    reader: createSlotReader(buffer, OFFSET, slots, SLOT_BYTES),
  };
}

function byteRing(bytes: number, start = 0) {
  const buffer = memoryFor(bytes, start);
  return {
    writer: createByteWriter(buffer, OFFSET, bytes),
    reader: createByteReader(buffer, OFFSET, bytes),
  };
}

test('slot ring: records come out in order for many rounds, past the 32-bit edge too', () => {
  for (const start of [0, AGES]) {
    const { writer, reader } = slotRing(4, start);
    let next = 0;
    for (let k = 0; k < 40; k += 1) {
      const slot = writer.claim();
      assert.ok(slot !== null);
      slot.fill(k);
      writer.publish();
      if (k % 3 === 2) {
        while (reader.pending > 0) {
          assert.deepEqual([...reader.peek()!], new Array(8).fill(next));
          reader.release();
          next += 1;
        }
      }
    }
    assert.equal(next, 39);
  }
});

test('slot ring: a full ring refuses and counts, and goes on when a slot is released', () => {
  const { writer, reader } = slotRing(2);
  for (let k = 0; k < 2; k += 1) {
    writer.claim()![0] = k;
    writer.publish();
  }
  assert.equal(writer.claim(), null);
  assert.equal(writer.claim(), null);
  assert.equal(writer.dropped, 2);
  assert.equal(reader.peek()![0], 0);
  reader.release();
  assert.ok(writer.claim() !== null);
  assert.equal(reader.pending, 1);
});

test('slot ring: a claimed slot is invisible until it is published', () => {
  const { writer, reader } = slotRing(2);
  writer.claim();
  assert.equal(reader.peek(), null);
  writer.publish();
  assert.ok(reader.peek() !== null);
});

test('ring: sizes that are no power of two and crooked offsets are refused', () => {
  const buffer = memoryFor(4096);
  assert.throws(() => createSlotWriter(buffer, OFFSET, 3, SLOT_BYTES), /power of two/);
  assert.throws(() => createByteWriter(buffer, OFFSET, 100), /power of two/);
  assert.throws(() => createByteReader(buffer, OFFSET + 8, 64), /cache line/);
});

test('byte ring: texts of every length around the wrap come out whole', () => {
  for (const start of [0, AGES - (AGES % 8)]) {
    const { writer, reader } = byteRing(256, start);
    for (let k = 0; k < 500; k += 1) {
      const text = 'x€😀'.repeat(k % 12) + k;
      assert.equal(writer.write(text), true, `record ${k}`);
      assert.equal(reader.read(), text);
      assert.equal(reader.read(), null);
    }
  }
});

test('byte ring: a text that does not fit is refused, counted, and never seen in part', () => {
  const { writer, reader } = byteRing(128);
  assert.equal(writer.write('a'.repeat(50)), true);
  assert.equal(writer.write('b'.repeat(50)), true);
  assert.equal(writer.write('c'), false);
  assert.equal(writer.dropped, 1);
  assert.equal(writer.offer('d', 0), false);
  assert.equal(writer.dropped, 1, 'an offer counts nothing');
  assert.equal(reader.read(), 'a'.repeat(50));
  assert.equal(writer.write('e'), true);
  assert.equal(reader.read(), 'b'.repeat(50));
  assert.equal(reader.read(), 'e');
  assert.equal(writer.write('f'.repeat(121)), false, 'larger than the ring');
});

test('byte ring: a text of half the ring fits wherever the ring stands', () => {
  const { writer, reader } = byteRing(256);
  for (let k = 0; k < 64; k += 1) {
    assert.equal(writer.write('s'.repeat(k % 16)), true);
    reader.read();
    const half = 'h'.repeat(120); // with its header 128 bytes
    assert.equal(writer.write(half), true);
    assert.equal(reader.read(), half);
  }
});

test('ring: waiting ends at once when something is there, else after its time', async (t) => {
  const keeper = setInterval(() => {}, 1000); // a pending waitAsync alone does not keep Node alive
  t.after(() => clearInterval(keeper));
  const { writer, reader } = slotRing(2);
  reader.wait(1);
  await reader.waitAsync(1);
  assert.equal(reader.pending, 0);
  const woken = reader.waitAsync(60_000);
  writer.claim();
  writer.publish();
  await woken;
  await reader.waitAsync(60_000);
  reader.wait(60_000);
  const bytes = byteRing(64);
  const text = bytes.reader.waitAsync(60_000);
  bytes.writer.wakeReader();
  await text;
  assert.equal(bytes.writer.offer('x', 5), true);
  bytes.reader.wait(60_000);
  assert.equal(bytes.reader.read(), 'x');
  bytes.reader.wakeWriter();
});

async function startProducer(task: RingTask): Promise<Worker> {
  const worker = new Worker(new URL('./ring-producer.ts', import.meta.url), { workerData: task });
  await once(worker, 'online');
  return worker;
}

test('slot ring: 20,000 records from another thread arrive in order and whole', async () => {
  const [size, records] = [64, 20_000];
  const buffer = memoryFor(size * SLOT_BYTES);
  const reader = createSlotReader(buffer, OFFSET, size, SLOT_BYTES);
  const worker = await startProducer({ kind: 'slots', buffer, offset: OFFSET, size, records });
  const exit = once(worker, 'exit');
  for (let k = 0; k < records; ) {
    await reader.waitAsync(2000);
    for (let slot = reader.peek(); slot !== null; slot = reader.peek()) {
      assert.ok(slot.every((value) => value === k) && slot.length === 8, `record ${k}`);
      reader.release();
      k += 1;
    }
  }
  assert.equal(reader.peek(), null);
  assert.deepEqual(await exit, [0]);
});

test('byte ring: 10,000 texts from another thread arrive in order and whole', async () => {
  const [size, records] = [4096, 10_000];
  const buffer = memoryFor(size);
  const reader = createByteReader(buffer, OFFSET, size);
  const worker = await startProducer({ kind: 'bytes', buffer, offset: OFFSET, size, records });
  const exit = once(worker, 'exit');
  for (let k = 0; k < records; ) {
    await reader.waitAsync(2000);
    for (let text = reader.read(); text !== null; text = reader.read()) {
      assert.equal(text, textOf(k));
      k += 1;
    }
  }
  assert.equal(reader.read(), null);
  assert.deepEqual(await exit, [0]);
});
