// Owns the tests of the coverage sums behind `colin test`.
// Promise: the figures below are counted by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode, summarizeCoverage } from '../../../cli/checkout/coverage.ts';

const file = (path: string, coveredLines: number) => ({
  path,
  lines: 10,
  coveredLines,
  branches: 4,
  coveredBranches: 3,
});

test('coverage: a file no test loads counts with every line uncovered', () => {
  const summary = summarizeCoverage(
    [file('engine/core/a.ts', 10)],
    new Map([
      ['engine/core/a.ts', 'unused'],
      ['engine/risk/b.ts', 'export const b = 1;\n'.repeat(10)],
    ]),
  );
  assert.equal(summary.linePercent, 50);
  assert.equal(summary.branchPercent, 75);
  assert.deepEqual(summary.unloaded, ['engine/risk/b.ts']);
});

test('coverage: a file of types only is not missing', () => {
  const types = "// Owns words.\nimport type { A } from './a.ts';\nexport type B = A; /* { } */\n";
  const summary = summarizeCoverage(
    [file('engine/core/a.ts', 9)],
    new Map([['engine/core/b.ts', types]]),
  );
  assert.equal(summary.linePercent, 90);
  assert.deepEqual(summary.unloaded, []);
});

test('coverage: a constant is code, a comment that looks like one is not', () => {
  assert.equal(hasCode('export const one: number = 1;\n'), true);
  assert.equal(hasCode('// export const one = 1;\nexport interface A { b: 1 }\n'), false);
});

test('coverage: the worst file comes first and folders are in order', () => {
  const summary = summarizeCoverage(
    [file('engine/risk/a.ts', 9), file('engine/core/b.ts', 2), file('engine/core/c.ts', 6)],
    new Map(),
  );
  assert.equal(summary.worst[0]?.path, 'engine/core/b.ts');
  assert.deepEqual(
    summary.folders.map((row) => [row.folder, row.files, row.linePercent]),
    [
      ['engine/core', 2, 40],
      ['engine/risk', 1, 90],
    ],
  );
});
