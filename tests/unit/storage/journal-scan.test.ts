// Owns the proof of the reader: lines, windows and places, whatever the sizes.
// Promise: files with lines around the reader's own chunk size are read like any other.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { openDisk } from '../../../engine/storage/disk.ts';
import { LINE_BYTES_MAX } from '../../../engine/storage/journal-format.ts';
import {
  lastOffsetOf,
  lineStart,
  readLineBefore,
  readLines,
  scanJournal,
} from '../../../engine/storage/journal-scan.ts';
import {
  bodies,
  json,
  temporaryFolder,
  writeJournal,
} from '../../integration/storage/journal-fixture.ts';

const CHUNK = 1 << 20;
const dir = temporaryFolder();
const path = join(dir, 'lines');
const disk = openDisk(dir);

const textsOf = (from?: number, to?: number): string[] =>
  Array.from(readLines(disk, 'lines', from, to), ({ bytes }) => bytes.toString());

test('scan: lines are read whole, at any length around the chunk', () => {
  const lengths = fc.array(fc.oneof(fc.nat(50), fc.integer({ min: CHUNK - 3, max: CHUNK + 3 })), {
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(lengths, fc.boolean(), (drawn, hasEnd) => {
      const lines = drawn.map((length, k) => `${String.fromCharCode(97 + k).repeat(length)}\n`);
      const last = hasEnd ? [] : ['rest'];
      writeFileSync(path, [...lines, ...last].join(''));
      assert.deepEqual(textsOf(), [...lines, ...last]);
      const from = lines[0]!.length;
      assert.deepEqual(textsOf(from), [...lines.slice(1), ...last]);
      assert.deepEqual(textsOf(0, from), [lines[0]]);
    }),
    { seed: 5, numRuns: 25 },
  );
});

test('scan: a line without end is given up at the bound, not read into memory', () => {
  writeFileSync(path, Buffer.alloc(3 * LINE_BYTES_MAX, 97));
  const lengths = Array.from(readLines(disk, 'lines'), ({ bytes }) => bytes.length);
  assert.equal(lengths.length, 1);
  assert.ok(lengths[0]! <= 2 * LINE_BYTES_MAX);
});

test('scan: the last occurrence is found across the border of two windows', () => {
  for (const at of [0, 5, CHUNK - 3, CHUNK - 1, CHUNK, 2 * CHUNK - 2]) {
    const bytes = Buffer.alloc(2 * CHUNK + 100, 97);
    bytes.write('needle', at);
    writeFileSync(path, bytes);
    assert.equal(lastOffsetOf(disk, 'lines', 'needle', bytes.length), at);
    assert.equal(lastOffsetOf(disk, 'lines', 'needle', at + 6), at);
    assert.equal(lastOffsetOf(disk, 'lines', 'needle', at + 5), -1);
  }
});

test('scan: the start of a line is found from anywhere in it', () => {
  writeFileSync(path, `ab\n${'c'.repeat(2 * CHUNK)}\nd`);
  assert.equal(lineStart(disk, 'lines', 2), 0);
  assert.equal(lineStart(disk, 'lines', 3), 3);
  assert.equal(lineStart(disk, 'lines', 3 + 2 * CHUNK), 3);
  assert.equal(lineStart(disk, 'lines', 4 + 2 * CHUNK), 4 + 2 * CHUNK);
});

test('scan: the line before a place tells its seq and hash, or that it is none', () => {
  const place = writeJournal(dir, bodies(3));
  const file = '000001.log';
  assert.deepEqual(readLineBefore(disk, file, place.offset), { seq: 3, hash: place.hash });
  assert.equal(readLineBefore(disk, file, 0), null);
  assert.equal(readLineBefore(disk, 'lines', 3), null);
});

test('scan: a record longer than a chunk keeps its place in the chain', () => {
  const folder = temporaryFolder();
  const reason = 'é'.repeat(CHUNK);
  const long = { kind: 'book', instrument: 'A', state: 'stale', reason } as const;
  const end = writeJournal(folder, [...bodies(2), long, ...bodies(1)]);
  const entries = scanJournal(openDisk(folder));
  const seen: string[] = [];
  let next = entries.next();
  for (; next.done !== true; next = entries.next()) seen.push(next.value.json.toString());
  assert.equal(seen[2], json(3, long));
  assert.deepEqual(next.value, { kind: 'end', place: end, files: 1 });
});
