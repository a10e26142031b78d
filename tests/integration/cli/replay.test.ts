// Owns the proof of `colin replay` as a person runs it, on generated and on recorded frames.
// Promise: each case is a process of its own; recorded data is read where it lies, never copied.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { captureLines, writeCapture } from '../../capture-fixture.ts';
import { runColin, temporaryFolder } from '../../colin-process.ts';
import { sharedPath } from '../../shared-data.ts';

const NAME = 'binance-usdm-btcusdt.ndjson.gz';
const LINES = captureLines(20);

interface ReplayDocument {
  readonly frames: number;
  readonly gaps: number;
  readonly topOfBook: { readonly compared: number; readonly mismatched: number };
  readonly signals: number;
  readonly orders: number;
  readonly fills: number;
  readonly stateHash: string;
  readonly ledger: { readonly balanced: boolean };
  readonly journal: { readonly head: string; readonly verified: boolean };
  readonly staleBooks: readonly string[];
  readonly problems: Readonly<Record<string, number>>;
}

const parse = (text: string): ReplayDocument => JSON.parse(text) as ReplayDocument;

test('replay: the same frames give the same state and the same journal, twice', async (t) => {
  const folder = temporaryFolder(t);
  const data = writeCapture(join(folder, NAME), LINES);
  const rows = join(folder, 'rows.csv');
  const [first, second] = await Promise.all([
    runColin(t, 'replay', '--data', data, '--json', '--state', join(folder, 'a')),
    runColin(
      t,
      ...['replay', '--data', data, '--json', '--state', join(folder, 'b'), '--features', rows],
    ),
  ]);
  assert.deepEqual([first.code, second.code], [0, 0], first.err + second.err);
  const [a, b] = [parse(first.out), parse(second.out)];
  assert.equal(a.frames, LINES.length);
  assert.equal(a.gaps, 0);
  assert.equal(a.topOfBook.mismatched, 0);
  assert.ok(a.topOfBook.compared > 0 && a.signals > 0 && a.orders > 0 && a.fills > 0, first.out);
  assert.ok(a.ledger.balanced && a.journal.verified);
  assert.equal(a.stateHash, b.stateHash);
  assert.equal(a.journal.head, b.journal.head);
  const [head = '', ...csv] = readFileSync(rows, 'utf8').trim().split('\n');
  assert.ok(head.split(',').length >= 23, 'time, instrument, status and 20 features');
  assert.ok(csv.length > 50, `${csv.length} rows in 20 s`);
  for (const line of csv) assert.equal(line.split(',').length, head.split(',').length);
});

test('replay: a journal that goes on keeps what the first replay left', async (t) => {
  const folder = temporaryFolder(t);
  const data = writeCapture(join(folder, NAME), LINES);
  const state = join(folder, 'state');
  const first = await runColin(t, 'replay', '--data', data, '--json', '--state', state);
  const second = await runColin(t, 'replay', '--data', data, '--json', '--state', state);
  assert.equal(second.code, 0, second.err);
  const recovered = (JSON.parse(second.out) as { recovered: { epoch: number } }).recovered;
  assert.equal(recovered.epoch, 2);
  assert.notEqual(parse(second.out).stateHash, parse(first.out).stateHash);
  assert.ok(parse(second.out).ledger.balanced);
  const audit = await runColin(t, 'audit', 'verify', '--state', state);
  assert.equal(audit.code, 0, audit.err);
});

test('replay: a file without a snapshot leaves the book stale and says so', async (t) => {
  const folder = temporaryFolder(t);
  const lines = LINES.filter((line) => !line.includes('lastUpdateId'));
  const data = writeCapture(join(folder, NAME), lines);
  const ran = await runColin(t, 'replay', '--data', data, '--json', '--state', join(folder, 's'));
  assert.equal(ran.code, 0, ran.err);
  assert.deepEqual(parse(ran.out).staleBooks, ['BTCUSDT.binance-usdm']);
  assert.equal(parse(ran.out).orders, 0);
  assert.match(ran.err, /BTCUSDT\.binance-usdm: its book is stale/);
});

test('replay: a missing diff is a gap, and no order follows on the broken book', async (t) => {
  const folder = temporaryFolder(t);
  const at = LINES.findIndex((line, index) => index > 100 && line.includes('depthUpdate'));
  const data = writeCapture(join(folder, NAME), LINES.toSpliced(at, 1));
  const ran = await runColin(t, 'replay', '--data', data, '--json', '--state', join(folder, 's'));
  assert.equal(parse(ran.out).gaps, 1);
  assert.deepEqual(parse(ran.out).staleBooks, ['BTCUSDT.binance-usdm']);
});

