// Owns the proof that ring, journal thread and files together keep every record.
// Promise: what was recorded is what is on the disk, chained, whatever the sizes and the faults.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { JOURNAL_FORMAT } from '../../../engine/facts/run.ts';
import { createMemory, DEFAULT_CAPACITIES, planMemory } from '../../../engine/memory/plan.ts';
import { createTelemetry } from '../../../engine/memory/telemetry.ts';
import { openDisk } from '../../../engine/storage/disk.ts';
import { createJournalPort, JournalLostError } from '../../../engine/storage/journal-writer.ts';
import { recoverJournal } from '../../../engine/storage/recovery.ts';
import { verifyJournal } from '../../../engine/storage/verify.ts';
import {
  bodies,
  body,
  createRecorder,
  flipByte,
  json,
  startJournalThread,
  temporaryFolder,
  timeUs,
  writeJournal,
} from './journal-fixture.ts';

const RECORDS = 3000; // about 1.3 MB through a ring of 64 kB: it wraps and fills many times

test('journal: every record handed over is on the disk, in order and chained', async () => {
  const dir = temporaryFolder();
  const database = join(temporaryFolder(), 'projections.db');
  const thread = startJournalThread({ dir, fileBytes: 200_000 });
  const projector = thread.startProjector(database);
  const { buffer, telemetry } = thread;
  const { plan } = thread.data;
  const port = createJournalPort({
    buffer,
    plan,
    telemetry,
    firstSeq: 1,
    onFull: 'wait',
    queueMax: 0,
  });
  for (let seq = 1; seq <= RECORDS; seq += 1) {
    assert.equal(port.record(timeUs(seq), body(seq)), seq);
    if (seq % 100 === 0) port.durableSeq();
  }
  port.stop();
  const stopped = await thread.message('stopped');
  assert.equal(stopped.records, RECORDS);
  assert.equal(port.durableSeq(), RECORDS);
  assert.equal(telemetry.read('journalDurable'), RECORDS);
  assert.ok(telemetry.stages.journal.count > 0);
  const seen: string[] = [];
  const verified = await verifyJournal(openDisk(dir), (entry) => seen.push(entry.json.toString()));
  assert.deepEqual(
    seen,
    Array.from({ length: RECORDS }, (_, k) => json(k + 1)),
  );
  const files = readdirSync(dir).length;
  assert.ok(files >= 5, `${files} files`);
  assert.deepEqual(verified, {
    kind: 'intact',
    records: RECORDS,
    head: stopped.place.hash,
    files,
    format: JOURNAL_FORMAT,
  });
  assert.equal((await projector.message('stopped')).seq, RECORDS);
  const rows = new DatabaseSync(database).prepare('select count(*) n from records').get();
  assert.equal(rows?.n, RECORDS);
});

