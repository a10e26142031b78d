// Owns the cases of `colin strategy`: a new file works as it stands, a bad one is told and exits 4.
// Promise: files lie in a folder of the test, outside the checkout; docs/strategies.md is read.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runConfig } from '../../../cli/config.ts';
import { ROOT } from '../../../cli/invocation.ts';
import { runStrategy } from '../../../cli/strategy/strategy.ts';
import { BUILT_INS } from '../../../engine/strategies/built-ins.ts';
import { capture } from '../../unit/cli/captured.ts';

const folder = mkdtempSync(join(tmpdir(), 'colin-strategy-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) => capture(() => runStrategy(args));
const fileOf = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const NEW = join(folder, 'my-maker.ts');

test('strategy new: its file works as it stands, in a worker and inside alike', async () => {
  const written = await run('new', 'my-maker', NEW);
  assert.equal(written.exitCode, 0, written.err);
  assert.match(written.err, /"module":".*my-maker.ts"/);
  const isolated = await run('check', NEW, '--json', '--parameters', '{"restMs":1000}');
  assert.equal(isolated.exitCode, 0, isolated.err);
  const report = JSON.parse(isolated.out) as Record<string, number | string | boolean>;
  assert.equal(report.state, 'running');
  assert.ok(Number(report.orders) > 10 && Number(report.fills) > 10 && Number(report.cancels) > 0);
  assert.equal(report.saved, true);
  const inside = await run('check', NEW, '--json', '--inside', '--parameters', '{"restMs":1000}');
  assert.deepEqual(JSON.parse(inside.out), report);
});

test('strategy new: no name, no folder and a file that is there are refused', async () => {
  const text = readFileSync(NEW, 'utf8');
  for (const [args, reason] of [
    [['new', 'my-maker', NEW], /is there already/],
    [['new', 'Big', join(folder, 'b.ts')], /'Big' is no name/],
    [['new', 'manual', join(folder, 'b.ts')], /'manual' is no name/],
    [['new', 'b', join(folder, 'none', 'b.ts')], /no folder/],
    [['new', 'b', join(folder, 'b.js')], /must end in .ts/],
    [['new'], /wants new NAME/],
    [['fly'], /wants new NAME \[FILE\], check FILE or list/],
    [['check'], /wants check FILE/],
    [['check', NEW, '--parameters', '[1]'], /wants a JSON object/],
  ] as const) {
    const { exitCode, err } = await run(...args);
    assert.deepEqual([exitCode, reason.test(err)], [2, true], err);
  }
  assert.equal(readFileSync(NEW, 'utf8'), text);
  assert.equal(existsSync(join(folder, 'b.ts')), false);
});

for (const [what, text, reason] of [
  ['does not compile', 'export const strategy = {', /does not load: SyntaxError/],
  ['exports nothing', '', /exports nothing; expected/],
  ['never returns from load', 'for (;;) {}', /not done within 3000 ms/],
  [
    'loops in a handler',
    'export const strategy = { parameters: {}, create: () => ({ onBook() { for (;;) {} } }) };',
    /no answer for 200 ms/,
  ],
  [
    'throws after a minute',
    `const onBar = () => { throw new Error('late'); };
     export const strategy = { parameters: {}, create: () => ({ onBar }) };`,
    /Error: late \(bad\d\.ts:1:/,
  ],
] as const) {
  test(`strategy check: a file that ${what} exits 4 and says why`, async () => {
    const file = fileOf(`bad${text.length % 10}.ts`, text);
    const settings = ['strategyHost.loadMsMax=3000', 'strategyHost.isolatedTimeoutMs=200'];
    const { exitCode, err, out } = await run(
      'check',
      file,
      ...settings.flatMap((s) => ['--set', s]),
    );
    assert.equal(exitCode, 4, out);
    assert.match(err, reason);
  });
}

test('strategy check: a parameter out of bounds and a file that is not there exit 4', async () => {
  const bounds = await run('check', NEW, '--parameters', '{"restMs":1}');
  assert.deepEqual(
    [bounds.exitCode, /restMs must be a whole number from 100/.test(bounds.err)],
    [4, true],
  );
  const gone = await run('check', join(folder, 'gone.ts'));
  assert.deepEqual([gone.exitCode, /cannot be read: ENOENT/.test(gone.err)], [4, true]);
});

for (const name of BUILT_INS.keys()) {
  test(`strategy check: the built-in ${name} trades in practice`, async () => {
    const { exitCode, out } = await run('check', name, '--json');
    assert.equal(exitCode, 0);
    assert.ok((JSON.parse(out) as { fills: number }).fills > 10, out);
  });
}

test('strategy list: shows what is configured and every built-in parameter', async () => {
  const config = fileOf(
    'list.json',
    JSON.stringify({ strategies: [{ name: 'mine', module: NEW }] }),
  );
  const { exitCode, out } = await run('list', '--config', config);
  assert.equal(exitCode, 0);
  assert.match(out, /^mine +\S+my-maker.ts +main +\* +\{\} +worker$/m);
  assert.match(out, /^restMs +integer +3000 +ms +how long a passive order may rest$/m);
  const json = JSON.parse((await run('list', '--json', '--config', config)).out) as object;
  assert.deepEqual(Object.keys(json), ['configured', 'builtIn']);
});

test('config check: a strategy file that is not there is a mistake', async () => {
  const strategies = [{ name: 'mine', module: join(folder, 'gone.ts') }];
  const config = fileOf('gone.json', JSON.stringify({ strategies }));
  const { exitCode, err } = await capture(() => runConfig(['check', '--config', config]));
  assert.deepEqual([exitCode, /strategies\.0\.module: there is no file/.test(err)], [3, true], err);
});

const DOC = readFileSync(join(ROOT, 'docs', 'strategies.md'), 'utf8');

test('docs/strategies.md: its strategy runs and its configuration is one', async () => {
  const code = /```ts\n(.*?)```/s.exec(DOC)?.[1] ?? '';
  const checked = await run('check', fileOf('doc.ts', code), '--json');
  assert.equal(checked.exitCode, 0, checked.err);
  assert.ok((JSON.parse(checked.out) as { orders: number }).orders > 10);
  const json = (/```json\n(.*?)```/s.exec(DOC)?.[1] ?? '').replace('/home/anna/my-maker.ts', NEW);
  const config = fileOf('doc.json', json);
  const { exitCode, err } = await capture(() => runConfig(['check', '--config', config]));
  assert.equal(exitCode, 0, err);
});

test('config check: every mistake is said at once, whatever layer finds it', async () => {
  const strategies = [
    { name: 'mine', module: join(folder, 'gone.ts') },
    { name: 'mine', module: 'signal-folower', account: 'nobody' },
  ];
  const config = fileOf('many.json', JSON.stringify({ strategies }));
  const { exitCode, err } = await capture(() => runConfig(['check', '--config', config]));
  assert.equal(exitCode, 3);
  assert.match(err, /strategies\.1\.name: 'mine' is the name of another one/);
  assert.match(err, /strategies\.0\.module: there is no file .*gone\.ts/);
  const builtIn =
    /strategies\.1\.module: there is no built-in strategy 'signal-folower' \(.*\), and/;
  assert.match(err, builtIn);
  assert.match(err, /strategies\.1\.account: 'nobody' is not in compliance\.accounts/);
  assert.equal(err.match(/strategies\.1\.module/g)?.length, 1);
});

test('config check: of a file it says where its parameters are checked', async () => {
  const strategies = [{ name: 'mine', module: NEW, parameters: { restMs: 1 } }];
  const config = fileOf('parameters.json', JSON.stringify({ strategies }));
  const { exitCode, err } = await capture(() => runConfig(['check', '--config', config]));
  assert.equal(exitCode, 0);
  assert.match(err, /colin strategy check \S+my-maker\.ts --parameters '\{"restMs":1\}'/);
});

test('strategy check: a file that waits for ever is told in a sentence', async () => {
  const file = fileOf('waits.ts', 'await new Promise(() => {});\nexport const strategy = {};');
  const setting = ['--set', 'strategyHost.loadMsMax=1000'];
  const { exitCode, err, out } = await run('check', file, ...setting);
  assert.equal(exitCode, 4);
  assert.match(err, /not done within 1000 ms: does a loop or an await at its top never end\?/);
  assert.doesNotMatch(out, /not done within/, 'said once');
});
