// Owns the tests of what `colin run` refuses before anything is started.
// Promise: exit codes and sentences; no thread, no port, no folder.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRun } from '../../../cli/trade/run.ts';
import { capture } from './captured.ts';

test('run: an environment of production never trades a generated market', async () => {
  const args = ['--mode', 'test', '--set', 'main.environment=production'];
  const { exitCode, err } = await capture(() => runRun(args));
  assert.equal(exitCode, 3);
  assert.match(err, /main\.environment: production.*set development or staging/);
});
