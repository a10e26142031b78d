// Owns the proof of a journal around an engine: found, opened, written, closed, and found again.
// Promise: slices that count are the state; real threads on real files, and a disk in memory.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Fact, JournalRecord } from '../../../engine/facts/fact.ts';
import { saveRound } from '../../../engine/facts/round.ts';
import type { Slice } from '../../../engine/facts/slice.ts';
import { SLICES } from '../../../engine/facts/slice-names.ts';
import { createMemory, DEFAULT_CAPACITIES, planMemory } from '../../../engine/memory/plan.ts';
import { createTelemetry } from '../../../engine/memory/telemetry.ts';
import type { ProjectorThreadMessage } from '../../../engine/storage/journal-thread.ts';
import { createMemoryDisk, type MemoryDisk } from '../../../engine/storage/memory-disk.ts';
import { recoverJournal, targetOf } from '../../../engine/storage/recovery.ts';
import {
  findState,
  type JournalBackend,
  type OpenJournal,
  openJournal,
  type RecoveredState,
} from '../../../engine/surroundings/journal.ts';
import {
  createDirectBackend,
  startJournalThreads,
} from '../../../engine/surroundings/journal-backends.ts';
import { body, runStarted, temporaryFolder, writeJournal } from '../storage/journal-fixture.ts';

interface Counts {
  epoch: number;
  facts: number;
}

/** Seven slices of which each counts facts: enough to tell one history from another. */
function countingSlices(): Slice<Counts>[] {
  return SLICES.map((name) => {
    let state: Counts = { epoch: 0, facts: 0 };
    return {
      name,
      fold(fact) {
        if (fact.kind === 'checkpoint') return;
        const epoch = fact.kind === 'run_started' ? fact.epoch : state.epoch;
        state = { epoch, facts: state.facts + 1 };
      },
      save: () => state,
      load(saved) {
        state = saved;
      },
      hash: () => JSON.stringify(state),
    };
  });
}

interface Run {
  readonly slices: Slice<Counts>[];
  readonly journal: OpenJournal;
  readonly records: JournalRecord[];
  commit(fact: Fact): void;
}

/** As composition does it: slices first, then the start, its round, and the ids. */
async function begin(
  slices: Slice<Counts>[],
  recovery: RecoveredState,
  backend: JournalBackend,
): Promise<Run> {
  const records: JournalRecord[] = [];
  let timeUs = 0;
  const commit = (fact: Fact): void => {
    timeUs += 1;
    for (const slice of slices) slice.fold(fact, timeUs);
    journal.record(timeUs, fact);
  };
  const onRecord = (record: JournalRecord): number => records.push(record);
  const journal = openJournal({ backend, recovery, commit, write: () => undefined, onRecord });
  assert.equal(journal.ids.next(), null, 'no id before it is durable');
  commit(runStarted(journal.epoch));
  for (const fact of saveRound(slices)) commit(fact);
  await journal.waitForIds();
  return { slices, journal, records, commit };
}

const hashes = (slices: readonly Slice<Counts>[]): string[] => slices.map((slice) => slice.hash());

function threadBackend(
  dir: string,
  { place }: RecoveredState,
  messages: ProjectorThreadMessage[],
): Promise<JournalBackend> {
  const plan = planMemory({ ...DEFAULT_CAPACITIES, instruments: 1, levels: 16 });
  const memory = createMemory(plan);
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  const root = dir;
  const paths = { root, journal: join(dir, 'journal'), database: join(dir, 'p.db'), captures: dir };
  return startJournalThreads({
    ...{ memory, plan, buffer, paths, place, groupCommitMs: 1, fileBytes: 5000, isReplay: true },
    telemetry: createTelemetry(buffer, plan.counters, plan.histograms),
    onFatal: (reason) => assert.fail(reason),
    onDatabase: (message) => messages.push(message),
  });
}

