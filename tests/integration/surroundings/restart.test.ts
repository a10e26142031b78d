// Owns the tests of whole engines one after the other on one state folder: kills, limits, words.
// Promise: real journal and recovery; an engine that dies is one that was never told to stop.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { equityOf } from '../../../engine/accounts/valuation.ts';
import { asEpochUs, asPrice, asQty } from '../../../engine/core/units.ts';
import { SLICES } from '../../../engine/facts/slice-names.ts';
import type { State } from '../../../engine/state.ts';
import { createMemoryDisk } from '../../../engine/storage/memory-disk.ts';
import { START_US } from '../../engine-fixture.ts';
import {
  bodiesOf,
  foldOf,
  marketOf,
  openOrThrow,
  openRun,
  type RunningSystem,
  recordsOf,
  recoveredFrom,
  type SystemRun,
  temporaryFolder,
  trade,
} from '../../system-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const SECOND = 1_000_000;
const KILL = { flatten: true, drill: false, reason: 'test', by: 'anna' } as const;

/** A system of one strategy that trades nothing by itself, with a market of one second. */
async function openQuiet(t: TestContext, parts: Partial<SystemRun> = {}): Promise<Quiet> {
  const stateDir = temporaryFolder(t);
  const run = await openOrThrow({ stateDir, ...parts });
  await trade(run, marketOf(run, 'quiet'), START_US, START_US + SECOND);
  return { run, stateDir };
}

interface Quiet {
  readonly run: RunningSystem;
  readonly stateDir: string;
}

function submit({ system, instruments }: RunningSystem, type: 'takes' | 'rests'): void {
  const instrument = instruments.find(({ kind }) => kind === 'linear');
  assert.ok(instrument);
  const bid = system.ground.books.bidPrice(instrument, 0);
  const away = type === 'takes' ? 1.001 : 0.995;
  const price = asPrice(Math.floor((bid * away) / instrument.tick) * instrument.tick);
  const timeInForce = type === 'takes' ? 'IOC' : 'GTC';
  const intent = intentOf({
    ...{ instrument, timeInForce, price, account: 'main', strategy: 'manual' },
    qty: asQty(10 * instrument.lot),
    origin: { kind: 'api', key: 'test' },
  });
  system.apply({ kind: 'command', correlation: 0, command: { kind: 'submit', intent } });
}

const kill = ({ system }: RunningSystem): void =>
  system.apply({ kind: 'command', correlation: 0, command: { kind: 'kill', options: KILL } });

test('restart: a stop in the middle of a kill carries it out and says how it ended', async (t) => {
  const { run, stateDir } = await openQuiet(t);
  submit(run, 'takes');
  submit(run, 'rests');
  run.system.tick(asEpochUs(START_US + 1.05 * SECOND));
  assert.equal(run.system.rooms.state.orders.openCount, 1, 'one rests, one was filled');
  kill(run);
  await run.system.stop('test');
  assert.deepEqual(run.faults, []);
  const [report, ...more] = bodiesOf(recordsOf(stateDir), 'kill').map((body) => body.report);
  assert.equal(report?.isConfirmed, true, report?.problem);
  assert.deepEqual([report?.positionsLeft, more.length], [0, 0]);
  assert.equal(recordsOf(stateDir).at(-1)?.body.kind, 'run_stopped');
});

test('restart: a stop in a kill that no venue answers confirms nothing', async (t) => {
  const { run, stateDir } = await openQuiet(t, {
    wrapVenue: (link) => ({ ...link, askOpenOrders: () => undefined }),
  });
  kill(run);
  await run.system.stop('test');
  const [report] = bodiesOf(recordsOf(stateDir), 'kill').map((body) => body.report);
  assert.equal(report?.isConfirmed, false);
});

/** What recovery makes of the first `records` of a journal. */
function cutAfter(t: TestContext, stateDir: string, records: number): State {
  const copy = temporaryFolder(t);
  const lines = readFileSync(join(stateDir, 'journal', '000001.log'), 'utf8').split('\n');
  mkdirSync(join(copy, 'journal'));
  writeFileSync(join(copy, 'journal', '000001.log'), `${lines.slice(0, records).join('\n')}\n`);
  return recoveredFrom(t, copy);
}

