// Owns the tests of colin validate: what counts as passed, and how reports become rows.
// Promise: every judgement is met from both sides; nothing is measured here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainRow, readChain, reportRows } from '../../../cli/validate/crash.ts';
import { killRows } from '../../../cli/validate/kill.ts';
import { runSteps, type Step } from '../../../cli/validate/phase3.ts';
import {
  atLeast,
  atMost,
  exactly,
  exitOf,
  formatRows,
  missing,
  type ValidationRow,
} from '../../../cli/validate/row.ts';
import { engineRows, kernelRows } from '../../../cli/validate/speed.ts';
import { mutationRow, randomOrderRows, readTap, rowOfTests } from '../../../cli/validate/tests.ts';
import { runValidate } from '../../../cli/validate/validate.ts';
import { capture } from './captured.ts';

const verdicts = (rows: readonly ValidationRow[]): Record<string, boolean | null> =>
  Object.fromEntries(rows.map(({ check, passed }) => [check, passed]));

test('validate: a measure at its promise passes, beyond it or NaN does not', () => {
  const at = (measured: number) => atMost('x', 5, measured, 'µs', '').passed;
  assert.deepEqual([4.99, 5, 5.01, Number.NaN].map(at), [true, true, false, false]);
  const least = (measured: number) => atLeast('x', 5, measured, '', '').passed;
  assert.deepEqual([4.99, 5, 5.01, Number.NaN].map(least), [false, true, true, false]);
  const same = (measured: number) => exactly('x', 0, measured, '', '').passed;
  assert.deepEqual([0, 1, -1, Number.NaN].map(same), [true, false, false, false]);
});

test('validate: a failed row outweighs a missing one, and nothing at all is no success', () => {
  const yes = exactly('yes', 1, 1, '', '');
  const no = exactly('no', 1, 2, '', '');
  const absent = missing('golden', 'every test passes', 'no shared folder');
  assert.equal(exitOf([yes, yes]), 0);
  assert.equal(exitOf([yes, no, absent]), 4);
  assert.equal(exitOf([yes, absent]), 5);
  assert.equal(exitOf([]), 4);
  const text = formatRows([yes, no, absent]);
  assert.match(text, /golden +not measured +every test passes +missing/);
  assert.match(text, /golden: no shared folder/);
});

test('validate: phases that are not there and words that are none exit 2', async () => {
  const phase = await capture(() => runValidate(['phase1']));
  assert.equal(phase.exitCode, 2);
  assert.match(phase.err, /validate phase1 is not there yet/);
  assert.equal((await capture(() => runValidate([]))).exitCode, 2);
  assert.equal((await capture(() => runValidate(['phase3', 'phase4']))).exitCode, 2);
  assert.equal((await capture(() => runValidate(['phase9']))).exitCode, 2);
  assert.equal((await capture(() => runValidate(['config']))).exitCode, 0);
  const quick = ['config', '--quick', '--state', 'config'];
  assert.equal((await capture(() => runValidate(quick))).exitCode, 0);
  const wrong = await capture(() => runValidate(['config', '--set', 'risk.maxLeverage=-1']));
  assert.equal(wrong.exitCode, 3);
  assert.match(wrong.err, /risk\.maxLeverage/);
});

test('validate: a step that throws is a failed row, one without a folder is missing', async () => {
  const steps: Step[] = [
    { name: 'throws', needs: [], run: () => Promise.reject(new Error('no luck')) },
    { name: 'absent', needs: ['no-such-folder'], run: async () => [] },
    { name: 'fine', needs: ['tests'], run: async () => [exactly('fine', 1, 1, '', '')] },
  ];
  let rows: readonly ValidationRow[] = [];
  await capture(async () => {
    rows = await runSteps(steps);
    return 0;
  });
  assert.deepEqual(verdicts(rows), { throws: false, absent: null, fine: true });
  assert.equal(rows[0]?.conditions, 'no luck');
  assert.match(rows[1]?.conditions ?? '', /no-such-folder/);
});

// ---- Speed --------------------------------------------------------------------------------------

const MACHINE = { cpu: 'made up', cores: 2, node: '22' };
const kernel = (name: string, p50: number) => ({
  name,
  kernelNs: { p50, p99: 2 * p50 },
  plainNs: { p50: 3 * p50 },
  plainPerKernel: 3,
  calls: 10,
});
const KERNEL_ROWS = [
  kernel('risk check: limits + normal VaR, 1000 instruments', 1000),
  kernel('risk check with historical VaR and stress, 1000 scenarios', 4001),
  kernel('historical VaR, 1000 scenarios x 200', 60_000),
  kernel('covariance update, 200 x 200', 15_001),
  kernel('Monte Carlo VaR, 100000 paths x 10', 15_000_000),
];

