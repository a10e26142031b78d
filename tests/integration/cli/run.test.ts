// Owns the proof of `colin run` as a person runs it: report, ports, signals, crash and recovery.
// Promise: real processes that are really killed; ports are free ones, folders temporary.
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JournalRecord } from '../../../engine/facts/fact.ts';
import { type Disk, openDisk } from '../../../engine/storage/disk.ts';
import { verifyJournal } from '../../../engine/storage/verify.ts';
import { runColin, startColin, temporaryFolder } from '../../colin-process.ts';

const PORTS = ['--port', '0', '--ws-port', '0'];
// Signals often, and every one of them worth taking: seconds must do for orders and fills.
const EAGER = ['signalSpacingMsMin=100', 'confidenceThreshold=0.02', 'strongConfidence=0.02'];
const QUICK = [
  ...['--symbols', '6', '--set', 'main.signalIntervalMs=500'],
  ...EAGER.flatMap((setting) => ['--set', `ai.${setting}`]),
  ...PORTS,
];

interface RunDocument {
  readonly mode: string;
  readonly symbols: number;
  readonly frames: number;
  readonly signals: number;
  readonly orders: number;
  readonly fills: number;
  readonly gaps: number;
  readonly topOfBook: { readonly mismatched: number };
  readonly equity: string;
  readonly ledger: { readonly balanced: boolean };
  readonly journal: { readonly records: number; readonly verified: boolean };
  readonly recovered: { readonly epoch: number; readonly unresolvedOrders: number } | null;
  readonly latencyUs: Readonly<Record<string, { readonly p50: number; readonly p99: number }>>;
  readonly rssMb: number;
  readonly startMs: number;
}

const parse = (text: string): RunDocument => JSON.parse(text) as RunDocument;

test('run: a test run trades, ends by itself and prints one document', async (t) => {
  const state = temporaryFolder(t);
  const ran = await runColin(
    t,
    ...['run', '--mode', 'test', '--for', '4s', '--json', '--state', state, ...QUICK],
  );
  assert.equal(ran.code, 0, ran.err);
  const report = parse(ran.out);
  assert.deepEqual([report.mode, report.symbols, report.gaps], ['test', 6, 0]);
  assert.equal(report.topOfBook.mismatched, 0);
  assert.ok(report.frames > 100 && report.signals > 0, ran.out);
  assert.ok(report.orders > 0 && report.fills > 0, ran.out);
  assert.match(report.equity, /^\d+\.\d\d$/);
  assert.ok(report.ledger.balanced && report.journal.verified && report.journal.records > 10);
  for (const stage of ['decode', 'book', 'feature', 'inference', 'riskCheck', 'send']) {
    assert.ok((report.latencyUs[stage]?.p50 ?? 0) > 0, `no latency of ${stage}`);
  }
  assert.ok('tickToOrder' in report.latencyUs, 'named even when every order came from the clock');
  assert.ok(report.rssMb > 0 && report.startMs > 0);
  assert.equal(statSync(join(state, 'local-api-key')).mode & 0o777, 0o600);
});

