// Owns the tests of where paths start: options where one stands, the configuration at the checkout.
// Promise: run from another folder than the checkout; nothing is started.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ROOT } from '../../../cli/invocation.ts';
import { openModelFor } from '../../../cli/trade/model-option.ts';
import { runRun } from '../../../cli/trade/run.ts';
import { configOf } from '../../engine-fixture.ts';
import { capture } from './captured.ts';

/** The rest of the test stands there. */
function elsewhere(t: TestContext): string {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), 'colin-elsewhere-'));
  process.chdir(folder);
  t.after(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });
  return process.cwd();
}

test('paths: a model of an option is looked for where one stands', async (t) => {
  const here = elsewhere(t);
  const refused = async (option: string | undefined, modelDir: string): Promise<string> => {
    const config = configOf([`ai.modelDir=${modelDir}`]);
    const open = async () => ((await openModelFor(option, config)) === 'refused' ? 3 : 0);
    return (await capture(open)).err;
  };
  assert.ok((await refused('gone', 'models/demo')).includes(join(here, 'gone')));
  assert.ok((await refused(undefined, 'gone')).includes(join(ROOT, 'gone')));
  assert.equal(await openModelFor('none', configOf()), null);
});

test('paths: returns and scenarios of the configuration lie in the checkout', async (t) => {
  elsewhere(t);
  const settings = ['risk.returnsFile=gone.csv', 'risk.stressFile=gone.json'];
  const args = ['--mode', 'test', ...settings.flatMap((setting) => ['--set', setting])];
  const { exitCode, err } = await capture(() => runRun(args));
  assert.equal(exitCode, 3);
  for (const name of ['gone.csv', 'gone.json']) assert.ok(err.includes(join(ROOT, name)), err);
});