test('journal: what one engine closed the next one finds, and so does its database', async () => {
  const dir = temporaryFolder();
  let left: string[] = [];
  let records = 0;
  for (let epoch = 1; epoch <= 3; epoch += 1) {
    const slices = countingSlices();
    const found = findState(dir, targetOf(slices));
    assert.ok(found.kind === 'open');
    if (epoch > 1) assert.deepEqual(hashes(slices), left);
    const messages: ProjectorThreadMessage[] = [];
    const backend = await threadBackend(dir, found.recovery, messages);
    const run = await begin(slices, found.recovery, backend);
    assert.equal(run.journal.epoch, epoch);
    assert.equal(run.journal.ids.next(), `c000${epoch}x00000000`);
    for (let k = 2; k < 50; k += 1) run.commit(body(k));
    const ending = await run.journal.close();
    found.folder.close();
    records += run.records.length;
    assert.deepEqual([ending.records, run.records.at(-1)?.seq], [records, records]);
    assert.deepEqual(messages.at(-1), { kind: 'stopped', seq: records });
    left = hashes(slices);
  }
  const rows = new DatabaseSync(join(dir, 'p.db')).prepare('select count(*) n from records').get();
  assert.equal(rows?.n, records);
});

test('journal: on a disk in memory a crash at any fact leaves what was durable', async () => {
  for (let facts = 0; facts < 40; facts += 1) {
    let disk: MemoryDisk = createMemoryDisk({ seed: `life/${facts}` });
    const first = countingSlices();
    const fresh = recoverJournal(disk, targetOf(first));
    assert.ok(fresh.kind === 'fresh');
    const onFatal = (reason: string): void => assert.fail(reason);
    const { place } = fresh;
    const backend = createDirectBackend({ disk, place, fileBytes: 3000, onFatal });
    const run = await begin(first, fresh, backend);
    for (let k = 0; k < facts; k += 1) {
      run.commit(body(2 + k));
      if (k === 20) run.journal.poll();
    }
    const durable = backend.port.durableSeq();
    disk = disk.crash();
    const second = countingSlices();
    const recovery = recoverJournal(disk, targetOf(second));
    assert.ok(recovery.kind === 'recovered' && recovery.seq >= durable);
    const again = countingSlices();
    for (const record of run.records.slice(0, recovery.seq)) {
      for (const slice of again) slice.fold(record.body, record.timeUs);
    }
    assert.deepEqual(hashes(second), hashes(again), 'recovered state = fold of the journal');
  }
});

test('journal: on a disk in memory an orderly end tells its head', async () => {
  const disk = createMemoryDisk({ seed: 'end' });
  const slices = countingSlices();
  const fresh = recoverJournal(disk, targetOf(slices));
  assert.ok(fresh.kind === 'fresh');
  const onFatal = (reason: string): void => assert.fail(reason);
  const backend = createDirectBackend({ disk, place: fresh.place, fileBytes: 3000, onFatal });
  const run = await begin(slices, fresh, backend);
  for (let k = 2; k < 30; k += 1) run.commit(body(k));
  assert.ok(run.journal.sinceCheckpoint() > 28);
  for (const fact of saveRound(slices)) run.commit(fact);
  assert.equal(run.journal.sinceCheckpoint(), 0);
  const { records, head } = await run.journal.close();
  const recovery = recoverJournal(disk, targetOf(countingSlices()));
  assert.ok(recovery.kind === 'recovered');
  assert.deepEqual([recovery.seq, recovery.head], [records, head]);
});

test('journal: a folder with the journal of another version is given back, and says so', () => {
  const dir = temporaryFolder();
  const target = targetOf(countingSlices());
  const opened = findState(dir, target);
  assert.ok(opened.kind === 'open');
  opened.folder.close();
  writeJournal(join(dir, 'journal'), [runStarted(1, 1)]);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const found = findState(dir, target); // twice: the lock is free again
    assert.ok(found.kind === 'format');
    assert.match(found.message, /is of format 1 .*reads format 3 only; choose another .*--state/);
  }
});
