// Owns the cases of which strategies a configuration runs, and of what is wrong with one.
// Promise: configurations are resolved as a command does; every problem has its path.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConfigProblem, resolveConfig } from '../../../engine/config/resolve.ts';
import type { Config } from '../../../engine/config/schema.ts';
import {
  instancesOf,
  problemsOfInstances,
  problemsOfTraded,
  strategyNamesOf,
} from '../../../engine/strategies/instances.ts';
import { problemsOfSchema, readParameters } from '../../../engine/strategies/parameters.ts';
import { TRADED } from '../../strategies-fixture.ts';

const resolve = (file: object, settings: string[] = []) =>
  resolveConfig({ file, environment: {}, settings });

function configOf(file: object, settings: string[] = []): Config {
  const result = resolve(file, settings);
  assert.ok(result.kind === 'resolved', JSON.stringify(result));
  return result.config;
}

function refused(file: object): readonly string[] {
  const result = resolve(file);
  assert.ok(result.kind === 'invalid', 'it was accepted');
  return result.problems.map(({ path, message }: ConfigProblem) => `${path}: ${message}`);
}

const paths = (config: Config): readonly string[] =>
  problemsOfInstances(config).map(({ path, message }) => `${path}: ${message}`);

const one = (parts: object = {}): object => ({ name: 'one', module: 'imbalance-taker', ...parts });

test('instances: nothing said is signal-follower with the sizes of the house', () => {
  assert.deepEqual(instancesOf(configOf({ main: { defaultOrderNotionalUsd: 7 } })), [
    {
      name: 'signal-follower',
      module: 'signal-follower',
      account: 'main',
      instruments: ['*'],
      parameters: { notionalUsd: 7, maxPositionUsd: 100_000, strongConfidence: 0.5 },
      isolated: false,
    },
  ]);
});

test('instances: execution.strategy is short for one instance, with its parameters', () => {
  const settings = ['execution.strategy=imbalance-taker', 'execution.parameters.threshold=0.3'];
  const config = configOf({}, settings);
  assert.deepEqual(strategyNamesOf(config), ['imbalance-taker', 'manual']);
  assert.equal(instancesOf(config)[0]?.parameters.threshold, 0.3);
  assert.deepEqual(paths(config), []);
  assert.deepEqual(strategyNamesOf(configOf({ execution: { strategy: 'none' } })), ['manual']);
});

test('instances: several, built in and files, each as it is written', () => {
  const config = configOf({
    compliance: { accounts: ['main', 'desk'] },
    strategies: [
      one({ account: 'desk', parameters: { notionalUsd: 5 } }),
      {
        name: 'mine',
        module: '/home/anna/mine.ts',
        instruments: ['BTCUSDT'],
        parameters: { a: 1 },
      },
    ],
  });
  const [first, second] = instancesOf(config);
  assert.deepEqual(
    [first?.account, first?.parameters.notionalUsd, first?.isolated],
    ['desk', 5, false],
  );
  assert.deepEqual(
    [second?.account, second?.isolated, second?.parameters],
    ['main', true, { a: 1 }],
  );
  assert.deepEqual(strategyNamesOf(config), ['one', 'mine', 'manual']);
});

test('instances: limits beside a strategy are limits of the tree', () => {
  const config = configOf({ strategies: [one({ limits: { gross: 5000 } })] });
  assert.deepEqual(config.risk.limits.strategies, { one: { gross: 5000 } });
  const both = {
    strategies: [one({ limits: { gross: 1 } })],
    risk: { limits: { strategies: { one: {} } } },
  };
  assert.match(refused(both).join(), /strategies.0.limits: give them here or in/);
});

test('instances: every mistake of the configuration is told at once, with its path', () => {
  const found = refused({
    strategies: [
      one({ name: 'manual' }),
      one({ name: 'Big Name' }),
      one({ instruments: [], parameters: { a: {} }, extra: 1, limits: { position: 1 } }),
    ],
    strategyHost: { callMsMax: 0, intentsPerSecond: -1 },
  }).join('\n');
  for (const text of [
    /strategies.0.name: 'manual' is the name of orders by hand/,
    /strategies.1.name: must be 1 to 48 small letters/,
    /strategies.2.instruments/,
    /strategies.2.parameters.a/,
    /strategies.2.extra: unknown key/,
    /strategies.2.limits/,
    /strategyHost.callMsMax/,
    /strategyHost.intentsPerSecond/,
  ]) {
    assert.match(found, text);
  }
  const twice = refused({ strategies: [one(), one()] });
  assert.deepEqual(twice, ["strategies.1.name: 'one' is the name of another one"]);
});

