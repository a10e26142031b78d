// Owns the proof that the house keeps its law, and that each rule can be seen to fail.
// Promise: a file nobody read, or a rule that catches nothing, fails here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUnread, findViolations, type House } from './tidy/check.ts';
import { PLANTS } from './tidy/plants.ts';
import type { Violation } from './tidy/source.ts';
import { readText, readTree, trackedFiles } from './tidy/tree.ts';

const show = (found: readonly Violation[]): string =>
  found.map((v) => `${v.path}:${v.line} ${v.rule}: ${v.text}`).join('\n');

const clean: House = {
  files: new Map(),
  packageJson: '{"dependencies":{"ws":"1"}}',
  dependenciesDoc: '`ws`',
};

const withFiles = (files: Readonly<Record<string, string>>): House => ({
  ...clean,
  files: new Map(Object.entries(files)),
});

test('tidy: the house keeps its law', () => {
  const files = readTree();
  const packageJson = readText('package.json');
  const dependenciesDoc = readText('docs/dependencies.md');
  const found = findViolations({ files, packageJson, dependenciesDoc });
  if (found.length > 0) assert.fail(`${found.length} violations\n${show(found)}`);
});

test('tidy: every tracked file is read', (t) => {
  const tracked = trackedFiles();
  if (tracked === null) return t.skip('not a git checkout');
  assert.ok(tracked.length > 0, 'git lists no TypeScript at all');
  assert.deepEqual(findUnread(new Set(readTree().keys()), tracked), []);
});

test('tidy: a tracked file that the walk skips is reported', () => {
  assert.deepEqual(findUnread(new Set(['a.ts']), ['a.ts', 'b.ts']), ['b.ts']);
});

test('tidy: files that break nothing pass', () => {
  const core = '// Owns one.\n// Promise: one.\nexport const one = 1;\n';
  const door = [
    '// Owns the door.',
    '// Promise: the only one.',
    "import { approve } from '../core/decision.ts';",
    'export const open = (key: number): unknown => approve(key);',
    '',
  ].join('\n');
  const house = withFiles({ 'engine/core/decision.ts': core, 'engine/risk/pre-trade.ts': door });
  assert.equal(show(findViolations(house)), '');
});

for (const plant of PLANTS) {
  test(`tidy: ${plant.name} is caught`, () => {
    const found = findViolations(withFiles(plant.files));
    const expected = found.filter((v) => v.rule === plant.rule && v.path === plant.path);
    assert.equal(expected.length, plant.times ?? 1, show(found));
    assert.equal(found.length, expected.length, show(found));
  });
}

test('tidy: a dependency that docs/dependencies.md does not explain is caught', () => {
  const found = findViolations({ ...clean, dependenciesDoc: 'nothing' });
  assert.deepEqual(
    found.map((v) => v.rule),
    ['dependency-documented'],
  );
});
