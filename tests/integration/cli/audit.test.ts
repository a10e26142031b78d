// Owns the proof of `colin audit` as a person runs it: words, exit codes, streams.
// Promise: each case is a process of its own on a journal made for it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseTimeUs, readSelection, SELECT_OPTIONS } from '../../../cli/audit/select.ts';
import { describeBody, formatTimeUs } from '../../../cli/audit/words.ts';
import { ROOT, readOptions } from '../../../cli/invocation.ts';
import { asEpochUs } from '../../../engine/core/units.ts';
import type { Fact, FactOf } from '../../../engine/facts/fact.ts';
import {
  capitalValued,
  deposit,
  fill,
  instrumentAdded,
  refusals,
  verdict as refused,
  request,
  signal,
  strategy,
} from '../storage/fact-fixture.ts';
import {
  body,
  flipByte,
  json,
  order,
  round,
  runStarted,
  temporaryFolder,
  writeJournal,
} from '../storage/journal-fixture.ts';

const MAIN = join(import.meta.dirname, '../../../cli/main.ts');

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function audit(...args: string[]): Ran {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN, 'audit'] as const;
  const { status, stdout, stderr } = spawnSync(node[0], [...node.slice(1), ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return { code: status, out: stdout, err: stderr };
}

const id = order(4, 'open').id;
const instrument = 'BTCUSDT.binance-usdm';
const verdict: FactOf<'verdict'> = { ...refused, approved: true, breaches: [], warnings: [] };

const RECORDS: Fact[] = [
  body(1),
  { ...signal, id: 3, action: 'hold' },
  signal,
  verdict,
  { kind: 'order', order: order(4, 'open') },
  { kind: 'order', order: order(5, 'rejected') },
  request,
  fill,
  { kind: 'order', order: { ...order(4, 'filled'), filledQty: '0.5', averagePrice: '61800.2' } },
];

function stateOf(records: readonly Fact[]): string {
  const state = temporaryFolder();
  mkdirSync(join(state, 'journal'));
  writeJournal(join(state, 'journal'), records);
  return state;
}

const state = stateOf(RECORDS);

test('audit verify: an intact journal exits 0 with its records and head', () => {
  const ran = audit('verify', '--state', state, '--json');
  assert.equal(ran.code, 0);
  const { kind, records, head, files, format } = JSON.parse(ran.out);
  const told = [kind, records, files, format, head.length];
  assert.deepEqual(told, ['intact', RECORDS.length, 1, 3, 64]);
  assert.match(
    audit('verify', '--state', state).out,
    /^intact: 9 records in 1 file, format 3, head [0-9a-f]/,
  );
});

test('audit verify: one flipped byte exits 4 and names record, file, line and offset', () => {
  const changed = stateOf(RECORDS);
  const offset = 2 * 66 + json(1).length + json(2, RECORDS[1]).length;
  flipByte(join(changed, 'journal', '000001.log'), offset + 100);
  const ran = audit('verify', '--state', changed);
  assert.equal(ran.code, 4);
  const where = `record 3 (000001.log line 3, byte offset ${offset})`;
  assert.ok(ran.err.includes(where), ran.err);
  const document = audit('verify', '--state', changed, '--json');
  assert.equal(document.code, 4);
  assert.equal(JSON.parse(document.out).seq, 3);
  const search = audit('search', '--state', changed);
  assert.equal(search.code, 4);
  assert.equal(search.out.split('\n').length, 3, 'the two records before the damage');
});

test('audit: a missing journal exits 3, wrong usage exits 2, each with a reason', () => {
  const cases: [string[], number, RegExp][] = [
    [['verify', '--state', temporaryFolder()], 3, /there is no journal in .*--state/],
    [[], 2, /what shall be audited/],
    [['check'], 2, /there is no 'audit check'/],
    [['search', '--state', state, '--kind', 'trade'], 2, /no kind 'trade'; kinds are run_started/],
    [['search', '--state', state, '--limit', '0'], 2, /--limit takes a count/],
    [['search', '--state', state, '--from', 'noon'], 2, /--from and --to take a UTC time/],
    [['export', '--state', state, '--format', 'xml'], 2, /jsonl or csv, not 'xml'/],
    [['verify', '--state', state, '--deep'], 2, /--deep/],
    [['verify', '--state', state, 'more'], 2, /takes no 'more'/],
    [['explain', '--state', state], 2, /takes one order id/],
    [['explain', 'c9', '--state', state], 4, /no record of order 'c9'/],
  ];
  for (const [args, code, reason] of cases) {
    const ran = audit(...args);
    assert.equal(ran.code, code, `${args.join(' ')}: ${ran.err}`);
    assert.match(ran.err, reason);
    assert.equal(ran.out, '');
  }
});

test('audit: what holds for every command holds for it: options, folders, readers', () => {
  const options = readOptions('audit', ['--set', 'main.seed=x'], SELECT_OPTIONS);
  assert.ok(options !== null);
  const selection = readSelection(options);
  assert.ok(typeof selection !== 'string');
  assert.equal(selection.state, join(ROOT, 'state'));
  for (const args of [`explain ${id}`, 'search', 'export', 'export --format csv', 'verify']) {
    const line = `{ "$0" "$1" "$2" audit ${args} --state "$3"; echo "exit $?" >&2; } | true`;
    const argv = ['-c', line, process.execPath, '--disable-warning=ExperimentalWarning', MAIN];
    const { stderr } = spawnSync('sh', [...argv, state], { encoding: 'utf8' });
    assert.match(stderr, /^(\d+ records\n)?exit 0\n$/, args);
  }
});

test('audit: every kind of record is in the table of docs/journal.md', () => {
  const [, kinds = ''] = /kinds are (.*)$/m.exec(audit('search', '--kind', 'none').err) ?? [];
  assert.ok(kinds.split(', ').length > 20, kinds);
  const table =
    readFileSync(join(ROOT, 'docs', 'journal.md'), 'utf8').split('## Checking')[0] ?? '';
  const missing = kinds.split(', ').filter((kind) => !table.includes(`\`${kind}\``));
  assert.deepEqual(missing, []);
});

test('audit explain: an order is told from its signal to its fill', () => {
  const ran = audit('explain', id, '--state', state);
  assert.equal(ran.code, 0);
  const lines = ran.out.trimEnd().split('\n');
  const facts = [
    /^#3 .* signal 4: BTCUSDT\.binance-usdm up with probability 61\.3 %.*acted on$/,
    /^#4 .*for manual in account main, because of signal 4, on book 77: approved .*\b30,900\.1, /,
    /^#5 .*limit buy 0\.5 BTCUSDT\.binance-usdm at 61800\.2 GTC is open at the venue$/,
    /^#7 .*: cancel sent, asked for by anna: too far away$/,
    /^#8 .*bought 0\.5 at 61800\.2 as taker, fee 0\.002 BNB.* now 0\.7 .*, of manual \S+ now 0\.5 /,
    /^#9 .* is filled, 0\.5 filled at 61800\.2 on average$/,
  ];
  assert.equal(lines.length, facts.length, ran.out);
  for (const [k, fact] of facts.entries()) assert.match(lines[k]!, fact);
});

test('audit search: kind, order, times and limit each narrow the answer', () => {
  const seqs = (...args: string[]): number[] =>
    audit('search', '--state', state, '--json', ...args)
      .out.split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).seq);
  assert.deepEqual(seqs(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(seqs('--kind', 'order'), [5, 6, 9]);
  assert.deepEqual(seqs('--order', id), [4, 5, 7, 8, 9]);
  assert.deepEqual(seqs('--order', id, '--kind', 'fill'), [8]);
  assert.deepEqual(seqs('--limit', '2'), [1, 2]);
  assert.deepEqual(seqs('--from', '1700000000003000', '--to', '1700000000004000'), [3, 4]);
  assert.deepEqual(seqs('--to', '2023-11-14T22:13:20.002Z'), [1, 2]);
  assert.deepEqual(seqs('--from', '2023-11-15'), []);
});

test('audit export: JSON lines are the records as written, CSV is quoted', () => {
  const lines = audit('export', '--state', state).out;
  assert.equal(lines, RECORDS.map((of, k) => `${json(k + 1, of)}\n`).join(''));
  const csv = audit('export', '--state', state, '--format', 'csv', '--kind', 'fill').out;
  const [head, row] = csv.split('\n');
  assert.equal(head, 'seq,time,kind,order,instrument,hash,record');
  const start = `8,2023-11-14T22:13:20.008000Z,fill,${id},${instrument},`;
  assert.ok(row!.startsWith(start), row);
  assert.match(row!.slice(start.length), /^[0-9a-f]{64},"\{""seq"":8,/);
});

test('audit search: a reader that goes away early ends it quietly', () => {
  const long = stateOf([body(1), ...Array.from({ length: 5000 }, () => signal)]);
  const command = `"${process.execPath}" "${MAIN}" audit export --state "${long}" | head -1`;
  const ran = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  assert.equal(ran.stdout, `${json(1)}\n`);
  assert.doesNotMatch(ran.stderr, /EPIPE|Error/);
});

test('audit: every kind of record has words', () => {
  const words = (of: Fact): string => describeBody(of);
  const scope = `instrument:${instrument}` as const;
  const breaches = [{ limit: 'position', scope, asked: 120000, allowed: 100000 }] as const;
  const no: Fact = { ...refused, breaches };
  assert.match(
    words(no),
    /refused by risk: position of instrument:\S+ \(asked 120,000, allowed 100,000\)$/,
  );
  const api = { ...no, origin: { kind: 'api', key: 'desk' }, price: null } as Fact;
  assert.match(words(api), /at market, for manual in account main, asked for with API key 'desk'/);
  const unresolvedOrders = ['a'];
  const recovered = { kind: 'recovered', records: 1, tornBytes: 5, unresolvedOrders } as const;
  assert.equal(words(recovered), 'recovered: 1 record read, 5 bytes torn off, 1 unresolved order');
  const [run] = round(1);
  assert.equal(run === undefined ? '' : words(run), 'checkpoint of run: 28 characters');
  const halt = {
    kind: 'trading_state',
    scope: 'system',
    state: 'halted',
    reason: 'drill',
    by: 'desk',
    isWord: true,
  } as const;
  assert.equal(words(halt), 'trading of system halted by desk: drill');
  const stop = { kind: 'run_stopped', reason: 'asked', stateHash: 'ab' } as const;
  assert.equal(words(stop), 'run stopped: asked, state hash ab');
  assert.equal(words(body(7)), `book of ${instrument} synchronised: gap 7`);
  assert.equal(words(body(3)), 'order numbers 3072 to 4095 of epoch 1 reserved');
  assert.match(
    words(body(1)),
    /^run started: mode test.*1 instrument, model demo, epoch 1, journal format 3$/,
  );
});

test('audit: times are read and written to the microsecond, in UTC', () => {
  assert.equal(formatTimeUs(1_700_000_000_001_234), '2023-11-14T22:13:20.001234Z');
  assert.equal(parseTimeUs('2023-11-14T22:13:20'), 1_700_000_000_000_000);
  assert.equal(parseTimeUs('2023-11-14T23:13:20+01:00'), 1_700_000_000_000_000);
  assert.equal(parseTimeUs('2023-11-14'), Date.UTC(2023, 10, 14) * 1000);
  assert.ok(Number.isNaN(parseTimeUs('yesterday')));
});

test('audit: what risk saw and did has words a supervisor can follow', () => {
  const scope = 'system';
  const words = (of: Fact): string => describeBody(of);
  const change = { scope, limit: 'gross', from: null, hard: 5e6, soft: 4e6 } as const;
  const limits = {
    kind: 'limits',
    proposal: 7,
    version: 2,
    changes: [change],
    reason: 'r',
  } as const;
  assert.equal(
    words({ ...limits, step: 'approved', by: 'anna', approver: 'bert' }),
    'limits 7: gross of system from none to 5,000,000 (soft 4,000,000), ' +
      'approved by bert, asked by anna: r (tree version 2)',
  );
  assert.match(
    words({ ...limits, step: 'expired', by: 'anna', approver: '' }),
    /, expired, asked by anna: r \(tree version 2\)$/,
  );
  assert.match(
    words({ ...limits, step: 'proposed', by: 'anna', approver: '' }),
    /, proposed by anna: r /,
  );
  const drawdown = { kind: 'drawdown', scope, from: 'normal', to: 'warning', peak: 100 } as const;
  const fall = { ...drawdown, drawdown: 0.03125, equity: 96.875, capital: 90 } as const;
  assert.equal(
    words({ ...fall, measure: 'day' }),
    'drawdown of system normal -> warning: 3.13 % below the peak of the day, 100; equity 96.88',
  );
  assert.match(words({ ...fall, measure: 'start' }), /below the peak since the start, 100;/);
  assert.equal(
    words({
      kind: 'reduction',
      scope,
      step: 1,
      steps: 4,
      reason: 'r',
      gross: 8,
      target: 6,
      orders: 2,
    }),
    'reduction step 1 of 4 of system: r; gross 8 towards 6, 2 orders',
  );
  const breaker = { kind: 'breaker', scope, breaker: 'loss_rate', from: 'closed' } as const;
  assert.equal(
    words({ ...breaker, to: 'open', measured: 0.02, threshold: 0.01, reason: 'lost 2 %' }),
    'breaker loss_rate of system closed -> open: lost 2 % (measured 0.02, threshold 0.01)',
  );
});

test('audit: a kill says whether the venues confirmed it, and how long that took', () => {
  const orders = [{ orderId: 'c1', cancelUs: 0, endedUs: 9000, state: 'cancelled' }];
  const report = {
    ...{ flatten: true, drill: false, reason: 'r', by: 'anna', startedUs: 1, blockedUs: 0 },
    ...{ cancelledUs: 9000, confirmedUs: 12_000, flatUs: 40_000, orders, openAtVenues: {} },
    ...{ positionsLeft: 0, isConfirmed: true, problem: '' },
  };
  assert.equal(
    describeBody({ kind: 'kill', report }),
    'kill by anna (r): 1 open order, zero open at the venues confirmed after 12 ms, ' +
      'flat after 40 ms',
  );
  const failed = { ...report, drill: true, flatten: false, isConfirmed: false, problem: 'p' };
  assert.equal(
    describeBody({ kind: 'kill', report: { ...failed, confirmedUs: null } }),
    'kill drill by anna (r): 1 open order, NOT CONFIRMED: p',
  );
  const summary = {
    ...{ timeUs: asEpochUs(1), equity: 1000, valueAtRisk: { 'normal 0.95': 16.4 } },
    ...{ expectedShortfall: {}, worstStress: { scenario: 'mar-2020', loss: 500 }, elapsedMs: 3 },
  };
  assert.equal(
    describeBody({ kind: 'risk_report', summary }),
    'risk report: equity 1,000, 1-day value at risk normal 0.95 16.4; worst stress mar-2020 500',
  );
});

test('audit: money, strategies, instruments and refusals have words', () => {
  const words = (of: Fact): string => describeBody(of);
  assert.equal(
    words(deposit),
    'deposit d1 by anna (opening): main binance-usdm balance 1000 USDT, ' +
      'main binance-usdm capital -1000 USDT; value 1,000',
  );
  assert.match(words({ ...deposit, value: null }), /; not valued yet$/);
  assert.equal(words(capitalValued), 'movement d1 valued at 998.5');
  assert.match(words(strategy), /^strategy mine \(\.\/mine\.ts\) failed by host: onBook threw/);
  assert.equal(
    words({ kind: 'strategy_saved', name: 'mine', saved: { a: 1 } }),
    'strategy mine saved 7 characters',
  );
  assert.match(words(refusals), /^40 more intents of mine on \S+ refused for trading_halted, 2023/);
  assert.match(words(instrumentAdded), /^instrument \S+ added by configuration$/);
  const again = { ...request, state: 'timed_out', attempt: 3, reason: '' } as const;
  assert.equal(words(again), `${id}: cancel not answered in time, attempt 3, asked for by anna`);
  const peak = { peak: 1e6, capital: 1e6, day: 1, dayPeak: 1 };
  const drawdowns = [{ scope: 'system', level: 'normal', ...peak }] as const;
  assert.equal(words({ kind: 'peaks', drawdowns }), 'new peaks: system 1,000,000');
});

test('audit: a journal of another format is verified and its format said, all else refused', () => {
  const { format: _, ...bare } = runStarted(1) as FactOf<'run_started'>;
  const old = { ...bare, checkpoint: { epoch: 1 } } as unknown as Fact;
  const folder = stateOf([old, body(2)]);
  const verified = audit('verify', '--state', folder);
  assert.equal(verified.code, 0);
  assert.match(verified.out, /^intact: 2 records in 1 file, no stated format, head /);
  for (const args of [['search'], ['export'], ['explain', id]]) {
    const ran = audit(...args, '--state', folder);
    assert.equal(ran.code, 3);
    assert.equal(ran.out, '');
    assert.match(ran.err, /states no format .* reads format 3 only; choose another .*--state/);
  }
});
