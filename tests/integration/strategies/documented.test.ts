// Owns the case that the example of docs/strategies.md runs as the document says.
// Promise: file and configuration are read from the document; the run is a person's own.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { housePath } from '../../../cli/invocation.ts';
import { runColin, temporaryFolder } from '../../colin-process.ts';
import { bodiesOf, recordsOf } from '../../system-fixture.ts';

const DOC = readFileSync(housePath('docs/strategies.md'), 'utf8');
const MODULE = '/home/anna/my-maker.ts'; // as the document names it

/** The first block of a language. */
function blockOf(language: string): string {
  const found = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(DOC)?.[1];
  assert.ok(found !== undefined, `there is no ${language}`);
  return found;
}

test('docs/strategies.md: its example trades spot and contract by its configuration', async (t) => {
  const folder = temporaryFolder(t);
  const [path, config, state] = ['my-maker.ts', 'colin.config.json', 'state'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(path, blockOf('ts'));
  assert.ok(blockOf('json').includes(MODULE));
  writeFileSync(config, blockOf('json').replace(MODULE, path));
  const args = ['--for', '3s', '--symbols', '2', '--port', '0', '--ws-port', '0', '--json'];
  const ran = await runColin(
    t,
    ...['run', '--mode', 'test', '--config', config, '--state', state, ...args],
  );
  assert.equal(ran.code, 0, ran.err);
  const records = recordsOf(state);
  const failed = bodiesOf(records, 'strategy').filter((one) => one.state === 'failed');
  assert.deepEqual(failed, []);
  const orders = bodiesOf(records, 'order').filter(({ order }) => order.strategy === 'maker');
  const traded = new Set(orders.map(({ order }) => order.instrument));
  assert.deepEqual([...traded].sort(), ['BTCUSDT.binance-spot', 'BTCUSDT.binance-usdm']);
});
