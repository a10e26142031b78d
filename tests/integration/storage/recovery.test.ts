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
import { InvariantError } from '../../../engine/core/assert.ts';
import type { Fact, FactOf } from '../../../engine/facts/fact.ts';
import { JOURNAL_FORMAT } from '../../../engine/facts/run.ts';
import { SLICES } from '../../../engine/facts/slice-names.ts';
import { openDisk } from '../../../engine/storage/disk.ts';
import type { Damage } from '../../../engine/storage/journal-format.ts';
import { describeFormat } from '../../../engine/storage/journal-version.ts';
import { type Recovered, type Recovery, recoverJournal } from '../../../engine/storage/recovery.ts';
import { verifyJournal } from '../../../engine/storage/verify.ts';
import {
  bodies,
  body,
  createRecorder,
  flipByte,
  json,
  order,
  round,
  runStarted,
  stateOf,
  temporaryFolder,
  writeJournal,
} from './journal-fixture.ts';

const FIRST = '000001.log';

const recover = (dir: string, target = createRecorder()): Recovery =>
  recoverJournal(openDisk(dir), target);

function recovered(dir: string, target = createRecorder()): Recovered {
  const recovery = recover(dir, target);
  assert.ok(recovery.kind === 'recovered', JSON.stringify(recovery));
  return recovery;
}

function damaged(dir: string): Damage {
  const recovery = recover(dir);
  assert.ok(recovery.kind === 'damaged', JSON.stringify(recovery));
  return recovery;
}

test('recovery: a folder without records is fresh, whether it exists or not', () => {
  const dir = temporaryFolder();
  assert.equal(recover(dir).kind, 'fresh');
  assert.equal(recover(join(dir, 'none')).kind, 'fresh');
  writeFileSync(join(dir, FIRST), '');
  assert.equal(recover(dir).kind, 'fresh');
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
  assert.equal((await verifyJournal(openDisk(dir))).kind, 'intact');
});

