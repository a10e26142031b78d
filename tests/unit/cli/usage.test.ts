// Owns the tests that help tells the truth: every command, every option, and no other.
// Promise: commands and options are read from the sources that parse them, not from a copy.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../../cli/invocation.ts';
import { USAGE, usageOf } from '../../../cli/usage.ts';

const CLI = join(ROOT, 'cli');
const source = (file: string): string => readFileSync(join(CLI, file), 'utf8');

/** Names of options that a source declares for parseArgs. */
const optionsIn = (files: readonly string[]): string[] =>
  [
    ...files
      .map(source)
      .join('\n')
      .matchAll(/'?([a-z-]+)'?: \{ type: '(?:string|boolean)'/g),
  ].map((m) => m[1] ?? '');

const COMMANDS = [...source('main.ts').matchAll(/^ {2}(\w+): async \(\) => /gm)].map(
  (match) => match[1] ?? '',
);

const PARSERS: Readonly<Record<string, readonly string[]>> = {
  run: ['trade/run-plan.ts'],
  replay: ['trade/replay.ts'],
  train: ['train/train.ts'],
  audit: ['audit/select.ts'],
  risk: ['risk/risk.ts', 'control/api-client.ts'],
  strategy: ['strategy/strategy.ts'],
  status: ['control/api-client.ts'],
  kill: ['control/kill.ts', 'control/api-client.ts'],
  resume: ['control/resume.ts', 'control/api-client.ts'],
  validate: ['validate/validate.ts'],
};

test('help: every command has a line in the overview and a text of its own', () => {
  assert.ok(COMMANDS.length >= 8, COMMANDS.join(' '));
  for (const command of COMMANDS) {
    assert.match(USAGE, new RegExp(`^ {2}${command} `, 'm'));
    assert.ok(usageOf(command).startsWith(`colin ${command}`), command);
  }
});

test('help: every option a command reads is in its help', () => {
  for (const [command, files] of Object.entries(PARSERS)) {
    const options = optionsIn(files);
    assert.ok(options.length > 0, `${files}: ${options.join(' ')}`);
    for (const option of options) {
      assert.ok(usageOf(command).includes(`--${option} `), `colin ${command} --${option}`);
    }
  }
  for (const option of optionsIn(['invocation.ts'])) {
    assert.ok(usageOf('run').includes(`--${option} `), `--${option}`);
  }
});

test('help: every option in the help of a command is read by it', () => {
  const everywhere = [...optionsIn(['invocation.ts']), 'help'];
  for (const [command, files] of Object.entries(PARSERS)) {
    const known = new Set([...optionsIn(files), ...everywhere]);
    const told = [...usageOf(command).matchAll(/--([a-z-]+)/g)].map((match) => match[1] ?? '');
    const unknown = told.filter((option) => !known.has(option));
    assert.deepEqual(unknown, [], command);
  }
});

test('help: the scenarios of a run are all named, the default as such', () => {
  const [, names = ''] = /SCENARIOS = \[(.*?)\]/.exec(source('trade/run-plan.ts')) ?? [];
  const scenarios = [...names.matchAll(/'(\w+)'/g)].map((match) => match[1] ?? '');
  assert.ok(scenarios.length > 1);
  const [, line = ''] = /--scenario S (.*)/.exec(usageOf('run')) ?? [];
  for (const scenario of scenarios) assert.ok(line.includes(scenario), `${scenario} in '${line}'`);
  const [, standard = '?'] =
    /scenario: \{ type: 'string', default: '(\w+)'/.exec(source('trade/run-plan.ts')) ?? [];
  assert.match(line, new RegExp(`${standard} \\(default\\)`));
});

test('help: a name nobody knows gets the overview', () => {
  for (const name of ['nope', 'constructor', 'toString']) assert.equal(usageOf(name), USAGE);
});

function colin(...args: readonly string[]) {
  const argv = ['--disable-warning=ExperimentalWarning', join(CLI, 'main.ts'), ...args];
  return spawnSync(process.execPath, argv, { encoding: 'utf8' });
}

test('colin: without a command it tells its usage and exits 2; asked for help, 0', () => {
  const [bare, help, one] = [colin(), colin('help'), colin('replay', '--help')];
  assert.deepEqual([bare.status, bare.stdout], [2, USAGE]);
  assert.deepEqual([help.status, help.stdout], [0, USAGE]);
  assert.deepEqual([one.status, one.stdout], [0, usageOf('replay')]);
});

test('colin: an unknown command is a usage error and runs nothing', () => {
  for (const name of ['rnu', 'constructor', '__proto__']) {
    const { status, stderr, stdout } = colin(name);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, new RegExp(`^colin: there is no command '${name}'`));
  }
});

test('colin: a reader that goes away is no fault', () => {
  for (const command of ['help', 'config schema', 'version']) {
    const line = `{ "$0" "$1" "$2" ${command}; echo "exit $?" >&2; } | true`;
    const argv = ['-c', line, process.execPath, '--disable-warning=ExperimentalWarning'];
    const { stderr } = spawnSync('sh', [...argv, join(CLI, 'main.ts')], { encoding: 'utf8' });
    assert.equal(stderr, 'exit 0\n', command);
  }
});
