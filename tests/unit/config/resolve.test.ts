// Owns the tests of how a configuration comes together, and of what is refused.
// Promise: sources are plain objects made here; nothing is read from this machine.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ConfigProblem,
  type ConfigSources,
  resolveConfig,
} from '../../../engine/config/resolve.ts';
import { type Config, configJsonSchema } from '../../../engine/config/schema.ts';

const NOTHING: ConfigSources = { file: undefined, environment: {}, settings: [] };

function resolved(sources: Partial<ConfigSources>): Config {
  const result = resolveConfig({ ...NOTHING, ...sources });
  assert.equal(result.kind, 'resolved', JSON.stringify(result));
  assert.ok(result.kind === 'resolved');
  return result.config;
}

function problems(sources: Partial<ConfigSources>): readonly ConfigProblem[] {
  const result = resolveConfig({ ...NOTHING, ...sources });
  assert.ok(result.kind === 'invalid', 'it was accepted');
  return result.problems;
}

const paths = (sources: Partial<ConfigSources>): readonly string[] =>
  problems(sources)
    .map(({ path }) => path)
    .sort();

test('config: nothing given is a whole configuration', () => {
  const { main, risk } = resolved({});
  assert.deepEqual(
    [main.environment, main.host, main.apiPort, risk.maxLeverage, risk.drawdownHard],
    ['development', '127.0.0.1', 8000, 3, 0.05],
  );
});

test('config: the file beats a default, and leaves its neighbours alone', () => {
  const { risk } = resolved({ file: { risk: { maxLeverage: 2 } } });
  assert.deepEqual([risk.maxLeverage, risk.maxOpenOrders], [2, 200]);
});

test('config: the environment beats the file', () => {
  const file = { main: { environment: 'staging', logLevel: 'debug', apiPort: 9000 } };
  const { main } = resolved({ file, environment: { ENVIRONMENT: 'Production' } });
  assert.deepEqual([main.environment, main.logLevel, main.apiPort], ['production', 'debug', 9000]);
});

test('config: an empty variable of the environment is none', () => {
  const file = { main: { logLevel: 'debug' } };
  assert.equal(resolved({ file, environment: { LOG_LEVEL: '' } }).main.logLevel, 'debug');
});

test('config: a flag beats environment and file, and the later flag the earlier', () => {
  const { main } = resolved({
    file: { main: { logLevel: 'debug' } },
    environment: { LOG_LEVEL: 'warn' },
    settings: ['main.logLevel=error', 'main.logLevel=silent'],
  });
  assert.equal(main.logLevel, 'silent');
});

test('config: a flag takes numbers, booleans, lists and plain text', () => {
  const config = resolved({
    settings: [
      'risk.maxLeverage=2.5',
      'gateway.metricsOpen=false',
      'compliance.restricted=["DOGE"]',
      'ai.modelDir=models/a=b',
    ],
  });
  assert.deepEqual(
    [config.risk.maxLeverage, config.gateway.metricsOpen, config.compliance.restricted],
    [2.5, false, ['DOGE']],
  );
  assert.equal(config.ai.modelDir, 'models/a=b');
});

test('config: unknown keys are named with their path, from every source', () => {
  const file = { risk: { maxLeverrage: 2 }, riks: {} };
  assert.deepEqual(paths({ file, settings: ['main.port=1', 'a.b.c=1'] }), [
    'a',
    'main.port',
    'riks',
    'risk.maxLeverrage',
  ]);
});

test('config: every problem is told at once', () => {
  const file = { risk: { maxLeverage: 1000 }, main: { apiPort: 'x' }, storage: { wal: true } };
  const settings = ['no-equals-sign', 'ai.shards=0'];
  assert.deepEqual(paths({ file, settings }), [
    'ai.shards',
    'main.apiPort',
    'no-equals-sign',
    'risk.maxLeverage',
    'storage.wal',
  ]);
});

test('config: a file that is no object of groups is refused', () => {
  for (const file of [[1], 'text', 7, null]) assert.deepEqual(paths({ file }), ['(file)']);
  assert.deepEqual(paths({ file: { risk: null } }), ['risk']);
});

test('config: a drawdown warning at or above the hard limit is refused', () => {
  const at = (warning: number) => ({ settings: [`risk.drawdownWarning=${warning}`] });
  assert.equal(resolved(at(0.049)).risk.drawdownWarning, 0.049);
  assert.deepEqual(paths(at(0.05)), ['risk.drawdownWarning']);
  assert.deepEqual(paths(at(0.06)), ['risk.drawdownWarning']);
});

const LIMITS = [
  'maxPositionUsd',
  'maxOrderNotionalUsd',
  'maxOrderQuantity',
  'maxPortfolioExposure',
  'maxLeverage',
  'drawdownWarning',
  'varLimit95OneDay',
  'priceCollar',
  'passiveCollar',
  'maxOpenOrders',
  'ordersPerSecond',
  'ordersBurst',
  'markAgeMsMax',
  'equityAgeMsMax',
];

