// Owns the whole house in a crash, in virtual time: what trips, what is sold, where it ends.
// Promise: several seeds; every bound is the configured one, nothing is fitted to a run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CRASH_SETTINGS } from '../../cli/trade/crash.ts';
import type { Fact, JournalRecord } from '../../engine/facts/fact.ts';
import { listInstruments } from '../../engine/market/instruments.ts';
import { testInstruments } from '../../engine/venues/binance/test-instruments.ts';
import { START_US } from '../engine-fixture.ts';
import {
  bodiesOf,
  closableOf,
  marketOf,
  openOrThrow,
  recordsOf,
  temporaryFolder,
  trade,
} from '../system-fixture.ts';

const SECOND = 1_000_000;
const SYMBOLS = 8;
const HARD = 0.05; // risk.drawdownHard, the default
const STEPS = 4; // risk.reductionSteps, the default

for (const seed of ['monday', 'tuesday', 'wednesday']) {
  test(`crash ${seed}: positions shrink, trading halts, the loss is bounded`, async (t) => {
    const stateDir = temporaryFolder(t);
    const instruments = listInstruments(testInstruments(SYMBOLS));
    const run = await openOrThrow({ stateDir, seed, instruments, settings: CRASH_SETTINGS });
    const market = marketOf(run, seed, START_US, 'crash');
    await trade(run, market, START_US, START_US + 75 * SECOND);
    const { rooms, engine, ground } = run.system;
    const left = closableOf(rooms);
    const gross = rooms.exposure.gross();
    const state = engine.tradingState();
    const drawdownMax = ground.telemetry.read('drawdownMax');
    await run.system.stop('test');
    assert.deepEqual(run.faults, []);

    assert.equal(state, 'halted');
    assert.deepEqual(left, [], 'nothing is held any more that its venue takes an order for');
    assert.ok(gross < SYMBOLS, `dust of less than a dollar each, not ${gross}`);
    assert.ok(drawdownMax >= HARD, `drawdown ${drawdownMax} reached the hard limit`);
    assert.ok(drawdownMax <= HARD * (1 + 1 / STEPS), `drawdown ${drawdownMax}: one step beyond`);
    assert.ok(rooms.state.accounts.isBalanced());

    const records = recordsOf(stateDir);
    const turns = bodiesOf(records, 'drawdown').filter(({ scope }) => scope === 'system');
    assert.deepEqual(
      turns.map(({ to }) => to),
      ['warning', 'halted'],
    );
    const trips = bodiesOf(records, 'breaker').filter(({ to }) => to === 'open');
    assert.ok(trips.some(({ breaker }) => breaker === 'volatility'));
    assert.ok(trips.some(({ breaker, scope }) => breaker === 'loss_rate' && scope === 'system'));
    checkChain(records);
  });
}

/** Warning, reduction, its approved orders and fills, halt, the last reduction: in this order. */
function checkChain(records: readonly JournalRecord[]): void {
  const find = (from: number, what: string, test: (body: Fact) => boolean): number => {
    const at = records.findIndex(({ body }, index) => index > from && test(body));
    assert.ok(at >= 0, `the journal has no ${what} after record ${from}`);
    return at;
  };
  const warned = find(0, 'warning', (b) => b.kind === 'drawdown' && b.to === 'warning');
  const sold = find(
    warned,
    'approved order of risk',
    (b) => b.kind === 'verdict' && b.approved && b.origin.kind === 'risk',
  );
  const stepped = find(warned, 'reduction', (b) => b.kind === 'reduction' && b.step === 1);
  const halted = find(stepped, 'hard limit', (b) => b.kind === 'drawdown' && b.to === 'halted');
  const stopped = find(
    halted,
    'halt',
    (b) => b.kind === 'trading_state' && b.scope === 'system' && b.state === 'halted',
  );
  find(stopped, 'last reduction', (b) => b.kind === 'reduction' && b.steps === 1);
  const closing = find(
    stopped,
    'order past the halt',
    (b) => b.kind === 'verdict' && b.approved && b.origin.kind === 'risk',
  );
  assert.ok(sold < halted && closing > stopped);
  const late = records.slice(stopped).map(({ body }) => body);
  const others = late.filter((b) => b.kind === 'verdict' && b.approved && b.origin.kind !== 'risk');
  assert.deepEqual(others, [], 'after the halt nobody but risk gets an order out');
}
