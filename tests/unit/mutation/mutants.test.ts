// Owns the tests of the mutation run's own parts: operators, targets, equivalents and the score.
// Promise: no process is started here; the run itself is started by hand and by validate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sortOut } from '../../mutation/equivalents.ts';
import { type Mutant, mutantsOf, mutatedLine, withMutant } from '../../mutation/mutants.ts';
import { makeReport, scoreOf, type Trial } from '../../mutation/report.ts';
import { findTargets } from '../../mutation/targets.ts';
import { parseSources } from '../../tidy/source.ts';

const PATH = 'engine/risk/sample.ts';

const mutantsIn = (text: string): readonly Mutant[] => {
  const [source] = parseSources(new Map([[PATH, text]]));
  assert.ok(source !== undefined);
  return mutantsOf(source);
};
const results = (text: string): readonly string[] =>
  mutantsIn(text).map((mutant) => withMutant(text, mutant));

test('mutation: a comparison becomes its neighbour and its negation', () => {
  assert.deepEqual(results('a < b'), ['{}', 'a <= b', 'a >= b']);
  assert.deepEqual(results('a === b'), ['{}', 'a !== b']);
});

test('mutation: arithmetic, logic, extremes and literals are swapped', () => {
  assert.deepEqual(results('x = a + 1 * 2'), [
    '{}',
    'x = a - 1 * 2',
    'x = a + 0 * 2',
    'x = a + 1 / 2',
  ]);
  assert.deepEqual(results('x = !a && min(b, c)'), [
    '{}',
    'x = a && min(b, c)',
    'x = !a || min(b, c)',
    'x = !a && max(b, c)',
  ]);
  assert.deepEqual(results('x = -a'), ['{}', 'x = a']);
  assert.deepEqual(results('x = true'), ['{}', 'x = false']);
});

test('mutation: calls on vectors are operators as well', () => {
  assert.deepEqual(results('const a = f64x2.gt(b, c);'), [
    'const a = f64x2.ge(b, c);',
    'const a = f64x2.le(b, c);',
  ]);
  assert.deepEqual(results('const a = v128.and(b, f64x2.pmin(c, d));'), [
    'const a = v128.or(b, f64x2.pmin(c, d));',
    'const a = v128.and(b, f64x2.pmax(c, d));',
  ]);
  assert.deepEqual(mutantsIn('const a = add(b, c);'), []);
});

test('mutation: an early way out is removed, an if with work in it is not', () => {
  const text = 'function f() {\n  if (a) return;\n  if (b) g();\n}';
  assert.deepEqual(
    mutantsIn(text).map(({ line, replacement }) => `${line} ${replacement}`),
    ['2 {}', '3 {}'],
  );
});

test('mutation: types, texts and the default of an element are left alone', () => {
  assert.deepEqual(mutantsIn('const a: 0 | 1 = b;'), []);
  assert.deepEqual(mutantsIn("const a = b + 'c';"), []);
  assert.deepEqual(mutantsIn('const a = values[at] ?? 0;'), []);
  assert.equal(mutantsIn('const a = value ?? 0;').length, 1);
});

test('mutation: offsets hold behind letters that are no ASCII', () => {
  assert.deepEqual(results('// w′Σw ≤ …\nconst a = b < c;')[0], '// w′Σw ≤ …\nconst a = b <= c;');
});

test('mutation: a file is tried by its own tests first, then by those of its importers', () => {
  const files = new Map([
    [PATH, ''],
    ['engine/risk/book.ts', "import { sample } from './sample.ts';"],
    ['tests/unit/risk/book.test.ts', ''],
    ['tests/unit/risk/sample-boundaries.test.ts', ''],
    ['tests/unit/risk/sample.test.ts', ''],
    ['wasm/risk.ts', ''],
    ['tests/unit/wasm/risk-node.test.ts', ''],
    ['tests/unit/wasm/book.test.ts', ''],
  ]);
  const targets = findTargets(files, { hasAnalysis: false, isWanted: () => true });
  const testsOf = (path: string) => targets.find((target) => target.path === path)?.tests;
  assert.deepEqual(testsOf(PATH), [
    'tests/unit/risk/sample.test.ts',
    'tests/unit/risk/sample-boundaries.test.ts',
    'tests/unit/risk/book.test.ts',
  ]);
  assert.deepEqual(testsOf('wasm/risk.ts'), ['tests/unit/wasm/risk-node.test.ts']);
});

test('mutation: a known equivalent is taken out, and one that names no mutant is found', () => {
  const text = 'const a = b < c;';
  const known = { path: PATH, becomes: 'const a = b <= c;', reason: 'they never meet' };
  const idle = { path: PATH, becomes: 'const a = d;', reason: 'gone' };
  const sorted = sortOut(PATH, text, mutantsIn(text), [known, idle]);
  assert.deepEqual(
    sorted.mutants.map((one) => mutatedLine(text, one)),
    ['const a = b >= c;'],
  );
  assert.deepEqual(
    sorted.equivalents.map(({ reason }) => reason),
    ['they never meet'],
  );
  assert.deepEqual(sorted.idle, [idle]);
});

test('mutation: a mutant that does not compile counts for nothing, a timeout as noticed', () => {
  const [mutant] = mutantsIn('const a = b < c;');
  assert.ok(mutant !== undefined);
  const trial = (outcome: Trial['outcome']): Trial => ({ ...mutant, becomes: '', outcome });
  const trials = [trial('killed'), trial('timeout'), trial('survived'), trial('invalid')];
  assert.equal(scoreOf(trials), 2 / 3);
  assert.equal(makeReport(trials, [], 1).files[0]?.mutants, 3);
});