/** The recipe docs/journal.md gives to whoever does not trust this program. */
function runRecipe(state: string) {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/journal.md'), 'utf8');
  const recipe = /```sh\ncd state\/journal\n([^`]*)```/.exec(text)?.[1] ?? '';
  assert.ok(recipe.includes('sha256sum'));
  return spawnSync('sh', ['-c', recipe], { cwd: state, encoding: 'utf8' });
}

test('journal: the documented shell recipe comes to the same head and finds damage', () => {
  const dir = temporaryFolder();
  const { hash, file } = writeJournal(dir, bodies(20), 4000);
  assert.ok(file > 1);
  const intact = runRecipe(dir);
  assert.deepEqual([intact.status, intact.stdout], [0, `${hash}\n`]);
  flipByte(join(dir, '000002.log'), 100);
  const damaged = runRecipe(dir);
  assert.deepEqual([damaged.status, damaged.stdout.slice(0, 9)], [4, 'damaged: ']);
});

function lonePort(onFull: 'wait' | 'queue', queueMax: number) {
  const plan = planMemory({
    ...DEFAULT_CAPACITIES,
    instruments: 1,
    levels: 16,
    journalBytes: 4096,
  });
  const buffer = createMemory(plan).buffer as unknown as SharedArrayBuffer;
  const telemetry = createTelemetry(buffer, plan.counters, plan.histograms);
  return createJournalPort({ buffer, plan, telemetry, firstSeq: 1, onFull, queueMax });
}

test('journal: past the bound of its queue a record is refused with a halt, not dropped', () => {
  const port = lonePort('queue', 5);
  let accepted = 0;
  assert.throws(() => {
    for (; accepted < 1000; accepted += 1) port.record(1, body(accepted + 1));
  }, JournalLostError);
  assert.equal(port.queued, 5);
  assert.equal(port.lastSeq, accepted, 'the refused record took no number');
});

test('journal: a record longer than the ring can ever hold is refused at once', () => {
  const port = lonePort('wait', 0);
  const reason = 'x'.repeat(5000);
  const book = { kind: 'book', instrument: 'A', state: 'stale', reason } as const;
  assert.throws(() => port.record(1, book), /too long/);
  assert.equal(port.lastSeq, 0);
});

test('journal: a folder it cannot write to is a fatal message and a dead port', async (t) => {
  if (process.getuid?.() === 0) {
    // root writes everywhere: a file where the folder should be does the same
    const dir = join(temporaryFolder(), 'file');
    writeFileSync(dir, '');
    return refused(dir);
  }
  const dir = temporaryFolder();
  chmodSync(dir, 0o500);
  t.after(() => chmodSync(dir, 0o700));
  return refused(dir);
});

async function refused(dir: string): Promise<void> {
  const thread = startJournalThread({ dir });
  const fatal = await thread.message('fatal');
  assert.match(
    fatal.reason,
    /^the journal cannot be written: \S+000001.log: E(ACCES|NOTDIR).*What was recorded before/,
  );
  const port = createJournalPort({
    buffer: thread.buffer,
    plan: thread.data.plan,
    telemetry: thread.telemetry,
    firstSeq: 1,
    onFull: 'wait',
    queueMax: 0,
  });
  assert.throws(() => port.record(1, body(1)), /has failed/);
}

test('journal: a second run goes on where the first one stopped', async () => {
  const dir = temporaryFolder();
  const database = join(temporaryFolder(), 'projections.db');
  for (let run = 0; run < 3; run += 1) {
    const recovered = recoverJournal(openDisk(dir), createRecorder());
    assert.ok(recovered.kind === 'fresh' || recovered.kind === 'recovered');
    const { place } = recovered;
    assert.equal(place.seq, run * 50);
    const thread = startJournalThread({ dir, place, fileBytes: 9000 });
    const projector = thread.startProjector(database);
    const port = createJournalPort({
      buffer: thread.buffer,
      plan: thread.data.plan,
      telemetry: thread.telemetry,
      firstSeq: place.seq + 1,
      onFull: 'queue',
      queueMax: 100,
    });
    for (let k = 1; k <= 50; k += 1) port.record(timeUs(place.seq + k), body(place.seq + k));
    port.stop();
    await thread.message('stopped');
    await projector.message('stopped');
  }
  const verified = await verifyJournal(openDisk(dir));
  assert.equal(verified.kind === 'intact' && verified.records, 150);
  const rows = new DatabaseSync(database).prepare('select count(*) n from records').get();
  assert.equal(rows?.n, 150);
});

test('journal: a database that cannot be opened is said once, the journal goes on', async () => {
  const dir = temporaryFolder();
  const thread = startJournalThread({ dir });
  const projector = thread.startProjector(dir); // a folder is no database
  const { reason } = await projector.message('failed');
  assert.match(reason, /directory|unable to open|EISDIR/i);
  const port = createJournalPort({
    buffer: thread.buffer,
    plan: thread.data.plan,
    telemetry: thread.telemetry,
    firstSeq: 1,
    onFull: 'wait',
    queueMax: 0,
  });
  for (let seq = 1; seq <= 100; seq += 1) port.record(timeUs(seq), body(seq));
  port.stop();
  assert.equal((await thread.message('stopped')).records, 100);
});
