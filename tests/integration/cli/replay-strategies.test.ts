// Owns the proof that a replay tells what became of strategies, and checks orders as a run does.
// Promise: each case is a process of its own on one short recording; files lie in its folder.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { captureLines, writeCapture } from '../../capture-fixture.ts';
import { type Ran, runColin, temporaryFolder } from '../../colin-process.ts';

const LINES = captureLines(5);

/** A replay with one strategy of a file whose onBook is `body`, and these settings. */
async function replay(t: TestContext, body: string | null, ...settings: string[]): Promise<Ran> {
  const folder = temporaryFolder(t);
  const data = writeCapture(join(folder, 'binance-usdm-btcusdt.ndjson.gz'), LINES);
  const module = join(folder, 'mine.ts');
  if (body !== null) {
    const create = `create: ({ desk }) => ({ onBook({ instrument, ask }) { ${body} } })`;
    writeFileSync(module, `export const strategy = { parameters: {}, ${create} };\n`);
  }
  const config = join(folder, 'colin.config.json');
  writeFileSync(config, JSON.stringify({ strategies: [{ name: 'mine', module }] }));
  const places = ['--data', data, '--config', config, '--state', join(folder, 'state')];
  const set = settings.flatMap((one) => ['--set', one]);
  return runColin(t, 'replay', '--json', '--model', 'none', ...places, ...set);
}

const ordersOf = ({ out }: Ran): number => (JSON.parse(out) as { orders: number }).orders;

const WISH = `{ instrument, side: 'buy', qty: 10 * instrument.lot, price: null }`;
const BUY = `if (ask > 0) desk.submit(${WISH});`;

test('replay: a strategy that fails is told with its log, and the replay exits 4', async (t) => {
  const ran = await replay(t, `desk.log('hello'); throw new RangeError('beyond');`);
  assert.equal(ran.code, 4, ran.err);
  assert.match(ran.err, /strategy mine: hello/);
  assert.match(ran.err, /strategy mine failed: RangeError: beyond \(mine\.ts:1:\d+\)/);
});

test('replay: what a file prints is told on stderr, and the report stays whole', async (t) => {
  const ran = await replay(t, `if (ask > 0) console.log('printed', ask > 0);`);
  assert.equal(ran.code, 0, ran.err);
  assert.equal(ordersOf(ran), 0);
  assert.match(ran.err, /^printed true$/m);
});

test('replay: a file that is not there is a mistake of the configuration', async (t) => {
  const ran = await replay(t, null);
  assert.equal(ran.code, 3, ran.err);
  assert.match(ran.err, /configuration: strategies\.0\.module: there is no file .*mine\.ts/);
});

for (const setting of ['risk.returnsFile', 'risk.stressFile']) {
  test(`replay: a ${setting} that is not there is a mistake of the configuration`, async (t) => {
    const ran = await replay(t, BUY, `${setting}=/nowhere/file`);
    assert.equal(ran.code, 3, ran.err);
    assert.match(ran.err, new RegExp(`${setting}: /nowhere/file cannot be read`));
  });
}

test('replay: orders are checked against the stress scenarios of the configuration', async (t) => {
  const folder = temporaryFolder(t);
  const stress = join(folder, 'stress.json');
  writeFileSync(stress, JSON.stringify({ name: 'no dollar', shocks: { USDT: -0.9 } }));
  const limit = 'risk.stressLossLimit=0.5';
  const [free, held] = [
    await replay(t, BUY, limit),
    await replay(t, BUY, limit, `risk.stressFile=${stress}`),
  ];
  assert.deepEqual([free.code, held.code], [0, 0], free.err + held.err);
  assert.ok(ordersOf(free) > 0, free.err);
  assert.equal(ordersOf(held), 0);
});
