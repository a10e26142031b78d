// Owns the law of projections: the tables are a function of the journal, however they came to be.
// Promise: steps, restarts, crashes between commits and growth of the journal come from one seed.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Fact } from '../../../engine/facts/fact.ts';
import { createMemoryDisk, type MemoryDisk } from '../../../engine/storage/memory-disk.ts';
import { openProjector } from '../../../engine/storage/projector.ts';
import { openSqliteSink } from '../../../engine/storage/sqlite-sink.ts';
import { columnName, TABLES } from '../../../engine/storage/tables.ts';
import {
  capitalValued,
  deposit,
  fill,
  instrumentAdded,
  request,
  signal,
  strategy,
  verdict,
} from '../../integration/storage/fact-fixture.ts';
import { body, temporaryFolder, writeRecords } from '../../integration/storage/journal-fixture.ts';

const MIX: readonly Fact[] = [
  ...[capitalValued, deposit, fill, instrumentAdded, request, signal, strategy, verdict],
  ...[body(2), body(4), body(5), body(7)],
];
const RECORDS = 80;

/** Every table, row by row in the order of its key. */
function dump(path: string): unknown[] {
  const database = new DatabaseSync(path);
  const tables = [...Object.entries(TABLES), ['cursor', { key: ['one'] }] as const];
  const rows = tables.map(([table, { key }]) =>
    database.prepare(`select * from ${table} order by ${key.map(columnName).join(', ')}`).all(),
  );
  database.close();
  return rows;
}

/** Projects up to `upTo` in steps of at most `max`; left open in the middle of a step, or not. */
async function project(disk: MemoryDisk, path: string, upTo: number, max: number): Promise<void> {
  const sink = openSqliteSink(path);
  const projector = await openProjector(sink, disk, RECORDS);
  while (projector.seq < upTo && (await projector.step(upTo, max)));
  sink.begin(); // what a killed thread had begun
  sink.put({ table: 'capital', values: { id: 'half done', seq: 1, timeUs: 1, value: 1 } });
  await sink.close();
}

test('projections: whatever the steps and restarts, the tables are the same', async () => {
  const picks = fc.array(fc.nat(MIX.length - 1), { minLength: RECORDS, maxLength: RECORDS });
  const stops = fc.array(fc.tuple(fc.nat(RECORDS), fc.integer({ min: 1, max: 90 })), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(
      picks,
      stops,
      fc.integer({ min: 900, max: 9000 }),
      async (drawn, ways, size) => {
        const disk = createMemoryDisk({ seed: 'projections' });
        const facts = drawn.map((k) => MIX[k] ?? body(7));
        writeRecords(disk, facts, size);
        const [once, often] = [temporaryFolder(), temporaryFolder()].map((dir) =>
          join(dir, 'p.db'),
        );
        assert.ok(once !== undefined && often !== undefined);
        await project(disk, once, RECORDS, RECORDS);
        for (const [upTo, max] of ways) await project(disk, often, upTo, max);
        await project(disk, often, RECORDS, 7);
        assert.deepEqual(dump(often), dump(once));
        assert.equal((dump(once)[0] as unknown[]).length, RECORDS, 'all records are there');
      },
    ),
    { seed: 20240808, numRuns: 25 },
  );
});