test('run: a strategy that fails is told at once and at the end, and it exits 4', async (t) => {
  const folder = temporaryFolder(t);
  const [module, config, state] = ['bad.ts', 'colin.config.json', 'state'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const body = "desk.log('hello'); throw new RangeError('beyond');";
  const create = `create: ({ desk }) => ({ onBook() { ${body} } })`;
  writeFileSync(module, `export const strategy = { parameters: {}, ${create} };\n`);
  writeFileSync(config, JSON.stringify({ strategies: [{ name: 'bad', module }] }));
  const args = ['run', '--mode', 'test', '--config', config, '--state', state, ...PORTS];
  const running = startColin(t, ...args);
  await running.says(/strategy bad failed: RangeError: beyond \(bad\.ts:1:\d+\)/);
  const [, file = ''] = await running.says(/log {8}in (\S+)/);
  assert.equal(file, join(state, 'colin.log'));
  running.process.kill('SIGINT');
  const ran = await running.ended;
  assert.equal(ran.code, 4, ran.err);
  assert.match(ran.err, /^FAILED +strategy bad: RangeError: beyond/m);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const said = lines.map((line) => JSON.parse(line)).filter(({ strategy }) => strategy === 'bad');
  const levels = said.map(({ level, text }) => [level, text]);
  assert.deepEqual(levels, [
    [30, 'hello'],
    [50, undefined],
  ]);
  const again = await runColin(t, ...args, '--for', '1s', '--json');
  assert.equal(again.code, 4);
  assert.match(again.err, /strategy bad failed: RangeError: beyond .*until its file changes/);
});

test('run: without --for it serves until Ctrl-C and stops cleanly', async (t) => {
  const state = temporaryFolder(t);
  const running = startColin(t, 'run', '--mode', 'test', '--state', state, ...QUICK);
  const [, url = ''] = await running.says(/dashboard {2}(\S+)/);
  const page = await fetch(url, { redirect: 'manual' });
  assert.equal(page.status, 303, 'the token signs in and leads on');
  assert.match(page.headers.get('set-cookie') ?? '', /HttpOnly/);
  const health = await fetch(new URL('/api/v2/health', url));
  assert.equal(health.status, 200);
  running.process.kill('SIGINT');
  const ran = await running.ended;
  assert.deepEqual([ran.code, ran.signal, ran.out], [0, null, ''], ran.err);
  const journal = await verifyJournal(openDisk(join(state, 'journal')));
  assert.equal(journal.kind, 'intact');
});

test('run: killed in the middle, the next start recovers and uses no order id twice', async (t) => {
  const state = temporaryFolder(t);
  const args = ['run', '--mode', 'test', '--json', '--state', state, ...QUICK];
  const first = startColin(t, ...args);
  await first.says(/dashboard/);
  await fills(openDisk(join(state, 'journal')));
  first.process.kill('SIGKILL');
  assert.equal((await first.ended).signal, 'SIGKILL');
  const second = await runColin(t, ...args, '--for', '3s');
  assert.equal(second.code, 0, second.err);
  assert.match(second.err, /recovered: \d+ records/);
  const report = parse(second.out);
  assert.equal(report.recovered?.epoch, 2);
  assert.ok(report.ledger.balanced && report.journal.verified && report.orders > 0);
  const used = new Map<string, number>();
  const verified = await verifyJournal(openDisk(join(state, 'journal')), ({ json }) => {
    const { seq, body } = JSON.parse(json.toString()) as JournalRecord;
    if (body.kind !== 'verdict') return;
    assert.ok(!used.has(body.orderId), `${body.orderId}: ${used.get(body.orderId)} and ${seq}`);
    used.set(body.orderId, seq);
  });
  assert.equal(verified.kind, 'intact');
  assert.ok([...used.keys()].some((id) => id.startsWith('c0001')));
  assert.ok([...used.keys()].some((id) => id.startsWith('c0002')));
});

/** Waits until the journal on the disk holds a fill. */
async function fills(disk: Disk): Promise<void> {
  for (let found = false; !found; ) {
    await verifyJournal(disk, ({ json }) => {
      found ||= json.includes('"kind":"fill"');
    });
  }
}

test('run: a port in use is named, exit code 5', async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const state = temporaryFolder(t);
  const port = String(address.port);
  const ran = await runColin(
    t,
    ...['run', '--mode', 'test', '--for', '1s', '--state', state, '--symbols', '2'],
    ...['--port', port, '--ws-port', '0'],
  );
  assert.equal(ran.code, 5, ran.err);
  assert.match(ran.err, new RegExp(`port ${port}`));
  assert.equal((await verifyJournal(openDisk(join(state, 'journal')))).kind, 'intact');
});

test('run: a recording that cannot be written is told, and the run goes on', async (t) => {
  const state = temporaryFolder(t);
  const ran = await runColin(
    t,
    ...['run', '--mode', 'test', '--for', '3s', '--json', '--state', state, ...QUICK],
    ...['--record', '/proc'], // is there, and takes no file
  );
  assert.equal(ran.code, 1, ran.err);
  assert.match(ran.err, /--record: binance-\w+: nothing more is recorded, .*ENOENT/);
  assert.ok(parse(ran.out).journal.verified);
});

test('run: two engines cannot share a state folder', async (t) => {
  const state = temporaryFolder(t);
  const first = startColin(t, 'run', '--mode', 'test', '--state', state, ...QUICK);
  await first.says(/dashboard/);
  const second = await runColin(t, 'run', '--mode', 'test', '--state', state, ...QUICK);
  assert.equal(second.code, 5);
  assert.match(second.err, /in use by process \d+/);
  first.process.kill('SIGTERM');
  const { code, signal, err } = await first.ended;
  assert.deepEqual([code, signal], [0, null], err);
});

test('run: a wrong word is a usage error that says what to write', async (t) => {
  const cases = [
    [['run'], /--mode test/],
    [['run', '--mode', 'fast'], /--mode fast/],
    [['run', '--mode', 'test', '--for', 'soon'], /--for soon/],
    [['run', '--mode', 'test', '--symbols', '0'], /--symbols/],
    [['run', '--mode', 'test', '--wrong'], /--wrong/],
    [['fly'], /no command 'fly'/],
  ] as const;
  for (const [args, says] of cases) {
    const ran = await runColin(t, ...args);
    assert.equal(ran.code, 2, args.join(' '));
    assert.match(ran.err, says);
  }
});