test('recovery: a torn first record leaves a fresh journal', () => {
  const dir = temporaryFolder();
  writeFileSync(join(dir, FIRST), 'abcdef');
  const recovery = recover(dir);
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

test('recovery: it loads the newest round and folds what follows, across files', () => {
  const dir = temporaryFolder();
  const before = writeJournal(dir, [...bodies(100), ...round(6), body(8)], 5000);
  const middle = writeJournal(dir, round(7), 700, before); // itself over more than one file
  const after: Fact[] = [{ kind: 'order', order: order(901, 'sent') }, body(7)];
  const end = writeJournal(dir, after, 5000, middle);
  assert.ok(middle.file > before.file);
  const target = createRecorder();
  const recovery = recovered(dir, target);
  assert.deepEqual(recovery.place, end);
  assert.deepEqual([recovery.epoch, recovery.records], [7, SLICES.length + 2]);
  assert.deepEqual([recovery.hasRound, recovery.isStopped], [true, false]);
  assert.deepEqual([...target.loaded.keys()], [...SLICES]);
  for (const slice of SLICES) assert.deepEqual(target.loaded.get(slice), stateOf(slice, 7));
  assert.deepEqual(target.folded, after);
});

test('recovery: a round at the start of a file continues the file before it', () => {
  const dir = temporaryFolder();
  const first = writeJournal(dir, bodies(5));
  const next = { ...first, file: 2, offset: 0 };
  writeJournal(dir, round(2), 64 << 20, next);
  assert.deepEqual(
    [recovered(dir).seq, recovered(dir).records],
    [5 + SLICES.length, SLICES.length],
  );
  // The same with an empty file after it, which a crash right after a rotation leaves.
  writeFileSync(join(dir, '000003.log'), '');
  assert.deepEqual([recovered(dir).seq, recovered(dir).place.file], [5 + SLICES.length, 3]);
});

test('recovery: a round that is torn or cut short at any record serves nobody', () => {
  for (let whole = 0; whole < SLICES.length; whole += 1) {
    for (const isTorn of [false, true]) {
      const dir = temporaryFolder();
      const part = round(2).slice(0, whole);
      const start = [...bodies(3), ...round(1), body(4)];
      const place = writeJournal(dir, [...start, ...part]);
      const rest = `${'\0'.repeat(65)}${json(place.seq + 1, round(2)[whole])}\n`;
      if (isTorn) writeFileSync(join(dir, FIRST), rest, { flag: 'a' });
      const target = createRecorder();
      const recovery = recovered(dir, target);
      assert.deepEqual(recovery.place, place);
      assert.deepEqual(target.loaded.get('standings'), stateOf('standings', 1));
      assert.deepEqual(target.folded, [body(4), ...part]);
      assert.equal(recovery.tornBytes, isTorn ? rest.length : 0);
    }
  }
});

test('recovery: rounds that something came between, or that lack a slice, are none', () => {
  const broken = round(3).toSpliced(4, 0, body(4));
  const short = round(4).toSpliced(2, 1);
  const dir = temporaryFolder();
  writeJournal(dir, [...bodies(3), ...round(1), ...broken, ...short, ...round(5).slice(1)]);
  const target = createRecorder();
  assert.equal(recovered(dir, target).epoch, 1);
  assert.deepEqual(target.loaded.get('limits'), stateOf('limits', 1));
});

test('recovery: what only looks like a round, inside a record, is passed over', () => {
  const dir = temporaryFolder();
  const saved = { body: { kind: 'checkpoint', slice: 'run', state: {} } };
  const decoy: Fact = { kind: 'strategy_saved', name: 'mine', saved };
  assert.ok(json(1, decoy).includes('"body":{"kind":"checkpoint","slice":"run"'));
  writeJournal(dir, [...bodies(3), ...round(1), decoy, decoy]);
  const target = createRecorder();
  assert.equal(recovered(dir, target).records, SLICES.length + 2);
  assert.deepEqual(target.folded, [decoy, decoy]);
});

test('recovery: before the first round was whole, everything is folded and nothing loaded', () => {
  const dir = temporaryFolder();
  writeJournal(dir, [runStarted(1), ...round(1).slice(0, 3)]);
  const target = createRecorder();
  const recovery = recovered(dir, target);
  assert.deepEqual([recovery.hasRound, recovery.epoch, recovery.records], [false, 1, 4]);
  assert.equal(target.loaded.size, 0);
  assert.equal(target.folded.length, 4);
});

test('recovery: the epoch is that of the last start, also where its round is not whole', () => {
  const dir = temporaryFolder();
  writeJournal(dir, [runStarted(1), ...round(1), runStarted(2), ...round(2).slice(0, 4)]);
  assert.equal(recovered(dir).epoch, 2);
});

test('recovery: an orderly end is told from a crash', () => {
  const dir = temporaryFolder();
  const stop: Fact = { kind: 'run_stopped', reason: 'asked', stateHash: 'ab' };
  const place = writeJournal(dir, [runStarted(1), ...round(1), stop]);
  assert.equal(recovered(dir).isStopped, true);
  writeJournal(dir, [body(7)], 64 << 20, place);
  assert.equal(recovered(dir).isStopped, false);
});

test('recovery: a journal of another format is refused by name, and not touched', () => {
  const { format: _, ...bare } = runStarted(1) as FactOf<'run_started'>;
  const old = { ...bare, checkpoint: { epoch: 1 } } as unknown as Fact; // of before formats
  const cases: [Fact, number | null, RegExp][] = [
    [old, null, /states no format \(000001\.log\), this version reads format 3 only/],
    [runStarted(1, 1), 1, /is of format 1 \(000001\.log\)/],
    [runStarted(1, 99), 99, /is of format 99 .*choose another folder with --state/],
  ];
  for (const [first, found, says] of cases) {
    const dir = temporaryFolder();
    writeJournal(dir, [first, ...bodies(3).slice(1)]);
    writeFileSync(join(dir, FIRST), 'torn', { flag: 'a' });
    const before = readFileSync(join(dir, FIRST));
    const target = createRecorder();
    const recovery = recover(dir, target);
    assert.ok(recovery.kind === 'format');
    assert.deepEqual(
      [recovery.found, recovery.wanted, recovery.file],
      [found, JOURNAL_FORMAT, FIRST],
    );
    assert.match(describeFormat(recovery, dir), says);
    assert.ok(describeFormat(recovery, dir).includes(dir));
    assert.deepEqual(readFileSync(join(dir, FIRST)), before);
    assert.equal(target.loaded.size + target.folded.length, 0);
  }
});

test('recovery: a start of another format later on is refused as well', () => {
  const dir = temporaryFolder();
  writeJournal(dir, [runStarted(1), ...round(1), runStarted(2, 7)]);
  const recovery = recover(dir);
  assert.ok(recovery.kind === 'format' && recovery.found === 7);
});

test('recovery: a fact its target refuses is named by number, kind and place', () => {
  const dir = temporaryFolder();
  writeJournal(dir, [runStarted(1), ...round(1), body(7), body(2)]);
  const target = createRecorder();
  const fold = (fact: Fact): void => {
    if (fact.kind === 'order') throw new InvariantError('no such account');
  };
  const number = SLICES.length + 3;
  const place = `record ${number} \\(order; 000001\\.log, byte offset \\d+\\)`;
  const says = new RegExp(`${place} contradicts.*no such account`);
  assert.throws(() => recover(dir, { ...target, fold }), says);
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
  writeJournal(dir, round(2), 64 << 20, place);
  flipByte(join(dir, FIRST), before.offset, 0x40);
  const { seq, line, offset } = damaged(dir);
  assert.deepEqual([seq, line, offset], [5, 5, before.offset]);
});
