// Owns the proof of the start after a crash: torn ends of every length, damage, checkpoints.
// Promise: what is cut is kept aside, what is damaged is left as it is.
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Damage } from '../../../engine/storage/journal-format.ts';
import { type Recovery, recoverJournal } from '../../../engine/storage/recovery.ts';
import { verifyJournal } from '../../../engine/storage/verify.ts';
import {
  bodies,
  body,
  checkpoint,
  flipByte,
  json,
  order,
  temporaryFolder,
  writeJournal,
} from './journal-fixture.ts';

const FIRST = '000001.log';

function recovered(dir: string): Extract<Recovery, { kind: 'recovered' }> {
  const recovery = recoverJournal(dir);
  assert.ok(recovery.kind === 'recovered', JSON.stringify(recovery));
  return recovery;
}

function damaged(dir: string): Damage {
  const recovery = recoverJournal(dir);
  assert.ok(recovery.kind === 'damaged', JSON.stringify(recovery));
  return recovery;
}

test('recovery: a folder without records is fresh, whether it exists or not', () => {
  const dir = temporaryFolder();
  assert.equal(recoverJournal(dir).kind, 'fresh');
  assert.equal(recoverJournal(join(dir, 'none')).kind, 'fresh');
  writeFileSync(join(dir, FIRST), '');
  assert.equal(recoverJournal(dir).kind, 'fresh');
});

test('recovery: a last line torn at any length is cut, kept and reported', async () => {
  const dir = temporaryFolder();
  const { offset } = writeJournal(dir, bodies(4));
  const { offset: whole } = writeJournal(dir, [body(5)], 64 << 20, recovered(dir).place);
  const path = join(dir, FIRST);
  const bytes = readFileSync(path);
  for (let length = 1; length < whole - offset; length += 1) {
    writeFileSync(path, bytes.subarray(0, offset + length));
    const recovery = recovered(dir);
    assert.equal(recovery.seq, 4);
    assert.equal(recovery.tornBytes, length);
    assert.equal(statSync(path).size, offset);
    const name = length === 1 ? 'torn-5.bin' : 'torn-5-2.bin';
    assert.deepEqual(readFileSync(join(dir, name)), bytes.subarray(offset, offset + length));
    if (length > 1) rmSync(join(dir, name));
  }
  assert.equal((await verifyJournal(dir)).kind, 'intact');
});

test('recovery: a torn first record leaves a fresh journal', () => {
  const dir = temporaryFolder();
  writeFileSync(join(dir, FIRST), 'abcdef');
  const recovery = recoverJournal(dir);
  assert.ok(recovery.kind === 'fresh' && recovery.tornBytes === 6);
  assert.equal(writeJournal(dir, bodies(2), 64 << 20, recovery.place).seq, 2);
});

test('recovery: pages of zeros that the disk never filled are torn', () => {
  const dir = temporaryFolder();
  const { offset } = writeJournal(dir, bodies(3));
  const zeros = Buffer.concat([Buffer.alloc(5000), Buffer.from('half a record"}}\n')]);
  writeFileSync(join(dir, FIRST), zeros, { flag: 'a' });
  const recovery = recovered(dir);
  assert.equal(recovery.tornBytes, zeros.length);
  assert.equal(statSync(join(dir, FIRST)).size, offset);
});

test('recovery: zeros with a record behind them are damage, and nothing is touched', () => {
  const dir = temporaryFolder();
  const { offset } = writeJournal(dir, bodies(3));
  const path = join(dir, FIRST);
  const line = readFileSync(path, 'utf8').split('\n')[1];
  writeFileSync(path, `${'\0'.repeat(100)}\n${line}\n`, { flag: 'a' });
  const before = readFileSync(path);
  const { seq, line: number, offset: at } = damaged(dir);
  assert.deepEqual([seq, number, at], [4, 4, offset]);
  assert.deepEqual(readFileSync(path), before);
  assert.deepEqual(readdirSync(dir), [FIRST]);
});

test('recovery: a whole last line that was changed is damage, not a torn write', () => {
  const dir = temporaryFolder();
  const { offset } = writeJournal(dir, bodies(3));
  flipByte(join(dir, FIRST), offset - 10);
  assert.equal(damaged(dir).seq, 3);
  assert.equal(statSync(join(dir, FIRST)).size, offset);
});

test('recovery: it reads from the newest checkpoint on, across files', () => {
  const dir = temporaryFolder();
  const before = writeJournal(dir, bodies(100), 5000);
  const kept = { ...checkpoint(7), openOrders: [order(900, 'open')], nextOrderNumber: 512 };
  const middle = writeJournal(dir, [{ kind: 'checkpoint', checkpoint: kept }], 5000, before);
  const end = writeJournal(dir, [{ kind: 'order', order: order(901, 'sent') }], 5000, middle);
  const recovery = recovered(dir);
  assert.equal(recovery.records, 2);
  assert.deepEqual(recovery.place, end);
  assert.equal(recovery.epoch, 7);
  assert.equal(recovery.checkpoint.nextOrderNumber, 512);
  assert.deepEqual(recovery.unresolvedOrders, [order(900, 'open').id, order(901, 'open').id]);
  assert.equal(recovery.isStopped, false);
});

test('recovery: a checkpoint at the start of a file continues the file before it', () => {
  const dir = temporaryFolder();
  const first = writeJournal(dir, bodies(5));
  const next = { ...first, file: 2, offset: 0 };
  writeJournal(dir, [{ kind: 'checkpoint', checkpoint: checkpoint(2) }], 64 << 20, next);
  assert.deepEqual([recovered(dir).seq, recovered(dir).records], [6, 1]);
  // The same with an empty file after it, which a crash right after a rotation leaves.
  writeFileSync(join(dir, '000003.log'), '');
  assert.deepEqual([recovered(dir).seq, recovered(dir).file], [6, 3]);
});

test('recovery: when the newest checkpoint itself is torn, an older one serves', () => {
  const dir = temporaryFolder();
  const place = writeJournal(dir, bodies(5));
  const text = json(6, { kind: 'checkpoint', checkpoint: checkpoint(2) });
  writeFileSync(join(dir, FIRST), `${'\0'.repeat(65)}${text}\n`, { flag: 'a' });
  const recovery = recovered(dir);
  assert.equal(recovery.seq, 5);
  assert.equal(recovery.records, 5);
  assert.deepEqual(recovery.place, place);
});

test('recovery: a missing file in the middle is damage', () => {
  const dir = temporaryFolder();
  const place = writeJournal(dir, bodies(60), 5000);
  assert.ok(place.file > 3);
  copyFileSync(join(dir, '000002.log'), join(dir, 'aside'));
  rmSync(join(dir, '000002.log'));
  assert.match(damaged(dir).reason, /000002\.log is missing/);
  copyFileSync(join(dir, 'aside'), join(dir, '000002.log'));
  rmSync(join(dir, FIRST));
  assert.match(damaged(dir).reason, /000001\.log is missing/);
  assert.ok(!existsSync(join(dir, FIRST)));
});

test('recovery: a checkpoint that follows a line which is none is damage at that line', () => {
  const dir = temporaryFolder();
  const before = writeJournal(dir, bodies(4));
  const place = writeJournal(dir, [body(5)], 64 << 20, before);
  writeJournal(dir, [{ kind: 'checkpoint', checkpoint: checkpoint(2) }], 64 << 20, place);
  flipByte(join(dir, FIRST), before.offset, 0x40);
  const { seq, line, offset } = damaged(dir);
  assert.deepEqual([seq, line, offset], [5, 5, before.offset]);
});
