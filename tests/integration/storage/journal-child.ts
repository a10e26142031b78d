// Owns a process that writes a journal until it is killed; run by crash.test.ts, not a test.
// Promise: each line it prints is a sequence number that was durable before the line was written.
import { setTimeout } from 'node:timers/promises';
import { openDisk } from '../../../engine/storage/disk.ts';
import { createJournalPort } from '../../../engine/storage/journal-writer.ts';
import { recoverJournal } from '../../../engine/storage/recovery.ts';
import { openStateFolder } from '../../../engine/storage/state-folder.ts';
import { body, createRecorder, startJournalThread, timeUs } from './journal-fixture.ts';

const folder = openStateFolder(process.argv[2] ?? '');
if (folder.kind !== 'open') throw new Error(folder.message);
const dir = folder.paths.journal;
const recovery = recoverJournal(openDisk(dir), createRecorder());
if (recovery.kind === 'damaged' || recovery.kind === 'format') throw new Error(recovery.kind);
const { place } = recovery;
const thread = startJournalThread({ dir, place, fileBytes: 40_000 });
thread.startProjector(folder.paths.database);
const port = createJournalPort({
  buffer: thread.buffer,
  plan: thread.data.plan,
  telemetry: thread.telemetry,
  firstSeq: place.seq + 1,
  onFull: 'wait',
  queueMax: 0,
});
for (;;) {
  for (let k = 0; k < 20; k += 1) port.record(timeUs(port.lastSeq + 1), body(port.lastSeq + 1));
  const durable = port.durableSeq();
  if (durable > place.seq) process.stdout.write(`${durable}\n`);
  await setTimeout(1);
}