interface Damage {
  readonly name: string;
  readonly damage: (lines: string[]) => string[];
  readonly says: RegExp;
  readonly code: number;
}

const EARLIER = '1723161255000000000';
const cutLine = (lines: string[]): string[] =>
  lines.map((line, index) => (index === 50 ? line.slice(0, line.length / 2) : line));
const DAMAGES: readonly Damage[] = [
  { name: 'a line cut in half', damage: cutLine, says: /ndjson\.gz:51: .*cut/, code: 4 },
  {
    name: 'a stream nobody knows',
    damage: (lines) => lines.toSpliced(60, 0, `${lines[60]?.slice(0, 19)} {"stream":"x@kline"}`),
    says: /ndjson\.gz:61: /,
    code: 0,
  },
  {
    name: 'a number that is none',
    damage: (lines) =>
      lines.map((line, i) => (i === 70 ? line.replace(/"\d+\.\d+"/, '"NaN"') : line)),
    says: /ndjson\.gz:71: .*bad_number/,
    code: 4,
  },
  {
    name: 'time that goes backwards',
    damage: (lines) => lines.map((line, i) => (i === 80 ? line.replace(/^\d{19}/, EARLIER) : line)),
    says: /ndjson\.gz:81: .*time_backwards/,
    code: 0,
  },
];

for (const { name, damage, says, code } of DAMAGES) {
  test(`replay: ${name} is told with file and line, and the rest is replayed`, async (t) => {
    const folder = temporaryFolder(t);
    const data = writeCapture(join(folder, NAME), damage([...LINES]));
    const ran = await runColin(t, 'replay', '--data', data, '--json', '--state', join(folder, 's'));
    assert.equal(ran.code, code, ran.err);
    assert.match(ran.err, says);
    assert.ok(parse(ran.out).frames >= LINES.length - 1);
    assert.ok(parse(ran.out).journal.verified);
  });
}

test('replay: a truncated and a corrupt gz are told; what was read is journalled', async (t) => {
  const folder = temporaryFolder(t);
  const whole = readFileSync(writeCapture(join(folder, NAME), LINES));
  const cut = join(folder, 'binance-usdm-cut.ndjson.gz');
  writeFileSync(cut, whole.subarray(0, whole.length >> 1));
  const bad = join(folder, 'binance-usdm-bad.ndjson.gz');
  whole.fill(0x55, whole.length >> 1, (whole.length >> 1) + 64);
  writeFileSync(bad, whole);
  for (const [path, kind] of [
    [cut, 'truncated'],
    [bad, 'corrupt_gzip'],
  ] as const) {
    const state = join(folder, kind);
    const ran = await runColin(t, 'replay', '--data', path, '--json', '--state', state);
    assert.equal(ran.code, 4, ran.err);
    assert.match(ran.err, new RegExp(kind));
    assert.ok(parse(ran.out).frames > 0 && parse(ran.out).journal.verified);
  }
});

test('replay: what cannot start says why, with its exit code', async (t) => {
  const folder = temporaryFolder(t);
  const data = writeCapture(join(folder, NAME), LINES.slice(0, 200));
  const run = (...args: string[]) => runColin(t, 'replay', ...args);
  const state = ['--state', join(folder, 'state')];
  const none = await run(...state);
  assert.deepEqual([none.code, /--data/.test(none.err)], [2, true], none.err);
  const gone = await run('--data', join(folder, 'gone.gz'), ...state);
  assert.deepEqual([gone.code, /gone\.gz: there is no such file/.test(gone.err)], [2, true]);
  const slow = await run('--data', data, '--speed', '0', ...state);
  assert.deepEqual([slow.code, /--speed/.test(slow.err)], [2, true]);
  const lost = await run('--data', data, '--model', join(folder, 'none'), ...state);
  assert.deepEqual([lost.code, /none/.test(lost.err)], [3, true], lost.err);
  const rows = await run('--data', data, '--features', join(folder, 'no', 'rows.csv'), ...state);
  assert.deepEqual([rows.code, /--features .*ENOENT/.test(rows.err)], [2, true], rows.err);
  const odd = await run('--data', data, '--set', 'risk.maxLeverage=-1', ...state);
  assert.deepEqual([odd.code, /risk\.maxLeverage/.test(odd.err)], [3, true], odd.err);
});

