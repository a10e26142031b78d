// Owns the cases of instruments that come and go while a strategy in a worker runs or is opened.
// Promise: both halves of it are here; the worker's objects are clones, as they really are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Desk, Strategy } from '../../../engine/strategies/strategy.ts';
import { BTC, ETH, type House, openHouse, pair, specOf } from '../../strategies-fixture.ts';
import { at } from '../../trading-fixture.ts';

const SOL: Instrument = { ...BTC, index: 2, key: 'SOLUSDT.test', symbol: 'SOLUSDT' };
const ADA: Instrument = { ...BTC, key: 'ADAUSDT.test', symbol: 'ADAUSDT' }; // in the slot of BTC

const wishFor = (instrument: Instrument, reference = '') => ({
  ...{ instrument, side: 'buy', qty: asQty(10), price: asPrice(9_990), reference },
  side: 'buy' as const,
});

interface Seen {
  readonly books: string[];
  readonly lists: string[];
}

/** Buys on every book of an instrument, once, and writes down what it sees. */
function watcher(seen: Seen): (desk: Desk) => Strategy {
  return (desk) => ({
    onBook({ instrument, openOrders, bid }) {
      assert.ok(desk.instruments.includes(instrument));
      seen.books.push(`${instrument.symbol} ${bid}`);
      if (openOrders.length === 0) desk.submit(wishFor(instrument));
    },
    onTimer: () => void seen.lists.push(desk.instruments.map(({ symbol }) => symbol).join(' ')),
  });
}

const stateOf = (house: House): string => {
  const record = house.slice.get('one');
  return record?.state === 'failed' ? record.reason : (record?.state ?? 'none');
};

test('listing: an isolated strategy sees and trades what comes while it runs', () => {
  const house = openHouse([specOf('one')]);
  const seen: Seen = { books: [], lists: [] };
  const cell = pair(house, 'one', watcher(seen));
  house.start({ one: cell.opened });
  cell.answer();
  house.host.add(SOL);
  assert.equal(house.host.readsBook(SOL), true);
  house.books.set(SOL, [[9_970, 1]], [[9_980, 1]]);
  house.tick(SOL);
  cell.answer();
  assert.deepEqual(seen.books, ['SOLUSDT 9970']);
  assert.equal(house.intents[0]?.instrument, SOL);
  house.clock(100_000);
  cell.answer();
  house.host.retire(SOL);
  house.clock(100_000);
  cell.answer();
  assert.deepEqual(seen.lists, ['BTCUSDT ETHUSDT SOLUSDT', 'BTCUSDT ETHUSDT']);
  assert.equal(stateOf(house), 'running');
});

test('listing: what comes and goes while a file is opened is known to its worker', () => {
  const house = openHouse([specOf('one')]);
  const seen: Seen = { books: [], lists: [] };
  house.start({ one: pair(house, 'one', watcher(seen)).opened });
  house.host.command('one', 'reload', 'anna', 'new version', at(house.nowUs));
  const cell = pair(house, 'one', watcher(seen)); // opened with BTC and ETH
  house.host.add(SOL);
  house.host.retire(ETH);
  house.opened('one', cell.opened);
  house.books.set(SOL, [[9_970, 1]], [[9_980, 1]]);
  house.tick(SOL);
  house.clock(100_000);
  cell.answer();
  house.clock(100_000);
  cell.answer();
  assert.equal(stateOf(house), 'running');
  assert.deepEqual(seen.books, ['SOLUSDT 9970']);
  assert.equal(seen.lists.at(-1), 'BTCUSDT SOLUSDT');
});

test('listing: what was asked of an instrument never reaches the next one in its slot', () => {
  const house = openHouse([specOf('one')]);
  let wishes = 0;
  const cell = pair(house, 'one', (desk) => ({
    onTimer() {
      wishes += 1;
      const [first = BTC] = desk.instruments.filter(({ index }) => index === BTC.index);
      desk.submit(wishFor(first, 'same'));
    },
  }));
  house.start({ one: cell.opened });
  cell.answer();
  const replace = (before: Instrument, next: Instrument): void => {
    house.host.retire(before);
    house.host.add(next);
  };
  house.clock(100_000); // on its way: a wish for BTC
  replace(BTC, ADA);
  cell.answer();
  assert.deepEqual([wishes, house.intents], [1, []]);
  house.nowNs += 2_000_000;
  house.clock(100_000);
  cell.answer();
  assert.deepEqual(
    house.intents.map(({ instrument }) => instrument.symbol),
    ['ADAUSDT'],
    'its reference is free again',
  );
  assert.equal(stateOf(house), 'running');
});

test('listing: a wish earlier in the batch than what takes its slot is not sent either', () => {
  const house = openHouse([specOf('one')]);
  const cell = pair(house, 'one', (desk) => ({
    onFill: () => desk.submit(wishFor(desk.instruments[0] ?? BTC, 'same')),
  }));
  house.start({ one: cell.opened });
  const order = house.place({
    ...wishFor(ETH),
    strategy: 'one',
    origin: { kind: 'book' },
  } as never);
  const fill = { kind: 'fill', orderId: order.id } as never;
  house.host.onFill(order, fill, at(house.nowUs));
  house.host.retire(BTC);
  house.host.add(ADA);
  cell.answer(); // the start; then the fill and the new instrument in one batch
  house.clock(100_000);
  cell.answer();
  assert.deepEqual([house.intents, stateOf(house)], [[], 'running']);
});