test('instances: accounts, modules and parameters that are not there are told by name', () => {
  const config = configOf({
    strategies: [
      one({ account: 'gone', parameters: { threshold: 2, treshold: 1 } }),
      { name: 'two', module: 'momentum' },
    ],
  });
  const found = paths(config).join('\n');
  assert.match(found, /strategies.0.account: 'gone' is not in compliance.accounts: main/);
  assert.match(found, /strategies.0.parameters.treshold: there is no such parameter: threshold/);
  assert.match(found, /strategies.0.parameters.threshold: must be a number from 0 to 1, not 2/);
  assert.match(found, /strategies.1.module: 'momentum' is neither built in \(signal-follower/);
});

test('instances: an instrument that this run does not trade is told by name', () => {
  const config = configOf({ strategies: [one({ instruments: ['BTCUSDT', 'XRPUSDT.test', '*'] })] });
  assert.deepEqual(problemsOfTraded(config, TRADED), [
    {
      path: 'strategies.0.instruments',
      message: 'XRPUSDT.test is not traded by this run; name a key like BTCUSDT.test',
    },
  ]);
});

const SCHEMA = {
  n: { kind: 'number', default: 1, min: 0.5, max: 2, unit: 'USD', doc: 'x' },
  d: {
    kind: 'decimal',
    default: '0.1',
    min: '0.000000000000000001',
    max: '90071992547409931.5',
    doc: 'x',
  },
  b: { kind: 'boolean', default: false, doc: 'x' },
  t: { kind: 'text', default: '', lengthMax: 3, doc: 'x' },
  c: { kind: 'choice', default: 'a', choices: ['a', 'b'], doc: 'x' },
} as const;

test('parameters: defaults fill what is not given, bounds are inclusive', () => {
  const read = readParameters(SCHEMA, { n: 2, d: '90071992547409931.5' }, 'p');
  assert.ok(read.kind === 'parameters');
  assert.deepEqual({ ...read.values }, { n: 2, d: '90071992547409931.5', b: false, t: '', c: 'a' });
  assert.equal(
    readParameters(SCHEMA, { n: 0.5, d: '0.000000000000000001' }, 'p').kind,
    'parameters',
  );
});

for (const [name, bad] of [
  ...[0.49, 2.01, Number.NaN, Number.POSITIVE_INFINITY, '1', null].map((v) => ['n', v]),
  ...[0.1, '0', '-1', '1e3', '90071992547409931.6', '0.0000000000000000001', ''].map((v) => [
    'd',
    v,
  ]),
  ...['true', 1].map((v) => ['b', v]),
  ...['long', 1].map((v) => ['t', v]),
  ...['A', 1, undefined].map((v) => ['c', v]),
] as [string, unknown][]) {
  test(`parameters: ${String(bad)} is no value for ${name}`, () => {
    const read = readParameters(SCHEMA, { [name]: bad }, 'p');
    assert.ok(read.kind === 'invalid');
    assert.equal(read.problems[0]?.path, `p.${name}`);
  });
}

test('parameters: a schema says what is wrong with it', () => {
  assert.deepEqual(problemsOfSchema(SCHEMA, 'p'), []);
  const doc = 'x';
  for (const bad of [
    null,
    { a: 1 },
    { a: { kind: 'float', default: 1, doc } },
    { a: { kind: 'number', default: 1, min: 0, max: 2 } },
    { a: { kind: 'number', default: 3, min: 0, max: 2, doc } },
    { a: { kind: 'number', default: 1, min: 2, max: 0, doc } },
    { a: { kind: 'integer', default: 1.5, min: 0, max: 2, doc } },
    { a: { kind: 'text', default: '', doc } },
    { a: { kind: 'choice', default: 'a', choices: [], doc } },
    { 'a b': { kind: 'boolean', default: true, doc } },
  ]) {
    assert.equal(problemsOfSchema(bad, 'p').length, 1, JSON.stringify(bad));
  }
});
