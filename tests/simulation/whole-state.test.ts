// Owns the law of durable state: what lives, what is folded, replicated and recovered is one.
// Promise: held after every event of a life with crashes, lost messages and doubles, by hash.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asEpochUs } from '../../engine/core/units.ts';
import type { Fact, JournalRecord } from '../../engine/facts/fact.ts';
import { SLICES } from '../../engine/facts/slice-names.ts';
import { createState, type State } from '../../engine/state.ts';
import type { Disk } from '../../engine/storage/disk.ts';
import { JOURNAL_START, scanJournal } from '../../engine/storage/journal-scan.ts';
import { recoverJournal } from '../../engine/storage/recovery.ts';
import { withGatewayDefaults } from '../../gateway/options.ts';
import { createReplica, type Replica } from '../../gateway/replica.ts';
import { cutPower, openHouse, reopen, shake } from './whole-house.ts';
import type { House } from './whole-life.ts';

const CAPACITY = { orders: 48, clientKeys: 32 };
const EVENTS = Number(process.env.COLIN_SIMULATION_EVENTS ?? 6000);
const SEED = process.env.COLIN_SIMULATION_SEED ?? '20241129';
const CRASH = 1 / 1500;
const RECOVER = 1 / 40;
const LOSE = 1 / 200;

const newState = (): State => createState({ capacity: CAPACITY });
const newReplica = (): Replica =>
  createReplica(withGatewayDefaults({ stateCapacity: CAPACITY }), () => undefined);

/** Those who follow the records of one engine after the other. */
interface Followers {
  folded: State;
  replica: Replica;
  heals: number; // of replicas before
  losing: number; // records the replica does not hear
}

const TITLE = `simulation: live = folded = replica = recovered, after each of ${EVENTS} events`;

test(TITLE, async () => {
  const faults = { loseRequest: 0.01, loseAnswer: 0.01, duplicateFill: 0.05, delay: 0.05 };
  const house = await openHouse(SEED, faults);
  const followers: Followers = { folded: newState(), replica: newReplica(), heals: 0, losing: 0 };
  follow(house, followers);
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  for (let k = 0; k < EVENTS; k += 1) {
    count(shake(house));
    follow(house, followers);
    compare(house, followers, k);
    if (followers.replica.isWhole) count('whole');
    if (house.random.uniform() < RECOVER) compareRecovered(house, k);
    if (house.random.uniform() < CRASH) {
      await restart(house, followers, k);
      count('crash');
    }
  }
  const { state } = house.system.rooms;
  for (const what of [
    'fill',
    'order',
    'request',
    'verdict',
    'money',
    'strategy',
    'limits',
    'instrument',
  ]) {
    assert.ok((kinds.get(what as Fact['kind']) ?? 0) > 5, `${what}: ${[...kinds].join(' ')}`);
  }
  assert.ok((counts.get('crash') ?? 0) > 0 && followers.heals > 0, [...counts].join(' '));
  assert.ok(state.accounts.nextFillNumber() > EVENTS / 100, 'nothing was traded');
});

const kinds = new Map<Fact['kind'], number>();

/** Hands on what was recorded: the replica loses some, and is told so as the ring would. */
function follow({ records, random }: House, followers: Followers): void {
  for (const record of records) {
    kinds.set(record.body.kind, (kinds.get(record.body.kind) ?? 0) + 1);
    followers.folded.fold(record.body, record.timeUs);
    if (followers.losing === 0 && random.uniform() < LOSE)
      followers.losing = 1 + random.integer(40);
    if (followers.losing > 0) {
      followers.losing -= 1;
      if (followers.losing === 0) followers.replica.take({ type: 'lost', records: 1 }, 1);
      continue;
    }
    followers.replica.take({ type: 'record', record }, 1);
  }
  records.length = 0;
}

function compare({ system }: House, { folded, replica, losing }: Followers, k: number): void {
  const { state } = system.rooms;
  const live = textOf(state);
  if (textOf(folded) !== live && folded.hash() !== state.hash()) differ('folded', state, folded, k);
  if (!replica.isWhole || losing > 0) return;
  const { slices } = replica;
  if (textOf(slices) !== live && slices.hash() !== state.hash())
    differ('replica', state, slices, k);
}

/**
 * What is hashed, in the order in which it lies: equal texts are equal states, and a third of the
 * time. Only of texts that differ is the hash asked, which does not look at the order of names.
 */
const textOf = (state: State): string => JSON.stringify(SLICES.map((name) => state[name].save()));

/** What a start would find now that everything is on the disk. */
function compareRecovered({ system, disk, nowUs }: House, k: number): void {
  system.tick(asEpochUs(nowUs));
  const recovered = newState();
  const found = recoverJournal(disk, recovered);
  assert.equal(found.kind, 'recovered');
  if (recovered.hash() !== system.rooms.state.hash()) {
    differ('recovered', system.rooms.state, recovered, k);
  }
}

/** What was not synced is gone: followers begin anew from what the disk has. */
async function restart(house: House, followers: Followers, k: number): Promise<void> {
  cutPower(house);
  const whole = newState();
  for (const record of recordsOf(house.disk)) whole.fold(record.body, record.timeUs);
  const recovered = newState();
  assert.equal(recoverJournal(house.disk, recovered).kind, 'recovered');
  if (whole.hash() !== recovered.hash())
    differ('folded from the first record', recovered, whole, k);
  await reopen(house);
  followers.folded = whole;
  followers.heals += followers.replica.heals;
  followers.replica = newReplica();
  followers.losing = 0;
}

function* recordsOf(disk: Disk): Generator<JournalRecord> {
  for (const { json } of scanJournal(disk, JOURNAL_START)) {
    yield JSON.parse(json.toString()) as JournalRecord;
  }
}

/** Says which slice differs, and where. */
function differ(what: string, live: State, other: State, k: number): never {
  for (const name of SLICES) {
    assert.deepEqual(other[name].save(), live[name].save(), `${what}: ${name} after event ${k}`);
  }
  assert.fail(`${what} differs after event ${k} by its hash alone`);
}
