// Owns the proof that a journal can be verified while an engine is writing it.
// Promise: a half-written last line is waited for, and only one that stays so is damage.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Fact } from '../../../engine/facts/fact.ts';
import { openDisk } from '../../../engine/storage/disk.ts';
import { recoverJournal } from '../../../engine/storage/recovery.ts';
import { verifyJournal } from '../../../engine/storage/verify.ts';
import {
  bodies,
  createRecorder,
  runStarted,
  temporaryFolder,
  writeJournal,
} from './journal-fixture.ts';

function halved(): { dir: string; path: string; rest: Buffer } {
  const dir = temporaryFolder();
  const { offset } = writeJournal(dir, bodies(5));
  const path = join(dir, '000001.log');
  const rest = readFileSync(path).subarray(offset - 50);
  truncateSync(path, offset - 50);
  return { dir, path, rest };
}

test('verify: a last line that is just being written is waited for', async () => {
  const { dir, path, rest } = halved();
  const verifying = verifyJournal(openDisk(dir));
  setImmediate(() => appendFileSync(path, rest.subarray(0, 10)));
  setImmediate(() => appendFileSync(path, rest.subarray(10)));
  const result = await verifying;
  assert.equal(result.kind === 'intact' && result.records, 5);
});

test('verify: a last line that stays incomplete is damage', async () => {
  const result = await verifyJournal(openDisk(halved().dir));
  assert.ok(result.kind === 'damaged');
  assert.deepEqual([result.seq, result.reason], [5, 'the line is incomplete']);
});

test('verify: a folder without a journal has no records', async () => {
  const result = await verifyJournal(openDisk(join(temporaryFolder(), 'none')));
  assert.deepEqual(result, {
    kind: 'intact',
    records: 0,
    head: '0'.repeat(64),
    files: 0,
    format: null,
  });
});

test('verify: the chain of any format is checked, and the format is said', async () => {
  for (const format of [1, 2, 99]) {
    const dir = temporaryFolder();
    writeJournal(dir, [runStarted(1, format), ...bodies(3).slice(1)]);
    const result = await verifyJournal(openDisk(dir));
    assert.deepEqual([result.kind, result.format], ['intact', format]);
  }
  const before = temporaryFolder(); // of before there were formats
  const { format: _, ...old } = runStarted(1) as Extract<Fact, { kind: 'run_started' }>;
  writeJournal(before, [{ ...old, checkpoint: { epoch: 1 } } as unknown as Fact]);
  assert.equal((await verifyJournal(openDisk(before))).format, null);
});

test('verify: a chained record of a kind that nobody knows is named, as at a start', async () => {
  const odd = [
    [{ kind: 'gift', amount: '1' }, '"gift"'],
    [{ kind: '__proto__' }, '"__proto__"'],
    [{ amount: '1' }, 'none'],
  ] as const;
  for (const [fact, shown] of odd) {
    const dir = temporaryFolder();
    writeJournal(dir, [...bodies(5), fact as unknown as Fact]);
    const verified = await verifyJournal(openDisk(dir));
    assert.ok(verified.kind === 'damaged', shown);
    const reason = `a record of a kind this version does not know: ${shown}`;
    assert.deepEqual([verified.reason, verified.seq, verified.line], [reason, 6, 6]);
    const before = readFileSync(join(dir, '000001.log'));
    const { format: _, ...damage } = verified;
    assert.deepEqual(recoverJournal(openDisk(dir), createRecorder()), damage);
    assert.deepEqual(readFileSync(join(dir, '000001.log')), before, 'nothing was changed');
  }
});
