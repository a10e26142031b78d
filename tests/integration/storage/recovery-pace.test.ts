// Owns the measure of recovery: a hundred thousand mixed records from real files into a target.
// Promise: prints records a second and the work done; what is asserted is the work, not the time.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Fact } from '../../../engine/facts/fact.ts';
import { openDisk } from '../../../engine/storage/disk.ts';
import { recoverJournal } from '../../../engine/storage/recovery.ts';
import { capitalValued, deposit, fill, request, signal, verdict } from './fact-fixture.ts';
import {
  body,
  order,
  round,
  runStarted,
  temporaryFolder,
  writeJournal,
} from './journal-fixture.ts';

const RECORDS = 100_000;
const MIX: readonly Fact[] = [
  signal,
  verdict,
  { kind: 'order', order: order(4, 'open') },
  request,
  fill,
  { kind: 'order', order: order(4, 'filled') },
  body(7),
  deposit,
  capitalValued,
];

test('recovery: a hundred thousand mixed records are read, checked and handed over', () => {
  const dir = temporaryFolder();
  const start = [runStarted(1), ...round(1)];
  const mixed = Array.from({ length: RECORDS }, (_, k) => MIX[k % MIX.length] ?? body(7));
  writeJournal(dir, [...start, ...mixed]);
  const counts = new Map<string, number>();
  const startedMs = performance.now();
  const recovery = recoverJournal(openDisk(dir), {
    load: () => undefined,
    fold: ({ kind }) => counts.set(kind, (counts.get(kind) ?? 0) + 1),
  });
  const ms = performance.now() - startedMs;
  assert.ok(recovery.kind === 'recovered');
  assert.equal(recovery.records, RECORDS + start.length - 1);
  assert.equal(counts.get('order'), mixed.filter(({ kind }) => kind === 'order').length);
  const work = createHash('sha256')
    .update(JSON.stringify([...counts]))
    .digest('hex')
    .slice(0, 12);
  const pace = Math.round((1000 * RECORDS) / ms);
  console.log(
    `recovery: ${RECORDS} records, ${(recovery.place.offset / 1e6).toFixed(0)} MB, in ` +
      `${ms.toFixed(0)} ms, ${pace} records/s read, checked and parsed; work ${work}`,
  );
});
