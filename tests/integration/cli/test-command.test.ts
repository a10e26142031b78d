// Owns the tests of `colin test` as a process: its exit codes and its one document.
// Promise: runs a single small test file inside, never the whole suite.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));

const PLANTED = { BINANCE_API_SECRET: 'planted', DB_HOST: 'db.example' };

// Inside a test, node:test refuses to run files unless it is told that this is a fresh start.
function runCommand(...args: readonly string[]) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', MAIN, 'test', ...args],
    { env: { ...env, ...PLANTED }, encoding: 'utf8' },
  );
}

test('colin test: a pattern that matches nothing is a usage error', () => {
  const { status, stderr } = runCommand('no-such-file');
  assert.equal(status, 2);
  assert.match(stderr, /no test file matches no-such-file/);
});

test('colin test: an unknown flag is a usage error', () => {
  assert.equal(runCommand('--watch').status, 2);
});

test('colin test: a pattern runs those files only and reports them in one document', () => {
  const { status, stdout, stderr } = runCommand('--json', 'unit/cli/coverage');
  assert.equal(status, 0, stderr);
  const report = JSON.parse(stdout) as { tests: number; passed: number; coverage: unknown };
  assert.deepEqual([report.tests, report.passed, report.coverage], [4, 4, null]);
  assert.match(stderr, /✔ tests\/unit\/cli\/coverage.test.ts: 4 of 4/);
});

test('colin test: keys of the shell are gone before a test runs', () => {
  const { status, stderr } = runCommand('unit/cli/environment');
  assert.equal(status, 0, stderr);
});
