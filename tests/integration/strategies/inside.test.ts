// Owns the cases of users' files that are opened on the engine's thread: they load, or it is told.
// Promise: files are written to a folder of the test; nothing waits but for the time-out itself.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Opened } from '../../../engine/strategies/calls.ts';
import { createStrategyModules } from '../../../engine/surroundings/strategy-modules.ts';
import { specOf, TRADED } from '../../strategies-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'colin-inside-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = 'export const strategy = { parameters: {}, create: () => ({ onBook() {} }) };';

async function openInside(texts: Readonly<Record<string, string>>): Promise<Map<string, Opened>> {
  const modules = createStrategyModules({
    traded: () => TRADED,
    limits: { loadMsMax: 300, isolatedMemoryMb: 32, isolatedTimeoutMs: 1000 },
    pathOf: (path) => path,
    onNews: () => undefined,
    onOutput: () => undefined,
  });
  const specs = Object.entries(texts).map(([name, text]) => {
    const module = join(folder, `${name}.ts`);
    writeFileSync(module, text);
    return specOf(name, { module });
  });
  const opened = new Map(await modules.openAll(specs));
  await modules.close();
  return opened;
}

const reasonOf = (opened: Opened | undefined): string =>
  opened?.kind === 'not_opened' ? opened.reason : `${opened?.kind}`;

test('inside: a file that waits for ever at its top fails its instance alone', async () => {
  const opened = await openInside({ waits: `await new Promise(() => {});\n${GOOD}`, good: GOOD });
  assert.match(reasonOf(opened.get('waits')), /^waits.ts does not load: not done within 300 ms/);
  assert.equal(opened.get('good')?.kind, 'inside');
});

test('inside: one that fails after its time is told once, and rejects nowhere', async () => {
  const world = globalThis as { reject?: (reason: Error) => void };
  const late = 'await new Promise((_, reject) => { globalThis.reject = reject; });';
  const opened = await openInside({ late: `${late}\n${GOOD}` });
  assert.match(reasonOf(opened.get('late')), /not done within 300 ms/);
  world.reject?.(new Error('late'));
  await new Promise((resolve) => setImmediate(resolve)); // what rejects unseen ends this test
});

test('inside: whatever a file throws while it loads is told by its name', async () => {
  const opened = await openInside({ bare: 'throw Object.create(null);', empty: 'export {};' });
  assert.equal(reasonOf(opened.get('bare')), 'bare.ts does not load: threw {}');
  assert.match(reasonOf(opened.get('empty')), /^empty.ts exports nothing/);
});