test('validate: each kernel is held to its own promise, and a missing one fails', () => {
  const passed = kernelRows({ machine: MACHINE, result: { rows: KERNEL_ROWS } }).map(
    (row) => row.passed,
  );
  assert.deepEqual(passed, [true, false, true, false, true, true]);
  const [, ...rest] = KERNEL_ROWS;
  const fewer = kernelRows({ machine: MACHINE, result: { rows: rest } });
  assert.equal(fewer[0]?.passed, false);
  assert.equal(fewer.at(-1)?.passed, false);
});

const spread = (median: number, min = median, max = median) => ({ median, min, max });
const engineRow = {
  variant: 'normal',
  p50: spread(1),
  p99: spread(5, 4, 9),
  p999: spread(50),
  framesPerSecond: spread(20_400, 20_000),
  ordersPerSecond: spread(700),
  problems: [] as string[],
  rounds: [{ allocation: { kernelBytes: 0, verdictBytes: 300 } }],
};
const engineVerdicts = (row: typeof engineRow): (boolean | null)[] =>
  engineRows({ result: { conditions: '', rows: [row] } }).map(({ passed }) => passed);

test('validate: the running engine is judged by medians, the least load and every round', () => {
  assert.deepEqual(engineVerdicts(engineRow), [true, true, true, true, true]);
  assert.deepEqual(engineVerdicts({ ...engineRow, p50: spread(1.01) }), [
    false,
    true,
    true,
    true,
    true,
  ]);
  const slow = { ...engineRow, framesPerSecond: spread(20_400, 19_999.9) };
  assert.equal(engineVerdicts(slow)[2], false);
  const greedy = [...engineRow.rounds, { allocation: { kernelBytes: 8, verdictBytes: 8 } }];
  assert.equal(engineVerdicts({ ...engineRow, rounds: greedy })[3], false);
  assert.equal(engineVerdicts({ ...engineRow, problems: ['round 2: 3 gaps'] })[4], false);
  assert.equal(engineRows({ result: { conditions: '', rows: [] } })[0]?.passed, false);
});

// ---- Tests, orders, mutants ---------------------------------------------------------------------

const TAP = `TAP version 13
    not ok 2 - risk: an order above the limit is refused
ok 3 - golden: VaR # SKIP ../shared is not there
# tests 7
# pass 4
# fail 1
# cancelled 1
# skipped 1
`;

test('validate: counts, names and reasons are read from TAP', () => {
  assert.deepEqual(readTap(TAP), {
    passed: 4,
    failed: 2,
    skipped: 1,
    failures: ['risk: an order above the limit is refused'],
    reasons: ['../shared is not there'],
  });
});

test('validate: tests that were skipped are missing, none at all fails', () => {
  const counts = { passed: 3, failed: 0, skipped: 0, failures: [], reasons: [] };
  assert.equal(rowOfTests('x', counts, []).passed, true);
  assert.equal(rowOfTests('x', { ...counts, passed: 0 }, []).passed, false);
  assert.equal(rowOfTests('x', { ...counts, failed: 1, skipped: 1 }, []).passed, false);
  const skipped = rowOfTests('x', { ...counts, skipped: 2, reasons: ['no data'] }, []);
  assert.equal(skipped.passed, null);
  assert.match(skipped.conditions, /2 tests skipped: no data/);
});

const part = (alone: number, disagreements: { index: number; what: string[] }[] = []) => ({
  orders: 500,
  approved: 200,
  refused: 300,
  nearLimit: 1,
  disagreements,
  byCheck: [
    { alone: 400, close: 9 },
    { alone, close: 1 },
  ],
});

test('validate: random orders pass when all were asked, none differed, none was rare', () => {
  const passed = (parts: ReturnType<typeof part>[]) =>
    randomOrderRows(parts, 1000).map((row) => row.passed);
  assert.deepEqual(passed([part(50), part(50)]), [true, true, true]);
  assert.deepEqual(passed([part(50), part(49)]), [true, true, false]);
  assert.deepEqual(passed([part(100)]), [false, true, true]);
  const differs = part(100, [{ index: 7, what: ['approved'] }]);
  assert.deepEqual(passed([part(100), differs]), [true, false, true]);
  assert.deepEqual(passed([]), [false, true, false]);
});

test('validate: a score of no mutants proves nothing', () => {
  const report = (score: number, mutants: number) => ({
    score,
    files: [{ path: 'wasm/risk.ts', mutants, survived: 1 }],
    equivalents: [],
    seconds: 1,
  });
  const sample = { what: 'mutants', args: [], least: 0.9 };
  assert.equal(mutationRow(report(0.9, 10), sample).passed, true);
  assert.equal(mutationRow(report(0.899, 10), sample).passed, false);
  assert.equal(mutationRow(report(1, 0), sample).passed, false);
});

