// Owns the proof against SIGKILL: a real process is killed while it writes, again and again.
// Promise: what the process knew to be durable is there afterwards, and the chain holds.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { openDisk } from '../../../engine/storage/disk.ts';
import { recoverJournal } from '../../../engine/storage/recovery.ts';
import { openStateFolder } from '../../../engine/storage/state-folder.ts';
import { verifyJournal } from '../../../engine/storage/verify.ts';
import { createRecorder, json, startJournalThread, temporaryFolder } from './journal-fixture.ts';

const CHILD = join(import.meta.dirname, 'journal-child.ts');

/** Lets a child write until `lines` numbers came, kills it, and returns the last number. */
async function writeAndKill(state: string, lines: number): Promise<number> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, state], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = 0;
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    printed = Number(line);
    seen += 1;
    if (seen === lines) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  assert.equal(child.signalCode, 'SIGKILL');
  return printed;
}

test('journal: after kill -9 every record known to be durable is found again', async () => {
  const state = temporaryFolder();
  const dir = join(state, 'journal');
  let last = 0;
  for (const lines of [1, 25, 60]) {
    const durable = await writeAndKill(state, lines);
    const recovery = recoverJournal(openDisk(dir), createRecorder());
    assert.ok(recovery.kind === 'recovered', JSON.stringify(recovery));
    assert.ok(recovery.seq >= durable, `${recovery.seq} recovered, ${durable} were durable`);
    assert.ok(recovery.seq > last, 'this run added records');
    last = recovery.seq;
  }
  const texts: string[] = [];
  const verified = await verifyJournal(openDisk(dir), (entry) => texts.push(entry.json.toString()));
  assert.equal(verified.kind === 'intact' && verified.records, last);
  assert.ok(texts.every((text, k) => text === json(k + 1)));
  await assertProjected(state, last);
});

/** The next start brings the database, which was killed too, up to the journal's end. */
async function assertProjected(state: string, records: number): Promise<void> {
  const folder = openStateFolder(state);
  assert.ok(folder.kind === 'open', 'a killed process leaves no lock');
  const { journal: dir, database } = folder.paths;
  const recovery = recoverJournal(openDisk(dir), createRecorder());
  assert.ok(recovery.kind === 'recovered');
  const thread = startJournalThread({ dir, place: recovery.place });
  await thread.message('ready');
  const projector = thread.startProjector(database);
  thread.stop();
  await projector.message('stopped');
  const rows = new DatabaseSync(database)
    .prepare('select count(*) n, max(seq) m from records')
    .get();
  assert.deepEqual({ ...rows }, { n: records, m: records });
  folder.close();
}
