// Owns the tests of what risk reads at a start: the returns file and the stress scenarios.
// Promise: real files in a temporary folder; every refusal names the file and the reason.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { crisisScenarios } from '../../../engine/analysis/crises.ts';
import {
  type MaterialResult,
  readRiskMaterial,
} from '../../../engine/surroundings/risk-material.ts';
import { BTC, configOf, ETH } from '../../engine-fixture.ts';

const DAY_MS = 86_400_000;

const returnsOf = (days: number): string => {
  const line = (k: number): string => {
    const date = new Date(Date.UTC(2024, 0, 1) + k * DAY_MS).toISOString().slice(0, 10);
    return `${date},${((k % 7) - 3) / 100},${((k % 5) - 2) / 100}`;
  };
  return ['date,BTC/USD,ETH/USD', ...Array.from({ length: days }, (_, k) => line(k))].join('\n');
};

/** Reads a configuration that names these files, with these bytes in them. */
function read(t: TestContext, files: Readonly<Record<string, string | Buffer>>): MaterialResult {
  const dir = mkdtempSync(join(tmpdir(), 'colin-material-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(dir, name), bytes);
  const settings = [
    ...('returns.csv' in files ? ['risk.returnsFile="returns.csv"'] : []),
    ...('stress.json' in files ? ['risk.stressFile="stress.json"'] : []),
  ];
  return readRiskMaterial(configOf(settings), [BTC, ETH], (path) => join(dir, path));
}

const problemsOf = (result: MaterialResult): readonly string[] =>
  result.kind === 'invalid' ? result.problems : [];

test('material: without files there are the crises, and no returns', (t) => {
  const result = read(t, {});
  assert.ok(result.kind === 'read');
  assert.equal(result.material.scenarios.length, crisisScenarios().length);
  assert.equal(result.material.returns, null);
});

test('material: returns are read, packed or not, and scenarios come after the crises', (t) => {
  const stress = JSON.stringify({ name: 'ours', shocks: { BTC: -0.3 } });
  for (const returns of [returnsOf(100), gzipSync(returnsOf(100))]) {
    const result = read(t, { 'returns.csv': returns, 'stress.json': stress });
    assert.ok(result.kind === 'read', problemsOf(result).join());
    assert.equal(result.material.returns?.rows, 100);
    assert.equal(result.material.scenarios.at(-1)?.name, 'ours');
  }
});

test('material: a few days are no history', (t) => {
  const problems = problemsOf(read(t, { 'returns.csv': returnsOf(99) }));
  assert.deepEqual(problems, ['returns.csv: 99 days; at least 100 are needed']);
});

test('material: a scenario may not take the name of a crisis', (t) => {
  const [{ name } = { name: '' }] = crisisScenarios();
  const stress = JSON.stringify({ name, shocks: { BTC: -0.01 } });
  const problems = problemsOf(read(t, { 'stress.json': stress }));
  assert.deepEqual(problems, [`stress.json: '${name}' is the name of a built-in scenario`]);
});

test('material: everything wrong with both files is told at once', (t) => {
  const broken = gzipSync(returnsOf(100)).subarray(0, 50);
  const stress = JSON.stringify({ name: 'x', shocks: { NOSUCH: -0.3, BTC: -2 } });
  const problems = problemsOf(read(t, { 'returns.csv': broken, 'stress.json': stress }));
  assert.equal(problems.length, 3, problems.join('\n'));
  assert.match(problems[0] ?? '', /^risk\.returnsFile: returns\.csv cannot be read/);
  for (const problem of problems.slice(1)) assert.match(problem, /^stress\.json: /);
});

test('material: a file that is not there is a problem of its setting', () => {
  const config = configOf(['risk.returnsFile="/no/such/file.csv"']);
  const [problem] = problemsOf(readRiskMaterial(config, [BTC, ETH], (path) => path));
  assert.match(problem ?? '', /^risk\.returnsFile: \/no\/such\/file\.csv cannot be read: ENOENT/);
});
