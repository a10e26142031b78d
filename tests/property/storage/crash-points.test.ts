// Owns the law of crashes: whatever the power cuts off, what was said to be durable is found again.
// Promise: thousands of seeded crashes on a disk in memory, within a recovery too; no process dies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '../../../engine/core/ports.ts';
import { createRandom } from '../../../engine/core/random.ts';
import type { Fact } from '../../../engine/facts/fact.ts';
import { SLICES } from '../../../engine/facts/slice-names.ts';
import { codeOf, type Disk, type DiskFile } from '../../../engine/storage/disk.ts';
import { createDirectPort } from '../../../engine/storage/journal-direct.ts';
import { scanJournal } from '../../../engine/storage/journal-scan.ts';
import { JournalLostError } from '../../../engine/storage/journal-writer.ts';
import { createMemoryDisk, type MemoryDisk } from '../../../engine/storage/memory-disk.ts';
import { type Recovery, recoverJournal } from '../../../engine/storage/recovery.ts';
import {
  body,
  createRecorder,
  json,
  type Recorder,
  round,
  runStarted,
  timeUs,
} from '../../integration/storage/journal-fixture.ts';

const LIVES = 4;

class PowerCut extends Error {}

/** A disk whose power goes at its operation number `at`, with that one done or not. */
function cutPower(disk: Disk, at: number, isDone: boolean): Disk {
  let count = 0;
  const tick = <T>(work: () => T): T => {
    count += 1;
    if (count < at) return work();
    if (count === at && isDone) work();
    throw new PowerCut();
  };
  const cutFile = (file: DiskFile): DiskFile => ({
    ...file,
    append: (bytes) => tick(() => file.append(bytes)),
    truncate: (bytes) => tick(() => file.truncate(bytes)),
    sync: () => tick(() => file.sync()),
  });
  return {
    ...disk,
    open: (name, mode) =>
      cutFile(mode === 'read' ? disk.open(name, mode) : tick(() => disk.open(name, mode))),
    syncNames: () => tick(() => disk.syncNames()),
  };
}

interface World {
  readonly random: Random;
  readonly batch: number; // records that share a sync, about
  readonly operations: number; // of the disk, within which the power goes
  disk: MemoryDisk;
  history: Fact[]; // record k is history[k - 1]
  durable: number; // as the journal said
  epoch: number;
  isFaulty: boolean;
}

/** What the engine writes next: a start with its round, rounds, single facts. */
function* factsOf(world: World): Generator<Fact, never> {
  world.epoch += 1;
  yield runStarted(world.epoch);
  yield* round(world.epoch);
  for (;;) {
    if (world.random.integer(20) === 0) yield* round(world.epoch);
    yield body(2 + world.random.integer(40));
  }
}

/** Writes until the power goes, a sync fails, or enough is written. */
function live(world: World, disk: Disk, recovery: Recovery): void {
  assert.ok(recovery.kind === 'fresh' || recovery.kind === 'recovered');
  const { random } = world;
  const fileBytes = 600 + random.integer(6000);
  const port = createDirectPort({
    disk,
    place: recovery.place,
    fileBytes,
    onFatal: (reason) => assert.match(reason, /^journal: (|ENOSPC.*|EIO.*)$/),
  });
  world.durable = Math.max(world.durable, port.durableSeq());
  const facts = factsOf(world);
  const count = random.integer(2 * world.batch + 50);
  for (let k = 0; k < count && port.status === 'running'; k += 1) {
    const fact = facts.next().value;
    world.history.push(fact);
    port.record(timeUs(world.history.length), fact);
    if (random.integer(world.batch) === 0) port.flush();
    world.durable = Math.max(world.durable, port.durableSeq());
  }
}

/** The newest whole round among the first `count` records, told without the code under test. */
function newestRound(history: readonly Fact[], count: number): number {
  for (let start = count - SLICES.length; start >= 0; start -= 1) {
    const isRound = SLICES.every((slice, k) => {
      const fact = history[start + k];
      return fact?.kind === 'checkpoint' && fact.slice === slice;
    });
    if (isRound) return start;
  }
  return -1;
}

function assertPrefix(world: World, recovery: Recovery, target: Recorder): void {
  assert.ok(recovery.kind === 'fresh' || recovery.kind === 'recovered', JSON.stringify(recovery));
  const count = recovery.place.seq;
  assert.ok(count >= world.durable, `${count} found, ${world.durable} were durable`);
  const texts: string[] = [];
  const entries = scanJournal(world.disk);
  let next = entries.next();
  for (; next.done !== true; next = entries.next()) texts.push(next.value.json.toString());
  assert.deepEqual(next.value.kind === 'end' && next.value.place, recovery.place);
  assert.deepEqual(
    texts,
    world.history.slice(0, count).map((fact, k) => json(k + 1, fact)),
  );
  const start = newestRound(world.history, count);
  const loaded = start < 0 ? [] : world.history.slice(start, start + SLICES.length);
  assert.deepEqual(
    [...target.loaded].map(([slice, state]) => ({ kind: 'checkpoint', slice, state })),
    loaded,
  );
  assert.deepEqual(
    target.folded,
    world.history.slice(start + loaded.length + (start < 0 ? 1 : 0), count),
  );
  world.history.length = count;
}

