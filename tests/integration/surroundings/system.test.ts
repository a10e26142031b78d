// Owns the tests of a whole engine on a real state folder: repeatable, recoverable, or refused.
// Promise: real journal thread, real database, real kernels; the market is generated from a seed.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { asEpochUs } from '../../../engine/core/units.ts';
import { SLICES } from '../../../engine/facts/slice-names.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { openDisk } from '../../../engine/storage/disk.ts';
import { verifyJournal } from '../../../engine/storage/verify.ts';
import type { SystemEnding } from '../../../engine/surroundings/ending.ts';
import { testInstruments } from '../../../engine/venues/binance/test-instruments.ts';
import { START_US } from '../../engine-fixture.ts';
import {
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

const SECOND = 1_000_000;
const TAKER = [
  'execution.strategy=imbalance-taker',
  'execution.parameters.threshold=0.3',
  'main.defaultOrderNotionalUsd=2000',
];

interface Lived {
  readonly dir: string;
  readonly run: RunningSystem;
  readonly ending: SystemEnding;
  readonly placed: readonly string[]; // order ids
}

/** Opens, trades `seconds` of the market of `seed`, stops. */
async function live(options: SystemRun, seconds: number): Promise<Lived> {
  const { seed = 'test', startUs = START_US } = options;
  const placed: string[] = [];
  const run = await openOrThrow({
    settings: TAKER,
    wrapVenue: (link) => ({
      ...link,
      place(placement, nowUs) {
        placed.push(placement.id);
        return link.place(placement, nowUs);
      },
    }),
    ...options,
  });
  await trade(run, marketOf(run, seed, startUs), startUs, startUs + seconds * SECOND);
  const ending = await run.system.stop('test');
  assert.deepEqual(run.faults, []);
  return { dir: options.stateDir, run, ending, placed };
}

const count = ({ run }: Lived, counter: 'orders' | 'fills' | 'signals' | 'forecasts'): number =>
  run.system.ground.telemetry.read(counter);

test('system: the same seed twice gives the same state hash and journal head', async (t) => {
  const first = await live({ stateDir: temporaryFolder(t), seed: 'twice' }, 10);
  const second = await live({ stateDir: temporaryFolder(t), seed: 'twice' }, 10);
  const other = await live({ stateDir: temporaryFolder(t), seed: 'other' }, 10);
  assert.ok(count(first, 'fills') > 0, 'nothing was traded');
  assert.deepEqual(second.ending, first.ending);
  assert.equal(foldOf(recordsOf(first.dir).slice(0, -1)).hash(), first.ending.stateHash);
  assert.notEqual(other.ending.stateHash, first.ending.stateHash);
});

test('system: with the model of the house, forecasts become signals, twice the same', async (t) => {
  const options = {
    seed: 'model',
    model: 'demo',
    settings: ['ai.forecastIntervalMs=500'],
  } as const;
  const first = await live({ ...options, stateDir: temporaryFolder(t) }, 12);
  const second = await live({ ...options, stateDir: temporaryFolder(t) }, 12);
  assert.ok(count(first, 'forecasts') > 0 && count(first, 'signals') > 0);
  assert.deepEqual(second.ending, first.ending);
});

test('system: stopped and opened again, it goes on where it was, with new order ids', async (t) => {
  const stateDir = temporaryFolder(t);
  const first = await live({ stateDir }, 10);
  const { accounts } = first.run.system.rooms.state;
  const before = accounts.hash();
  const held = [...accounts.traded()].flatMap((key) => [...accounts.heldOf(key)]);
  assert.ok(
    held.some(({ position }) => position.qty !== 0n),
    'nothing is held',
  );
  const again = await openOrThrow({ stateDir, settings: TAKER });
  assert.equal(first.run.system.recovered, null);
  assert.equal(again.system.recovered?.epoch, 2);
  assert.equal(again.system.rooms.state.accounts.hash(), before);
  assert.ok(again.system.rooms.state.accounts.isBalanced());
  await again.system.stop('test');
  const third = await live({ stateDir, startUs: START_US + 100 * SECOND }, 10);
  assert.equal(third.run.system.recovered?.epoch, 3);
  const ids = [...first.placed, ...third.placed];
  assert.ok(first.placed.length > 0 && third.placed.length > 0);
  assert.equal(new Set(ids).size, ids.length, 'an order id was used twice');
  assert.ok(third.run.system.rooms.state.accounts.isBalanced());
  const verified = await verifyJournal(openDisk(join(stateDir, 'journal')));
  assert.equal(verified.kind, 'intact', JSON.stringify(verified));
  const folded = foldOf(recordsOf(stateDir));
  for (const slice of SLICES) {
    assert.equal(folded.hash(slice), third.run.system.rooms.state.hash(slice), slice);
    assert.equal(recoveredFrom(t, stateDir).hash(slice), folded.hash(slice), slice);
  }
});

test('system: orders nobody answered for are asked about by the next engine', async (t) => {
  const stateDir = temporaryFolder(t);
  const deaf = (link: Parameters<NonNullable<SystemRun['wrapVenue']>>[0]) => ({
    ...link,
    place: () => true,
    cancel: () => true,
  });
  const first = await live({ stateDir, wrapVenue: deaf }, 5);
  const open = first.run.system.rooms.state.orders.open().map(({ id }) => id);
  assert.ok(open.length > 0, 'no order was open');
  const queried: string[] = [];
  const again = await openOrThrow({
    stateDir,
    settings: TAKER,
    wrapVenue: (link) => ({
      ...link,
      query(order, nowUs) {
        queried.push(order.id);
        return link.query(order, nowUs);
      },
    }),
  });
  assert.deepEqual(queried, open);
  assert.equal(again.system.recovered?.unresolvedOrders, open.length);
  again.system.tick(asEpochUs(START_US + SECOND)); // the venue's answer takes its time
  assert.equal(again.system.rooms.state.orders.openCount, 0);
  await again.system.stop('test');
});

test('system: an instrument held and no longer traded is refused with exit 3', async (t) => {
  const stateDir = temporaryFolder(t);
  await live({ stateDir }, 10);
  const others = listInstruments(testInstruments(4).slice(2));
  const refused = await openRun({ stateDir, instruments: others });
  assert.ok(refused.kind === 'refused');
  assert.equal(refused.exitCode, 3);
  assert.match(refused.message, /BTCUSDT\.binance-(usdm|spot)/);
  const again = await openOrThrow({ stateDir, settings: TAKER }); // the folder was given back
  await again.system.stop('test');
});

test('system: a damaged journal is refused with exit 4 and left as it is', async (t) => {
  const stateDir = temporaryFolder(t);
  await live({ stateDir }, 5);
  const folder = join(stateDir, 'journal');
  const [name = ''] = readdirSync(folder).sort();
  const path = join(folder, name);
  const text = readFileSync(path, 'utf8');
  const damaged = text.replace('"kind":"run_stopped"', '"kind":"run_stopper"');
  assert.notEqual(damaged, text);
  writeFileSync(path, damaged);
  const refused = await openRun({ stateDir });
  assert.ok(refused.kind === 'refused');
  assert.equal(refused.exitCode, 4);
  assert.match(refused.message, new RegExp(`${name}.*audit verify`));
  assert.equal(readFileSync(path, 'utf8'), damaged);
});

test('system: a state folder in use is refused with exit 5', async (t) => {
  const stateDir = temporaryFolder(t);
  const first = await openOrThrow({ stateDir });
  const refused = await openRun({ stateDir });
  assert.equal(refused.kind === 'refused' && refused.exitCode, 5);
  await first.system.stop('test');
});

test('system: a state folder that cannot be made is refused with exit 3', async (t) => {
  const file = join(temporaryFolder(t), 'a-file');
  writeFileSync(file, '');
  const refused = await openRun({ stateDir: join(file, 'state') });
  assert.equal(refused.kind === 'refused' && refused.exitCode, 3);
});

test('system: a broken invariant is told once and no later event gets through', async (t) => {
  const run = await openOrThrow({ stateDir: temporaryFolder(t) });
  const { system, faults } = run;
  const command = { kind: 'no such command' } as never;
  system.apply({ kind: 'command', correlation: 0, command });
  assert.equal(faults.length, 1);
  const nowUs = system.engine.nowUs();
  await trade(run, marketOf(run, 'after'), START_US, START_US + SECOND);
  assert.deepEqual([faults.length, system.engine.nowUs()], [1, nowUs]);
  await system.stop('test');
});

test('system: a start that fails gives the folder back, and the next one goes on', async (t) => {
  const stateDir = temporaryFolder(t);
  const failing = openRun({
    stateDir,
    wrapVenue() {
      throw new Error('the venue is not there');
    },
  });
  await assert.rejects(failing, /the venue is not there/);
  const { ending, run } = await live({ stateDir }, 2);
  assert.equal(run.system.recovered, null, 'the failed start had written nothing');
  const verified = await verifyJournal(openDisk(join(stateDir, 'journal')));
  assert.ok(verified.kind === 'intact' && verified.head === ending.head);
});