test('config: a risk limit of 0 is refused here, not by the engine that starts', () => {
  const settings = LIMITS.map((name) => `risk.${name}=0`);
  assert.deepEqual(paths({ settings }), LIMITS.map((name) => `risk.${name}`).sort());
});

test('config: a host others can reach needs keys', () => {
  const settings = ['main.host=0.0.0.0'];
  assert.deepEqual(paths({ settings }), ['main.host']);
  assert.deepEqual(paths({ settings, environment: { ADMIN_API_KEYS: ' , ' } }), ['main.host']);
  const { main } = resolved({ settings, environment: { ADMIN_API_KEYS: 'k' } });
  assert.equal(main.host, '0.0.0.0');
});

test('config: loopback needs no keys, by any of its names', () => {
  for (const host of ['127.0.0.1', '::1', 'localhost']) {
    assert.equal(resolved({ settings: [`main.host=${host}`] }).main.host, host);
  }
});

test('config: secrets are read apart and never show in the configuration', () => {
  const environment = { ADMIN_API_KEYS: 'alpha-key, beta-key', JWT_SECRET_KEY: 'gamma-key' };
  const result = resolveConfig({ ...NOTHING, environment });
  assert.ok(result.kind === 'resolved');
  assert.deepEqual(result.secrets, {
    adminApiKeys: ['alpha-key', 'beta-key'],
    jwtSecretKey: 'gamma-key',
  });
  assert.doesNotMatch(JSON.stringify(result.config), /alpha|beta|gamma/);
  assert.deepEqual(paths({ file: { secrets: { adminApiKeys: ['k'] } } }), ['secrets']);
});

test('config: __proto__ in a flag is an unknown key and sets nothing', () => {
  assert.deepEqual(paths({ settings: ['__proto__={"risk":{"maxLeverage":9}}'] }), ['__proto__']);
  assert.deepEqual(paths({ settings: ['__proto__.risk.maxLeverage=9'] }), ['__proto__']);
  const inGroup = { settings: ['risk.__proto__.maxLeverage=9'] };
  assert.deepEqual(paths(inGroup), ['risk.__proto__']);
  assert.equal(({} as Record<string, unknown>).risk, undefined);
  assert.equal(({} as Record<string, unknown>).maxLeverage, undefined);
});

test('config: __proto__ and constructor in a file are unknown keys', () => {
  const file: unknown = JSON.parse('{"__proto__":{"a":1},"risk":{"__proto__":{"b":1}}}');
  assert.deepEqual(paths({ file }), ['__proto__', 'risk.__proto__']);
  assert.deepEqual(paths({ settings: ['constructor.prototype.c=1'] }), ['constructor']);
  assert.equal(({} as Record<string, unknown>).c, undefined);
});

test('config: the file of the caller is not changed', () => {
  const file = { risk: { maxLeverage: 2 } };
  resolved({ file, settings: ['risk.maxLeverage=1'] });
  assert.deepEqual(file, { risk: { maxLeverage: 2 } });
});

type Group = { additionalProperties: boolean };

test('config: the published schema knows every group and allows no other', () => {
  const schema = configJsonSchema() as {
    properties: Record<string, Group & { items?: Group }>;
    additionalProperties: boolean;
  };
  assert.deepEqual(Object.keys(schema.properties), Object.keys(resolved({})));
  assert.equal(schema.additionalProperties, false);
  for (const group of Object.values(schema.properties)) {
    assert.equal((group.items ?? group).additionalProperties, false); // `strategies` is a list
  }
});

test('config: an account has 1 to 64 visible characters, none that JSON writes as two', () => {
  const named = (name: string): readonly string[] =>
    paths({ file: { compliance: { accounts: ['main', name] } } });
  const { compliance } = resolved({ file: { compliance: { accounts: ['a'.repeat(64), '~'] } } });
  assert.deepEqual(compliance.accounts, ['a'.repeat(64), '~']);
  for (const name of ['', 'a'.repeat(65), 'a b', 'a\n', 'a\0', 'ä', '"', 'a\\b']) {
    assert.deepEqual(named(name), ['compliance.accounts.1'], JSON.stringify(name));
  }
});

test('config: a strategy has 1 to 48 characters of its alphabet', () => {
  const named = (name: string): ConfigSources['file'] => ({
    strategies: [{ name, module: 'buy-and-hold' }],
  });
  assert.equal(resolved({ file: named('a'.repeat(48)) }).strategies[0]?.name.length, 48);
  for (const name of ['', 'a'.repeat(49), 'A', 'a b', 'a\0']) {
    assert.deepEqual(paths({ file: named(name) }), ['strategies.0.name'], JSON.stringify(name));
  }
});
