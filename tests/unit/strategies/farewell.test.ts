// Owns the cases of the last call of a strategy in a worker: told that it stops, and heard out.
// Promise: both halves are here; what it saves then counts, what it asks for then is not sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Desk, Strategy } from '../../../engine/strategies/strategy.ts';
import { type House, openHouse, pair, specOf } from '../../strategies-fixture.ts';
import { at } from '../../trading-fixture.ts';

/** Counts books; asks for one thing on every book, and in its last call. */
function counting(stop: () => unknown = () => undefined): (desk: Desk) => Strategy {
  return (desk) => {
    const [instrument] = desk.instruments;
    let books = 0;
    const ask = (): void => {
      if (instrument === undefined) return;
      desk.submit({ instrument, side: 'buy', qty: asQty(10), price: asPrice(9_990) });
    };
    return {
      load(saved) {
        books = Number(saved);
      },
      save: () => books,
      onBook() {
        books += 1;
        ask();
      },
      onStop() {
        desk.log(`stops after ${books}`);
        books += 1000;
        ask();
        return stop() as undefined;
      },
    };
  };
}

const command = (house: House, action: 'stop' | 'reload') =>
  house.host.command('one', action, 'anna', 'lunch', at(house.nowUs));

const recordOf = (house: House) => {
  const { state, saved, reason } = house.slice.get('one') ?? {};
  return { state, saved, reason };
};

function open(stop?: () => unknown): { house: House; cell: ReturnType<typeof pair> } {
  const house = openHouse([specOf('one')]);
  const cell = pair(house, 'one', counting(stop));
  house.start({ one: cell.opened });
  cell.answer();
  house.tick();
  return { house, cell };
}

test('farewell: a stop calls onStop, keeps what it saves then, and sends nothing of it', () => {
  const { house, cell } = open();
  command(house, 'stop'); // while the answer to a book is on its way
  assert.deepEqual(recordOf(house), { state: 'stopped', saved: null, reason: 'lunch' });
  cell.answer();
  assert.deepEqual(recordOf(house), { state: 'stopped', saved: 1001, reason: 'lunch' });
  assert.deepEqual(house.logs, ['one: stops after 1']);
  assert.deepEqual([house.intents, cell.batches.at(-1)?.notices], [[], [{ kind: 'stop' }]]);
});

test('farewell: a reload begins with what the one before saved in its last call', () => {
  const { house, cell } = open();
  command(house, 'reload');
  cell.answer();
  const next = pair(house, 'one', counting());
  house.opened('one', next.opened);
  next.answer();
  command(house, 'stop');
  next.answer();
  assert.equal(recordOf(house).saved, 2001);
});

test('farewell: what it says when the next one has begun is nobody’s', () => {
  const { house, cell } = open();
  command(house, 'reload');
  const next = pair(house, 'one', counting(), 2);
  house.opened('one', next.opened);
  next.answer();
  cell.answer();
  assert.deepEqual(recordOf(house), { state: 'running', saved: null, reason: 'lunch' });
});

test('farewell: at the end of a run it is told, and runs again in the next', () => {
  const { house, cell } = open();
  house.host.stop(at(house.nowUs));
  cell.answer();
  assert.deepEqual(recordOf(house), { state: 'running', saved: 1001, reason: 'start' });
});

const broken = (): never => {
  throw new Error('at the end');
};

test('farewell: one that throws at the end of a run has failed, as one on this thread has', () => {
  const { house, cell } = open(broken);
  house.host.stop(at(house.nowUs));
  cell.answer();
  assert.equal(recordOf(house).state, 'failed');
  assert.match(recordOf(house).reason ?? '', /^Error: at the end/);
});

test('farewell: one that throws when a person stops it is stopped, and it is logged', () => {
  const { house, cell } = open(broken);
  command(house, 'stop');
  cell.answer();
  assert.deepEqual(recordOf(house), { state: 'stopped', saved: null, reason: 'lunch' });
  assert.match(house.logs.at(-1) ?? '', /^one: its last call: Error: at the end/);
});

test('farewell: a promise of onStop is refused, and rejects nowhere', async () => {
  const { house, cell } = open(() => Promise.reject(new Error('later')));
  command(house, 'stop');
  cell.answer();
  await new Promise((resolve) => setImmediate(resolve));
  assert.match(house.logs.at(-1) ?? '', /^one: its last call: .*onStop\(\) gave a promise/);
});

test('farewell: a last answer that is none is logged, and hurts nobody', () => {
  const { house } = open();
  command(house, 'stop');
  house.host.onNews('one', { kind: 'answer', life: 1, answer: 7 }, at(house.nowUs));
  assert.deepEqual(house.logs, ['one: its last call: its worker said 7, which is no answer']);
  assert.equal(recordOf(house).state, 'stopped');
});