// ---- Crash and kill -----------------------------------------------------------------------------

const RISK = {
  drawdownMax: 0.0625,
  breakerTrips: 1,
  reductionOrders: 1,
  softWarnings: 0,
  gross: 0,
  tradingState: 'halted',
};

test('validate: a crash may cost the hard limit and one reduction step, and must halt', () => {
  const limits = { drawdownHard: 0.05, reductionSteps: 4 };
  const failed = (change: Partial<typeof RISK>) =>
    reportRows({ risk: { ...RISK, ...change } }, limits)
      .filter(({ passed }) => !passed)
      .map(({ check }) => check);
  assert.deepEqual(failed({}), []);
  assert.deepEqual(failed({ drawdownMax: 0.0626 }), ['crash: largest drawdown']);
  assert.deepEqual(failed({ breakerTrips: 0 }), ['crash: breaker trips']);
  assert.deepEqual(failed({ reductionOrders: 0 }), ['crash: orders of the reduction']);
  assert.deepEqual(failed({ tradingState: 'reducing' }), ['crash: trading']);
  assert.deepEqual(failed({ gross: 1001 }), ['crash: positions at the end']);
});

const record = (seq: number, body: unknown): string => JSON.stringify({ seq, timeUs: seq, body });
const byRisk = { kind: 'verdict', orderId: 'a', origin: { kind: 'risk' }, approved: true };
const CHAIN = [
  record(1, { kind: 'signal', note: 'is skipped' }),
  record(2, { kind: 'breaker', scope: 'instrument:X', to: 'open' }),
  record(3, { kind: 'drawdown', scope: 'strategy:manual', to: 'halted' }), // not the system's
  record(4, { kind: 'drawdown', scope: 'system', to: 'warning' }),
  record(5, { kind: 'fill', fill: { orderId: 'b' } }), // of a strategy
  record(6, byRisk),
  record(7, { kind: 'reduction', scope: 'system' }),
  record(8, { kind: 'fill', fill: { orderId: 'a' } }),
  record(9, { kind: 'drawdown', scope: 'system', to: 'halted' }),
  record(10, { kind: 'trading_state', scope: 'system', state: 'halted' }),
];

test('validate: the chain of a crash is whole, and in the order of the journal', () => {
  const row = chainRow(readChain(CHAIN.join('\n')));
  assert.equal(row.passed, true);
  assert.match(
    row.conditions,
    /^breaker opened #2, drawdown warning #4, order by risk, approved by risk #6, /,
  );
  for (const gone of [1, 3, 5, 6, 7, 8, 9]) {
    const text = CHAIN.filter((_, k) => k !== gone).join('\n');
    const broken = chainRow(readChain(text));
    assert.equal(broken.passed, false, `without record ${gone + 1}`);
    assert.equal(broken.measured, 'incomplete');
  }
  const late = [...CHAIN.slice(2), record(11, { kind: 'breaker', scope: 'system', to: 'open' })];
  assert.equal(chainRow(readChain(late.join('\n'))).measured, 'out of order');
});

const KILL = {
  is_confirmed: true,
  problem: '',
  blocked_us: 10,
  cancelled_us: 500_000,
  confirmed_us: 1_000_000,
  open_at_venues: { 'binance-usdm': 0 },
  orders: Array.from({ length: 200 }, (_, k) => ({ order_id: `${k}`, ended_us: 5 })),
};
const failedKill = (change: object, open = 200, left = 0, seconds = 1): string[] => {
  const out = JSON.stringify({ ...KILL, ...change });
  const rows = killRows(open, { code: 0, out, err: '', seconds }, left, { code: 0 });
  return rows.filter(({ passed }) => !passed).map(({ check }) => check.replace('kill: ', ''));
};

test('validate: a kill must be confirmed within a second, by every venue, order by order', () => {
  assert.deepEqual(failedKill({}), []);
  assert.deepEqual(failedKill({ confirmed_us: 1_000_001 }), ['confirmed after']);
  assert.deepEqual(failedKill({ confirmed_us: null }), ['confirmed after']);
  assert.deepEqual(failedKill({ is_confirmed: false }), ['zero open at the venues']);
  assert.deepEqual(failedKill({ open_at_venues: { a: 0, b: 1 } }), ['zero open at the venues']);
  assert.deepEqual(failedKill({ orders: KILL.orders.slice(1) }), ['orders with their times']);
  const lost = [{ order_id: '0', ended_us: null }, ...KILL.orders.slice(1)];
  assert.deepEqual(failedKill({ orders: lost }), ['orders with their times']);
  assert.deepEqual(failedKill({}, 199), ['orders open before']);
  assert.deepEqual(failedKill({}, 200, 1), ['orders open afterwards']);
  assert.deepEqual(failedKill({}, 200, 0, 1.001), ['the whole command']);
});
