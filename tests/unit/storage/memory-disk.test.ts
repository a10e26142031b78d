// Owns the proof that the disk in memory behaves as the real one, and loses only what it may.
// Promise: operations are drawn from one seed and done on both; crashes are drawn from many.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { codeOf, type Disk, openDisk } from '../../../engine/storage/disk.ts';
import { createMemoryDisk } from '../../../engine/storage/memory-disk.ts';
import { temporaryFolder } from '../../integration/storage/journal-fixture.ts';

const NAMES = ['a', 'b', 'c'] as const;

const operations = fc.array(
  fc.record({
    what: fc.constantFrom('append', 'append', 'truncate', 'sync', 'new', 'read', 'names'),
    name: fc.constantFrom(...NAMES),
    n: fc.nat(600),
  }),
  { maxLength: 40 },
);
type Operation = typeof operations extends fc.Arbitrary<(infer One)[]> ? One : never;

const textOf = (length: number): Buffer => Buffer.alloc(length, `${length}.`);

/** What a program can see of an operation. */
function seenOf(disk: Disk, { what, name, n }: Operation): unknown {
  if (what === 'names') return [...disk.list()].sort();
  const mode = what === 'read' ? 'read' : what === 'new' ? 'new' : 'append';
  try {
    const file = disk.open(name, mode);
    if (what === 'append') file.append(textOf(n));
    if (what === 'truncate') file.truncate(Math.min(n, file.bytes()));
    if (what === 'sync') file.sync();
    const into = Buffer.alloc(100, 1);
    const got = file.read(into, 10, 80, n);
    const bytes = file.bytes();
    file.close();
    disk.syncNames();
    return [got, bytes, into.toString('latin1')];
  } catch (error) {
    return codeOf(error);
  }
}

test('disk: the one in memory and the real one answer every operation alike', () => {
  fc.assert(
    fc.property(operations, (list) => {
      const real = openDisk(temporaryFolder());
      const memory = createMemoryDisk({ seed: 'alike' });
      for (const one of list) assert.deepEqual(seenOf(memory, one), seenOf(real, one));
    }),
    { seed: 14, numRuns: 150 },
  );
});

/** The bytes of a file as a restart finds them; null where it is not there. */
function contentOf(disk: Disk, name: string): Buffer | null {
  if (!disk.list().includes(name)) return null;
  const file = disk.open(name, 'read');
  const bytes = Buffer.alloc(file.bytes());
  file.read(bytes, 0, bytes.length, 0);
  return bytes;
}

test('disk: what was synced survives a crash, and of the rest every kind of loss occurs', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 400; seed += 1) {
    const disk = createMemoryDisk({ seed: String(seed), hasHoles: true });
    const file = disk.open('a', 'append');
    disk.syncNames();
    file.append(textOf(700));
    file.sync();
    file.append(Buffer.alloc(5000, 'x'));
    const left = contentOf(disk.crash(), 'a');
    assert.ok(left !== null && left.length >= 700 && left.length <= 5700);
    assert.deepEqual(left.subarray(0, 700), textOf(700));
    const rest = left.toString('latin1', 700);
    if (rest === '') seen.add('lost');
    else if (/^x+$/.test(rest)) seen.add(rest.length === 5000 ? 'whole' : 'torn');
    else if (/^x*\0+$/.test(rest)) seen.add('zeros');
    else if (/^[x\0]+$/.test(rest)) seen.add('holes');
    else assert.fail('bytes that nobody wrote');
  }
  assert.deepEqual([...seen].sort(), ['holes', 'lost', 'torn', 'whole', 'zeros']);
});

test('disk: a name that was not made durable may be lost, with all that was synced in it', () => {
  const seen = new Set<boolean>();
  for (let seed = 0; seed < 50; seed += 1) {
    const disk = createMemoryDisk({ seed: String(seed) });
    const file = disk.open('a', 'append');
    file.append(textOf(10));
    file.sync();
    const left = contentOf(disk.crash(), 'a');
    assert.ok(left === null || left.equals(textOf(10)));
    seen.add(left === null);
  }
  assert.equal(seen.size, 2);
});

test('disk: a cut that was not synced may not have happened', () => {
  const seen = new Set<number>();
  for (let seed = 0; seed < 50; seed += 1) {
    const disk = createMemoryDisk({ seed: String(seed) });
    const file = disk.open('a', 'append');
    disk.syncNames();
    file.append(textOf(100));
    file.sync();
    file.truncate(40);
    const left = contentOf(disk.crash(), 'a');
    assert.deepEqual(left, textOf(100).subarray(0, left?.length));
    seen.add(left?.length ?? 0);
  }
  assert.deepEqual([...seen].sort(), [100, 40]);
});

test('disk: after a failed sync, later ones say yes and keep nothing', () => {
  let lost = 0;
  for (let seed = 0; seed < 50; seed += 1) {
    const disk = createMemoryDisk({ seed: String(seed) });
    const file = disk.open('a', 'append');
    disk.syncNames();
    file.append(textOf(10));
    disk.setFaults({ append: 0, sync: 1 });
    assert.throws(() => file.sync(), /EIO/);
    disk.setFaults({ append: 0, sync: 0 });
    file.sync();
    if (contentOf(disk.crash(), 'a')?.length === 0) lost += 1;
  }
  assert.ok(lost > 0);
});

test('disk: a write beyond its capacity, or one that fails, leaves a part and says ENOSPC', () => {
  const disk = createMemoryDisk({ seed: 'full', capacityBytes: 25 });
  const file = disk.open('a', 'append');
  file.append(textOf(20));
  assert.throws(() => file.append(textOf(10)), /ENOSPC/);
  assert.equal(file.bytes(), 25);
  file.truncate(0);
  disk.setFaults({ append: 1, sync: 0 });
  assert.throws(() => file.append(textOf(10)), /ENOSPC/);
  assert.ok(file.bytes() < 10);
});

test('disk: after its crash a disk and its files refuse every use', () => {
  const disk = createMemoryDisk({ seed: 'off' });
  const file = disk.open('a', 'append');
  disk.crash();
  for (const use of [
    () => disk.list(),
    () => disk.open('b', 'append'),
    () => disk.syncNames(),
    () => disk.crash(),
    () => file.append(textOf(1)),
    () => file.bytes(),
    () => file.read(Buffer.alloc(1), 0, 1, 0),
    () => file.truncate(0),
    () => file.sync(),
    () => file.close(),
  ]) {
    assert.throws(use, /has crashed; use what crash\(\) returned/);
  }
});

test('disk: probabilities and capacities that are none are refused', () => {
  const disk = createMemoryDisk({ seed: 'x' });
  for (const share of [-0.1, 1.1, Number.NaN]) {
    assert.throws(() => disk.setFaults({ append: share, sync: 0 }), /probabilities from 0 to 1/);
    assert.throws(() => disk.setFaults({ append: 0, sync: share }), /probabilities from 0 to 1/);
  }
  for (const capacityBytes of [0, -1, Number.NaN]) {
    assert.throws(() => createMemoryDisk({ seed: 'x', capacityBytes }), /holds some bytes/);
  }
});
