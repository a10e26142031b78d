// Owns the cases of a start that waits for no file: instances join when theirs has loaded.
// Promise: a restart is a new host on a slice folded from the facts of the old one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Opened } from '../../../engine/strategies/calls.ts';
import { createStrategies } from '../../../engine/strategies/strategies-slice.ts';
import { BTC, type House, inside, openHouse, specOf } from '../../strategies-fixture.ts';
import { at, intentOf } from '../../trading-fixture.ts';

const wish = { instrument: BTC, side: 'buy', qty: asQty(10), price: asPrice(9_990) } as const;
const eager = (hash = 'h1'): Opened =>
  inside((desk) => ({ onBook: () => desk.submit(wish) }), hash);

/** A start as a live run does it; of an earlier house's facts, where there is one. */
function begin(before?: House): House {
  const slice = createStrategies();
  for (const fact of before?.facts ?? []) slice.fold(fact, before?.nowUs ?? 0);
  const house = openHouse([specOf('one'), specOf('two')], { slice });
  if (before !== undefined) house.place(intentOf({ instrument: BTC, strategy: 'one' }));
  house.host.start([...house.orders.values()], null, at(house.nowUs));
  return house;
}

const now = ({ slice }: House, name = 'one'): string => {
  const record = slice.get(name);
  return `${record?.state} by ${record?.by}: ${record?.reason}`;
};

test('joining: one trades as soon as its file has loaded, whatever the others do', () => {
  const house = begin();
  assert.deepEqual(house.opening, ['one', 'two']);
  assert.equal(now(house), 'stopped by host: its file is being loaded');
  house.opened('two', eager());
  house.tick();
  assert.deepEqual(
    house.intents.map(({ strategy }) => strategy),
    ['two'],
  );
  assert.equal(now(house, 'two'), 'running by configuration: start');
});

test('joining: a crash, or an end, while a file loads leaves it to the next start', () => {
  const next = begin(begin());
  next.opened('one', eager());
  assert.equal(now(next), 'running by configuration: start');
  assert.deepEqual(next.takenBack, [], 'its orders are its own again');
});

test('joining: what a person stopped is not even loaded, and has no orders', () => {
  const first = begin();
  first.host.command('one', 'stop', 'anna', 'lunch', at(first.nowUs));
  first.opened('one', eager());
  assert.equal(now(first), 'stopped by anna: lunch', 'its file came too late');
  const second = begin(first);
  assert.deepEqual(second.opening, ['two']);
  assert.equal(now(second), 'stopped by anna: lunch');
  assert.deepEqual(second.takenBack, [{ strategy: 'one', reason: 'its strategy does not run' }]);
});

test('joining: what failed is loaded to see its text, and runs if that is another', () => {
  const first = begin();
  first.opened(
    'one',
    inside(() => ({ onStart: () => assert.fail('broken') })),
  );
  const text = now(first);
  assert.match(text, /^failed by host/);
  const same = begin(first);
  assert.equal(now(same), text);
  same.opened('one', eager());
  assert.equal(now(same), text);
  assert.equal(same.takenBack.length, 1);
  const mended = begin(first);
  mended.opened('one', eager('h2'));
  assert.equal(now(mended), 'running by configuration: start');
});

test('joining: a person who starts it while it loads is who started it', () => {
  const house = begin();
  house.host.command('one', 'reload', 'anna', 'new text', at(house.nowUs));
  house.opened('one', eager());
  assert.equal(now(house), 'running by anna: new text');
});
