// Owns the tests of what every command reads first: options, configuration, folders.
// Promise: configuration files lie in temporary folders; the checkout's own is not touched.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runConfig } from '../../../cli/config.ts';
import {
  flagOption,
  housePath,
  listOption,
  ROOT,
  readOptions,
  readSetup,
  textOption,
  userPath,
} from '../../../cli/invocation.ts';
import { readVersion, runVersion } from '../../../cli/version.ts';
import { capture } from './captured.ts';

const OWN = { data: { type: 'string', multiple: true }, model: { type: 'string' } } as const;

function configFile(t: TestContext, text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'colin-config-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'colin.config.json');
  writeFileSync(path, text);
  return path;
}

test('invocation: options of the command and of every command are read side by side', () => {
  const args = ['--data', 'a', '--data', 'b', '--json', '--set', 'x.y=1', 'verify'];
  const options = readOptions('replay', args, OWN);
  assert.ok(options !== null);
  assert.deepEqual(listOption(options, 'data'), ['a', 'b']);
  assert.deepEqual(listOption(options, 'set'), ['x.y=1']);
  assert.deepEqual([flagOption(options, 'json'), textOption(options, 'model')], [true, undefined]);
  assert.deepEqual(options.positionals, ['verify']);
});

test('invocation: an unknown option is a complaint that names help, and no options', async () => {
  const { exitCode, err } = await capture(() =>
    readOptions('replay', ['--dta', 'a'], OWN) === null ? 2 : 0,
  );
  assert.equal(exitCode, 2);
  assert.match(err, /--dta.*'colin help replay' lists the options/);
});

test('invocation: paths of people start where they stand, paths of the house at the house', () => {
  assert.equal(userPath('/a/b'), '/a/b');
  assert.equal(userPath('b'), join(process.cwd(), 'b'));
  assert.equal(housePath('logs/x'), join(ROOT, 'logs', 'x'));
  assert.equal(housePath('/logs/x'), '/logs/x');
});

test('invocation: a named file and flags become the setup', (t) => {
  const path = configFile(t, '{"risk":{"maxLeverage":2},"main":{"seed":"file"}}');
  const args = ['--config', path, '--set', 'main.seed=flag', '--state', '/tmp/somewhere'];
  const options = readOptions('run', args, {});
  assert.ok(options !== null);
  const setup = readSetup(options, ['main.seed=option', 'main.apiPort=0']);
  assert.ok(setup !== null);
  const { main, risk } = setup.config;
  assert.deepEqual([risk.maxLeverage, main.seed, main.apiPort], [2, 'flag', 0]);
  assert.equal(setup.stateDir, '/tmp/somewhere');
});

test('invocation: a named file that is missing or no JSON is told by its path', async (t) => {
  const bad = configFile(t, '{"risk":');
  for (const path of [bad, `${bad}.none`]) {
    const { exitCode, err } = await capture(() => runConfig(['check', '--config', path]));
    assert.equal(exitCode, 3);
    assert.ok(err.includes(`configuration: ${path}: `), err);
  }
});

test('config command: check names every problem and exits 3', async () => {
  const settings = ['--set', 'risk.maxLeverage=1000', '--set', 'nope.x=1'];
  const { exitCode, err, out } = await capture(() => runConfig(['check', ...settings]));
  assert.equal(exitCode, 3);
  assert.match(err, /risk\.maxLeverage: .*\n.*nope: unknown key/);
  assert.equal(out, '');
});

test('config command: check names limits that contradict each other', async () => {
  const key = 'BTCUSDT.binance-usdm';
  const limits = {
    system: {},
    portfolios: {},
    strategies: { manual: { leverage: 9 }, nobody: { gross: 1 } },
    venues: { 'binance-usdm': { order_notional: 500 } },
    instruments: { [key]: { order_notional: 800, position: 5 } },
  };
  const setting = `risk.limits=${JSON.stringify(limits)}`;
  const { exitCode, err, out } = await capture(() => runConfig(['check', '--set', setting]));
  assert.deepEqual([exitCode, out], [3, '']);
  const told = err.trim().split('\n');
  assert.equal(told.length, 3, err);
  for (const part of [
    `instruments.${key}.order_notional: instrument:${key} order_notional 800 is above venue:`,
    'strategies.manual.leverage: strategy:manual leverage 9 is above system leverage 3',
    'strategies.nobody: there is no strategy:nobody in this run',
  ]) {
    assert.ok(err.includes(`configuration: risk.limits.${part}`), err);
  }
  assert.equal((await capture(() => runConfig(['check']))).exitCode, 0);
});

test('config command: show prints what would run, as JSON and without the keys', async (t) => {
  const before = process.env.ADMIN_API_KEYS;
  process.env.ADMIN_API_KEYS = 'hush-hush';
  t.after(() => {
    if (before === undefined) delete process.env.ADMIN_API_KEYS;
    else process.env.ADMIN_API_KEYS = before;
  });
  const { exitCode, out } = await capture(() => runConfig(['show', '--set', 'main.seed=s']));
  assert.equal(exitCode, 0);
  assert.equal((JSON.parse(out) as { main: { seed: string } }).main.seed, 's');
  assert.doesNotMatch(out, /hush/);
});

test('config command: schema is JSON Schema, and other words are a usage error', async () => {
  const { exitCode, out } = await capture(() => runConfig(['schema']));
  assert.equal(exitCode, 0);
  assert.match((JSON.parse(out) as { $schema: string }).$schema, /json-schema\.org/);
  assert.equal((await capture(() => runConfig(['sho']))).exitCode, 2);
  assert.equal((await capture(() => runConfig(['show', 'me']))).exitCode, 2);
});

test('version command: people and machines are told the same version', async () => {
  const people = await capture(() => runVersion([]));
  assert.match(people.out, new RegExp(`^colin ${readVersion()} \\(node \\d+\\.`));
  const machines = await capture(() => runVersion(['--json']));
  assert.equal((JSON.parse(machines.out) as { colin: string }).colin, readVersion());
  assert.equal((await capture(() => runVersion(['--jsn']))).exitCode, 2);
});
