// Owns the law of the chain: no byte of a journal can change without its record being named.
// Promise: positions are drawn from one seed, over every record and every file.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { openDisk } from '../../../engine/storage/disk.ts';
import { verifyJournal } from '../../../engine/storage/verify.ts';
import {
  bodies,
  temporaryFolder,
  writeJournal,
} from '../../integration/storage/journal-fixture.ts';

interface Line {
  readonly file: string;
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** Where each record lies, told by line feeds alone. */
function linesOf(dir: string): Line[] {
  return readdirSync(dir).flatMap((file) => {
    const bytes = readFileSync(join(dir, file));
    const lines: Line[] = [];
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(10, start) + 1;
      lines.push({ file, number: lines.length + 1, start, end });
      start = end;
    }
    return lines;
  });
}

const dir = temporaryFolder();
writeJournal(dir, bodies(60), 6000);
const lines = linesOf(dir);

test('verify: a changed byte anywhere names its record, file, line and offset', async () => {
  assert.equal(lines.length, 60);
  const drawn = fc.tuple(fc.nat(lines.length - 1), fc.double({ min: 0, max: 1, noNaN: true }));
  await fc.assert(
    fc.asyncProperty(drawn, fc.integer({ min: 1, max: 255 }), async ([index, share], by) => {
      const line = lines[index]!;
      const path = join(dir, line.file);
      const whole = readFileSync(path);
      const at = Math.min(line.end - 1, line.start + Math.floor(share * (line.end - line.start)));
      const changed = Buffer.from(whole);
      changed[at] = changed[at]! ^ by;
      writeFileSync(path, changed);
      const result = await verifyJournal(openDisk(dir)).finally(() => writeFileSync(path, whole));
      assert.ok(result.kind === 'damaged');
      const { seq, file, line: number, offset } = result;
      assert.deepEqual(
        [seq, file, number, offset],
        [index + 1, line.file, line.number, line.start],
      );
    }),
    {
      seed: 20240808,
      numRuns: 300,
      examples: [[[59, 1], 1]], // the very last line feed: an incomplete line is damage too
    },
  );
});

test('verify: a record taken out, doubled or swapped with its neighbour is named', async () => {
  const copy = temporaryFolder();
  writeJournal(copy, bodies(10));
  const path = join(copy, '000001.log');
  const whole = readFileSync(path, 'utf8');
  const rows = whole.trimEnd().split('\n');
  const cases: [string[], number][] = [
    [rows.toSpliced(4, 1), 5],
    [rows.toSpliced(4, 0, rows[4]!), 6],
    [rows.with(4, rows[5]!).with(5, rows[4]!), 5],
    [rows.slice(1), 1],
  ];
  for (const [changed, seq] of cases) {
    writeFileSync(path, `${changed.join('\n')}\n`);
    const result = await verifyJournal(openDisk(copy));
    assert.equal(result.kind === 'damaged' && result.seq, seq);
  }
  writeFileSync(path, whole);
  assert.equal((await verifyJournal(openDisk(copy))).kind, 'intact');
});

test('verify: bytes that decode to the same text as before are still a change', async () => {
  const copy = temporaryFolder();
  const reason = 'a\ufffdb'; // EF BF BD; the byte F0 in place of EF decodes to U+FFFD as well
  writeJournal(copy, [{ kind: 'book', instrument: 'A', state: 'stale', reason }]);
  const path = join(copy, '000001.log');
  const bytes = readFileSync(path);
  const at = bytes.indexOf(0xef);
  const before = bytes.toString('utf8');
  bytes[at] = 0xf0;
  assert.equal(bytes.toString('utf8'), before);
  writeFileSync(path, bytes);
  assert.equal((await verifyJournal(openDisk(copy))).kind, 'damaged');
});

test('verify: a forger who computes the chain anew ends in another head', async () => {
  const copy = temporaryFolder();
  const { hash } = writeJournal(copy, bodies(10));
  const path = join(copy, '000001.log');
  let previous = '0'.repeat(64);
  const forged = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((row, k) => {
      const text = k === 3 ? row.slice(65).replace('0.5', '0.6') : row.slice(65);
      previous = createHash('sha256').update(`${previous}\n${text}`).digest('hex');
      return `${previous} ${text}\n`;
    });
  writeFileSync(path, forged.join(''));
  const result = await verifyJournal(openDisk(copy));
  assert.ok(result.kind === 'intact' && result.head !== hash);
});
