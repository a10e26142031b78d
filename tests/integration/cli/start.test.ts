// Owns the proof of how `colin run` starts and ends when something is in its way.
// Promise: real processes and real signals; every wait is for what the process says or writes.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { startColin, temporaryFolder } from '../../colin-process.ts';
import { bodiesOf, recordsOf } from '../../system-fixture.ts';

const SMALL = ['--symbols', '2', '--port', '0', '--ws-port', '0'];

function start(t: TestContext, state: string, ...args: string[]) {
  return startColin(t, 'run', '--mode', 'test', '--state', state, ...SMALL, ...args);
}

/** A configuration with a strategy that never returns from load, and one that runs. */
function stuckConfig(t: TestContext): string {
  const folder = temporaryFolder(t);
  const good = 'export const strategy = { parameters: {}, create: () => ({ onBook() {} }) };';
  const strategies = Object.entries({ stuck: 'for (;;) {}', good }).map(([name, text]) => {
    const module = join(folder, `${name}.ts`);
    writeFileSync(module, text);
    return { name, module };
  });
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ strategies, strategyHost: { loadMsMax: 60_000 } }));
  return config;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(5);
}

const statesOf = (state: string): string[] =>
  bodiesOf(recordsOf(state), 'strategy').map((one) => `${one.name} ${one.state}: ${one.reason}`);

const lastOf = (state: string): unknown => recordsOf(state).at(-1)?.body.kind;

test('start: a file that never returns at load holds up nobody else', async (t) => {
  const state = temporaryFolder(t);
  const running = start(t, state, '--config', stuckConfig(t));
  const ended = running.ended.then(({ err }) => assert.fail(err));
  await running.says(/dashboard/);
  await Promise.race([ended, until(() => statesOf(state).includes('good running: start'))]);
  ended.catch(() => undefined);
  assert.ok(statesOf(state).includes('stuck stopped: its file is being loaded'));
  running.process.kill('SIGTERM');
  const { code, err } = await running.ended;
  assert.equal(code, 0, err);
  assert.equal(lastOf(state), 'run_stopped');
  assert.ok(!statesOf(state).some((text) => text.startsWith('stuck failed')));
});

test('start: a signal in the middle of a start ends it in good order', async (t) => {
  const state = temporaryFolder(t);
  const running = start(t, state);
  await until(() => existsSync(join(state, 'engine.pid')));
  running.process.kill('SIGTERM');
  const { code, signal, err } = await running.ended;
  assert.deepEqual([code, signal], [0, null], err);
  assert.equal(lastOf(state), 'run_stopped');
});

test('start: a signal that comes again while it stops is answered, never a death', async (t) => {
  const state = temporaryFolder(t);
  const running = start(t, state);
  await running.says(/dashboard/);
  for (const name of ['SIGTERM', 'SIGTERM', 'SIGINT'] as const) {
    running.process.kill(name);
    await setTimeout(5); // as a launcher passes one on that its child has had already
  }
  const { code, signal, err } = await running.ended;
  assert.deepEqual([code, signal], [0, null], err);
  assert.match(
    err,
    /^stopping: \d+ orders? (is|are) open or being taken back; 5 s after the first signal/m,
  );
  assert.equal(lastOf(state), 'run_stopped');
});