/**
 * The process dies somewhere within `work`, or after it: with the power, or alone, so that the next
 * one finds what was never synced. Not alone after a failed sync: what a system shows of a file it
 * could not write is not what is on its disk.
 */
function until(world: World, work: (disk: Disk) => void): void {
  const at = 1 + world.random.integer(world.operations);
  try {
    work(cutPower(world.disk, at, world.random.integer(2) === 0));
  } catch (error) {
    if (!(error instanceof PowerCut) && codeOf(error) === '') throw error;
  }
  if (world.isFaulty || world.random.integer(3) > 0) world.disk = world.disk.crash();
}

function setFaults(world: World): void {
  world.isFaulty = world.random.integer(4) === 0;
  world.disk.setFaults(world.isFaulty ? { append: 0.05, sync: 0.05 } : { append: 0, sync: 0 });
}

const worldOf = (seed: number, hasHoles: boolean): World => ({
  random: createRandom(`crash/${seed}`),
  ...(hasHoles ? { batch: 40, operations: 15 } : { batch: 6, operations: 60 }),
  disk: createMemoryDisk({ seed: `disk/${seed}`, hasHoles }),
  history: [],
  durable: 0,
  epoch: 0,
  isFaulty: false,
});

test('crash: what is found is a whole prefix with everything that was durable in it', () => {
  const seen = { crashes: 0, torn: 0, lost: 0, kept: 0, fresh: 0 };
  for (let seed = 1; seed <= 1500; seed += 1) {
    const world = worldOf(seed, false);
    for (let life = 0; life < LIVES; life += 1) {
      setFaults(world);
      until(world, (disk) => live(world, disk, recoverJournal(disk, createRecorder())));
      if (world.random.integer(3) === 0) {
        until(world, (disk) => recoverJournal(disk, createRecorder())); // and again, in recovery
      }
      const [written, durable] = [world.history.length, world.durable];
      const target = createRecorder();
      const recovery = recoverJournal(world.disk, target);
      assertPrefix(world, recovery, target);
      const found = world.history.length;
      seen.crashes += 1;
      if ('tornBytes' in recovery && recovery.tornBytes > 0) seen.torn += 1;
      if (found < written) seen.lost += 1;
      if (found > durable) seen.kept += 1;
      if (recovery.kind === 'fresh') seen.fresh += 1;
    }
  }
  console.log(`crashes on the memory disk, seeds 1 to 1500: ${JSON.stringify(seen)}`);
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 50, `${what}: ${count}`);
});

test('crash: records behind a hole are damage beyond what was durable, left alone', () => {
  let damaged = 0;
  for (let seed = 1; seed <= 1000; seed += 1) {
    const world = worldOf(seed, true);
    until(world, (disk) => live(world, disk, recoverJournal(disk, createRecorder())));
    const before = world.disk.list().length;
    const target = createRecorder();
    const recovery = recoverJournal(world.disk, target);
    if (recovery.kind !== 'damaged') {
      assertPrefix(world, recovery, target);
      continue;
    }
    damaged += 1;
    assert.ok(recovery.seq > world.durable, 'no durable record is damaged');
    assert.equal(world.disk.list().length, before);
  }
  assert.ok(damaged > 5, `${damaged} holes with records behind them`);
});

test('crash: after a fault of the disk nothing more is recorded, and it is said once', () => {
  const disk = createMemoryDisk({ seed: 'fault' });
  const said: string[] = [];
  const recovery = recoverJournal(disk, createRecorder());
  assert.ok(recovery.kind === 'fresh');
  const onFatal = (reason: string): number => said.push(reason);
  const port = createDirectPort({ disk, place: recovery.place, fileBytes: 4096, onFatal });
  port.record(1, runStarted(1));
  disk.setFaults({ append: 0, sync: 1 });
  assert.equal(port.flush(), false);
  disk.setFaults({ append: 0, sync: 0 });
  assert.equal(port.flush(), false, 'a sync after a failed one would prove nothing');
  assert.deepEqual([port.durableSeq(), port.status], [0, 'failed']);
  assert.throws(() => port.record(2, body(7)), JournalLostError);
  assert.equal(said.length, 1);
  assert.match(
    said[0] ?? '',
    /^the journal cannot be written: memory:fault.*: EIO: i\/o error, fdata/,
  );
});