test('replay: rows that find no room are told, and the system stops as it should', async (t) => {
  const folder = temporaryFolder(t);
  const data = writeCapture(join(folder, NAME), LINES);
  const state = ['--state', join(folder, 'state'), '--json'];
  const ran = await runColin(t, 'replay', '--data', data, '--features', '/dev/full', ...state);
  assert.equal(ran.code, 1, ran.err);
  assert.match(ran.err, /--features: rows are missing: \/dev\/full: ENOSPC/);
  assert.doesNotMatch(ran.err, /\.ts:\d+/, 'a stack trace is for us');
  assert.ok(parse(ran.out).journal.verified);
});

test('replay: a model file of another content is refused by name', async (t) => {
  const folder = temporaryFolder(t);
  const data = writeCapture(join(folder, NAME), LINES.slice(0, 200));
  const model = join(folder, 'model');
  mkdirSync(model);
  const demo = join(import.meta.dirname, '../../../models/demo');
  copyFileSync(join(demo, 'manifest.json'), join(model, 'manifest.json'));
  writeFileSync(join(model, 'model.onnx'), 'not a model');
  const args = ['replay', '--data', data, '--model', model, '--state', join(folder, 's')];
  const ran = await runColin(t, ...args);
  assert.equal(ran.code, 3);
  assert.match(ran.err, /model\.onnx/);
});

test('replay: an unwritable state folder is refused', async (t) => {
  if (process.getuid?.() === 0) {
    t.skip('root may write everywhere');
    return;
  }
  const folder = temporaryFolder(t);
  const data = writeCapture(join(folder, NAME), LINES.slice(0, 200));
  const state = join(folder, 'locked');
  mkdirSync(state);
  chmodSync(state, 0o500);
  const ran = await runColin(t, 'replay', '--data', data, '--state', state);
  assert.deepEqual([ran.code, /cannot use the state folder/.test(ran.err)], [3, true], ran.err);
});

test('replay: a state folder under a file is refused', async (t) => {
  const folder = temporaryFolder(t);
  const data = writeCapture(join(folder, NAME), LINES.slice(0, 200));
  writeFileSync(join(folder, 'file'), '');
  const ran = await runColin(t, 'replay', '--data', data, '--state', join(folder, 'file', 's'));
  assert.deepEqual([ran.code, /cannot use the state folder/.test(ran.err)], [3, true], ran.err);
});

// Every depth update whose id equals a bookTicker's: counted once by an independent program.
const RECORDED = [
  ['usdm-btcusdt', 93954, 629, '{"USDT":"10000000"}'],
  ['usdm-ethusdt', 74655, 551, '{"USDT":"10000000"}'],
  ['spot-btcusdt', 41249, 564, '{"USDT":"10000000"}'],
  ['spot-ethusdt', 33618, 577, '{"USDT":"10000000"}'],
  ['cm-btcusd_perp', 48270, 1124, '{"BTC":"150"}'],
  ['cm-ethusd_perp', 40454, 1345, '{"ETH":"4000"}'],
] as const;

for (const [name, frames, compared, deposits] of RECORDED) {
  test(`replay: recorded ${name} agrees with the venue at every common id`, async (t) => {
    const data = sharedPath(`market-data/l2-raw/binance-${name}-20240808.ndjson.gz`);
    if (data === null) {
      t.skip('the recorded market data is not here');
      return;
    }
    const state = join(temporaryFolder(t), 's');
    const set = ['--set', `execution.deposits=${deposits}`];
    const ran = await runColin(t, 'replay', '--data', data, '--json', '--state', state, ...set);
    assert.equal(ran.code, 0, ran.err);
    const report = parse(ran.out);
    assert.equal(report.frames, frames);
    assert.equal(report.gaps, 0);
    assert.deepEqual(report.topOfBook, { compared, mismatched: 0 });
    assert.ok(report.orders > 0 && report.fills > 0 && report.ledger.balanced);
  });
}

test('replay: a deposit of what nothing replayed settles in is refused by name', async (t) => {
  const data = sharedPath('market-data/l2-raw/binance-cm-btcusd_perp-20240808.ndjson.gz');
  if (data === null) {
    t.skip('the recorded market data is not here');
    return;
  }
  const ran = await runColin(t, 'replay', '--data', data, '--state', join(temporaryFolder(t), 's'));
  assert.equal(ran.code, 3, ran.err);
  assert.match(ran.err, /execution\.deposits\.USDT: .* use BTC$/m);
});
