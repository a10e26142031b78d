// Owns the tests of whole engines one after the other on one state folder: kills, limits, words.
// Promise: real journal and recovery; an engine that dies is one that was never told to stop.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { asEpochUs, asPrice, asQty } from '../../../engine/core/units.ts';
import type { Checkpoint, Fact, JournalRecord } from '../../../engine/facts/fact.ts';
import { recoverJournal } from '../../../engine/storage/recovery.ts';
import { START_US } from '../../engine-fixture.ts';
import {
  marketOf,
  openOrThrow,
  openRun,
  type RunningSystem,
  type SystemRun,
  temporaryFolder,
  trade,
} from '../../system-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const SECOND = 1_000_000;
const KILL = { flatten: true, drill: false, reason: 'test', by: 'anna' } as const;

type Body<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>;

function recordsOf(stateDir: string): JournalRecord[] {
  const folder = join(stateDir, 'journal');
  const logs = readdirSync(folder).filter((name) => name.endsWith('.log'));
  const lines = logs.sort().flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  return lines
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line.slice(line.indexOf(' ') + 1)) as JournalRecord);
}

const bodiesOf = <Kind extends Fact['kind']>(stateDir: string, kind: Kind) =>
  recordsOf(stateDir)
    .map(({ body }) => body)
    .filter((body): body is Body<Kind> => body.kind === kind);

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
  assert.equal(run.system.rooms.orders.openCount, 1, 'one rests, one was filled');
  kill(run);
  await run.system.stop('test');
  assert.deepEqual(run.faults, []);
  const [report, ...more] = bodiesOf(stateDir, 'kill').map((body) => body.report);
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
  const [report] = bodiesOf(stateDir, 'kill').map((body) => body.report);
  assert.equal(report?.isConfirmed, false);
});

/** The journal as it is after `records` of it, in a folder of its own, read by recovery. */
function cutAfter(t: TestContext, stateDir: string, records: number): Checkpoint | null {
  const copy = temporaryFolder(t);
  const lines = readFileSync(join(stateDir, 'journal', '000001.log'), 'utf8').split('\n');
  writeFileSync(join(copy, '000001.log'), `${lines.slice(0, records).join('\n')}\n`);
  const recovery = recoverJournal(copy);
  assert.ok(recovery.kind !== 'damaged', JSON.stringify(recovery));
  return recovery.kind === 'fresh' ? null : recovery.checkpoint;
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
    const states = cutAfter(t, stateDir, kept)?.states;
    assert.deepEqual(
      states?.map(({ scope, state, by }) => [scope, state, by]),
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
  const [proposal] = system.rooms.limitChanges.pending();
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

test('restart: a broken engine leaves records and no checkpoint of itself', async (t) => {
  const { run, stateDir } = await openQuiet(t);
  submit(run, 'takes');
  const timeUs = asEpochUs(START_US + SECOND);
  run.system.apply({ kind: 'margin', venue: 'nowhere', balance: 1, timeUs });
  assert.equal(run.faults.length, 1, 'an invariant broke');
  kill(run);
  await run.system.stop('test');
  assert.deepEqual(bodiesOf(stateDir, 'checkpoint'), []);
  assert.equal(recordsOf(stateDir).at(-1)?.body.kind, 'run_stopped');
  const next = await openOrThrow({ stateDir });
  assert.equal(next.system.recovered?.unresolvedOrders, 1);
  await next.system.stop('test');
});

test('restart: a death before the deposit was written costs nobody the deposit', async (t) => {
  const { run, stateDir } = await openQuiet(t);
  const equity = run.system.rooms.portfolio.equity();
  await run.system.stop('test');
  const text = readFileSync(join(stateDir, 'journal', '000001.log'), 'utf8');
  const lines = text.split('\n');
  for (const kept of [1, 2, 3]) {
    const cut = temporaryFolder(t);
    const first = await openOrThrow({ stateDir: cut });
    await first.system.stop('test');
    writeFileSync(join(cut, 'journal', '000001.log'), `${lines.slice(0, kept).join('\n')}\n`);
    const next = await openOrThrow({ stateDir: cut });
    assert.equal(next.system.rooms.portfolio.equity(), equity, `after ${kept} records`);
    await next.system.stop('test');
    const last = await openOrThrow({ stateDir: cut });
    assert.equal(last.system.rooms.portfolio.equity(), equity, 'and once only');
    assert.ok(last.system.rooms.portfolio.isBalanced());
    await last.system.stop('test');
  }
});