test('restart: a crash at any record after a kill began comes back halted', async (t) => {
  const { run, stateDir } = await openQuiet(t);
  submit(run, 'takes');
  submit(run, 'rests');
  run.system.tick(asEpochUs(START_US + 1.05 * SECOND));
  kill(run);
  for (let step = 1; step <= 30; step += 1) {
    run.system.tick(asEpochUs(START_US + (1.05 + step / 10) * SECOND));
  }
  await run.system.stop('test');
  const records = recordsOf(stateDir);
  const first = records.findIndex(({ body }) => body.kind === 'trading_state');
  assert.ok(first > 0);
  for (let kept = first + 1; kept <= records.length; kept += 1) {
    const state = cutAfter(t, stateDir, kept);
    assert.equal(state.hash(), foldOf(records.slice(0, kept)).hash(), `after record ${kept}`);
    assert.deepEqual(
      state.standings.words().map((word) => [word.scope, word.state, word.by]),
      [['system', 'halted', 'anna']],
      `after record ${kept}, ${records[kept - 1]?.body.kind}`,
    );
  }
});

test('restart: limits of a journal that do not fit the run refuse it with exit 3', async (t) => {
  const { run, stateDir } = await openQuiet(t, { settings: ['compliance.accounts=["main","b"]'] });
  const { system } = run;
  const changes = [{ scope: 'portfolio:b', limit: 'gross', hard: 5e5, soft: 4e5 }] as const;
  const wish = { version: 1, reason: 'r', by: 'anna' } as const;
  const propose = { kind: 'propose_limits', changes, ...wish } as const;
  system.apply({ kind: 'command', correlation: 0, command: propose });
  const [proposal] = system.rooms.state.limits.proposals();
  assert.ok(proposal);
  const decide = { kind: 'decide_limits', approve: true, reason: 'r', by: 'bert' } as const;
  const command = { ...decide, proposal: proposal.proposal };
  system.apply({ kind: 'command', correlation: 0, command });
  await system.stop('test');
  const refused = await openRun({ stateDir });
  assert.ok(refused.kind === 'refused');
  assert.equal(refused.exitCode, 3);
  assert.match(refused.message, /limits version 2.*portfolio:b/);
  const again = await openOrThrow({ stateDir, settings: ['compliance.accounts=["main","b"]'] });
  assert.equal(again.system.rooms.limits.tree().version, 2);
  await again.system.stop('test');
});

test('restart: limits of the configuration that contradict each other exit with 3', async (t) => {
  const stateDir = temporaryFolder(t);
  const settings = [
    'risk.limits.system={"gross":5}',
    'risk.limits.strategies={"manual":{"gross":6}}',
  ];
  const refused = await openRun({ stateDir, settings });
  assert.ok(refused.kind === 'refused');
  assert.equal(refused.exitCode, 3);
  assert.match(refused.message, /risk\.limits\.strategies\.manual\.gross.*above system/);
});

test('restart: a broken engine leaves its records, and no round or end of itself', async (t) => {
  const { run, stateDir } = await openQuiet(t);
  submit(run, 'takes');
  const command = { kind: 'no such command' } as never;
  run.system.apply({ kind: 'command', correlation: 0, command });
  assert.equal(run.faults.length, 1, 'an invariant broke');
  kill(run);
  await run.system.stop('test');
  const records = recordsOf(stateDir);
  assert.equal(bodiesOf(records, 'checkpoint').length, SLICES.length, 'the round of its start');
  assert.deepEqual([...bodiesOf(records, 'kill'), ...bodiesOf(records, 'run_stopped')], []);
  assert.equal(bodiesOf(records, 'verdict').length, 1);
  const next = await openOrThrow({ stateDir });
  assert.equal(next.system.recovered?.unresolvedOrders, 1);
  await next.system.stop('test');
});

test('restart: a death in the first start costs no deposit and gives none twice', async (t) => {
  const { run, stateDir } = await openQuiet(t);
  const equity = equityOf(run.system.rooms.worths);
  await run.system.stop('test');
  const records = recordsOf(stateDir);
  const path = join(stateDir, 'journal', '000001.log');
  const lines = readFileSync(path, 'utf8').split('\n');
  const last = records.findLastIndex(({ body }) => body.kind === 'money');
  assert.ok(last > 0);
  for (let kept = 1; kept <= last + 1; kept += 1) {
    const disk = createMemoryDisk({ seed: 'restart' });
    const file = disk.open('000001.log', 'new');
    file.append(Buffer.from(`${lines.slice(0, kept).join('\n')}\n`));
    file.close();
    for (let start = 1; start <= 2; start += 1) {
      const next = await openOrThrow({ stateDir, disk });
      const { state, worths } = next.system.rooms;
      assert.equal(equityOf(worths), equity, `after ${kept} records, start ${start}`);
      assert.ok(state.accounts.isBalanced());
      await next.system.stop('test');
    }
  }
});
