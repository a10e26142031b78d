// Owns the tests of user-defined scenarios: what is read, and how what is wrong is named.
// Promise: each refusal is checked by the path and the words it gives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseScenarios, SCENARIOS_MAX } from '../../../engine/analysis/scenario-file.ts';

const known = new Set(['PEPE', 'TURBO']);

function problemsOf(document: unknown): readonly string[] {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  const result = parseScenarios(text, known);
  assert.equal(result.kind, 'invalid');
  return result.kind === 'invalid' ? result.problems : [];
}

test('scenario file: every key is read into its field', () => {
  const result = parseScenarios(
    JSON.stringify({
      name: 'venue fails',
      description: 'ours',
      shocks: { BTC: -0.3, PEPE: -0.9, '@large_cap': -0.4, '*': -0.5, USDT: -0.02 },
      basis: -0.05,
      funding: 0.001,
      spread_multiplier: 8,
      depth_multiplier: 0.2,
      duration_days: 3,
    }),
    known,
  );
  assert.ok(result.kind === 'read');
  assert.deepEqual(result.scenarios, [
    {
      name: 'venue fails',
      description: 'ours',
      shocks: new Map([
        ['BTC', -0.3],
        ['PEPE', -0.9],
        ['@large_cap', -0.4],
        ['*', -0.5],
        ['USDT', -0.02],
      ]),
      basis: -0.05,
      funding: 0.001,
      spreadMultiplier: 8,
      depthMultiplier: 0.2,
      durationDays: 3,
    },
  ]);
});

test('scenario file: one scenario, a list, and a wrapped list are the same', () => {
  const one = { name: 'a', shocks: { BTC: -1 } };
  for (const document of [one, [one], { scenarios: [one] }]) {
    const result = parseScenarios(JSON.stringify(document), known);
    assert.ok(result.kind === 'read');
    assert.equal(result.scenarios[0]?.name, 'a');
    assert.equal(result.scenarios[0]?.spreadMultiplier, 1);
  }
});

test('scenario file: every unknown asset is named, and a near miss is told', () => {
  const problems = problemsOf({
    name: 'x',
    shocks: { NOSUCH: -0.1, btc: -0.1, 'BTC/USD': -0.1, '@alts': -0.1, ALSONOT: 0 },
  });
  assert.equal(problems.length, 5);
  assert.match(problems[0] ?? '', /^scenario\.shocks\.NOSUCH: .* neither the book nor Colin knows/);
  assert.match(problems[1] ?? '', /shocks\.btc: is not known; write BTC/);
  assert.match(problems[2] ?? '', /BTC\/USD: is a pair/);
  assert.match(problems[3] ?? '', /@alts: is no group; groups are @large_cap/);
  assert.match(problems[4] ?? '', /ALSONOT/);
});

test('scenario file: a price cannot fall below zero, exactly to zero it can', () => {
  const [problem] = problemsOf({ name: 'x', shocks: { BTC: -1.0001 } });
  assert.match(problem ?? '', /shocks\.BTC: -1.0001 is not within -1 and 100/);
  assert.equal(parseScenarios('{"name":"x","shocks":{"BTC":-1}}', known).kind, 'read');
});

test('scenario file: what is no number is refused, overflow included', () => {
  assert.match(
    problemsOf('{"name":"x","shocks":{"BTC":1e999}}')[0] ?? '',
    /Infinity is not within/,
  );
  for (const value of ['-0.3', null, true, [], {}]) {
    assert.match(
      problemsOf({ name: 'x', shocks: { BTC: value } })[0] ?? '',
      /BTC: .* not a number/,
    );
  }
  assert.match(problemsOf('{"name":"x","shocks":{"BTC":NaN}}')[0] ?? '', /is not JSON/);
});

test('scenario file: all problems of all scenarios come at once, with their paths', () => {
  const problems = problemsOf([
    { shocks: {} },
    { name: 'b', shocks: { BTC: 2e9 }, spread_multiplier: 0.5, colour: 'red' },
    { name: 'b', shocks: { BTC: 0 }, depth_multiplier: 0, duration_days: 0, basis: -1 },
    7,
  ]);
  const paths = problems.map((problem) => problem.split(':')[0]);
  assert.deepEqual(paths, [
    'scenarios[0].name',
    'scenarios[0].shocks',
    'scenarios[1].colour',
    'scenarios[1].spread_multiplier',
    'scenarios[1].shocks.BTC',
    'scenarios[2].basis',
    'scenarios[2].depth_multiplier',
    'scenarios[2].duration_days',
    'scenarios[3]',
    'scenarios[2].name',
  ]);
});

test('scenario file: lists empty or too long and strangers beside them are refused', () => {
  assert.match(problemsOf([])[0] ?? '', /the list is empty/);
  assert.match(problemsOf({ scenarios: 3 })[0] ?? '', /scenarios: is not a list/);
  assert.match(problemsOf({ scenarios: [], author: 'me' })[0] ?? '', /^author: /);
  const many = Array.from({ length: SCENARIOS_MAX + 1 }, (_, i) => ({
    name: `s${i}`,
    shocks: { BTC: 0 },
  }));
  assert.match(problemsOf(many)[0] ?? '', /201 of them; at most 200/);
  assert.match(problemsOf('')[0] ?? '', /is not JSON/);
});

test('scenario file: a flood of problems is counted, not listed', () => {
  const shocks = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`NO${i}`, 0]));
  const problems = problemsOf({ name: 'x', shocks });
  assert.equal(problems.length, 101);
  assert.equal(problems.at(-1), 'and 50 more');
});
