// Owns the tests of money at the paper venue: fees, balances, profit, funding, liquidation.
// Promise: amounts are worked out by hand; Binance's own rules where it publishes them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MoneyReport } from '../../../engine/core/event.ts';
import { asQty } from '../../../engine/core/units.ts';
import {
  ASKS,
  BIDS,
  inverse,
  limit,
  openVenue,
  perpetual,
  sell,
  spot,
  type VenueDesk,
  withRules,
} from '../../venue-fixture.ts';

const HOUR_US = 3_600_000_000;
const feesOf = ({ heard }: VenueDesk): unknown[] =>
  heard.flatMap((report) => (report.kind === 'fill' ? [report.fee] : []));
const moneyOf = ({ heard }: VenueDesk): MoneyReport[] =>
  heard.filter((report) => report.kind === 'money');

test('paper accounts: spot takes the fee from what is received, as Binance does (F11)', () => {
  const desk = openVenue({ instruments: [spot], isPoor: true });
  desk.deposit('1000', 'USDT');
  desk.send({ ...limit(10_000, 30), timeInForce: 'IOC' }, 'a'); // 0.030 at 100.00
  assert.deepEqual([desk.balance('ETH'), desk.balance('USDT')], ['0.02997', '997']);
  desk.send({ ...sell(9_990, 20), timeInForce: 'IOC' }, 'b'); // 0.020 at 99.90
  assert.deepEqual([desk.balance('ETH'), desk.balance('USDT')], ['0.00997', '998.996002']);
  assert.deepEqual(feesOf(desk), [
    { asset: 'ETH', amount: '0.00003' },
    { asset: 'USDT', amount: '0.001998' },
  ]);
  desk.send({ ...sell(9_990, 10), timeInForce: 'IOC' }, 'all'); // 0.010 is not there any more
  assert.match(desk.words().at(-1) ?? '', /insufficient balance/);
});

test('paper accounts: a maker pays the maker rate, a rebate is earned', () => {
  const desk = openVenue({ instruments: [{ ...perpetual, makerFee: -0.0001 }], isPoor: true });
  desk.deposit('100');
  desk.send(limit(9_990, 100), 'a');
  desk.trade(9_980, 100, true);
  assert.deepEqual(feesOf(desk), [{ asset: 'USDT', amount: '-0.000999' }]);
  assert.equal(desk.balance('USDT'), '100.000999');
});

test('paper accounts: a linear position realises against its average cost, and turns', () => {
  const desk = openVenue({ instruments: [{ ...perpetual, makerFee: 0, takerFee: 0 }] });
  const start = Number(desk.balance('USDT'));
  const made = (): string => (Number(desk.balance('USDT')) - start).toFixed(6);
  desk.send({ ...limit(10_010, 60), timeInForce: 'IOC' }, 'a'); // 30 at 100.00, 30 at 100.10
  assert.equal(made(), '0.000000');
  desk.send({ ...sell(9_990, 20), timeInForce: 'IOC' }, 'b'); // 0.020 x (99.90 - 100.05)
  assert.equal(made(), '-0.003000');
  desk.send({ ...sell(9_980, 70), timeInForce: 'IOC' }, 'c'); // 30 at 99.90, 10 of 40 at 99.80
  assert.equal(made(), '-0.010000'); // 0.030 x -0.15 and 0.010 x -0.25 more
  assert.equal(desk.venue.position('main', perpetual), -30);
  desk.book([[9_700, 100]], [[9_710, 100]], 1);
  desk.send({ ...limit(9_710, 30), timeInForce: 'IOC' }, 'd', 1); // 0.030 x (99.80 - 97.10)
  assert.equal(made(), '0.071000');
});

test('paper accounts: an inverse contract settles coins: face x (1 / entry - 1 / exit)', () => {
  const contract = { ...inverse, takerFee: 0 };
  const desk = openVenue({ instruments: [contract], isPoor: true });
  desk.deposit('1', 'BTC');
  desk.book([[10_000, 50]], [[10_010, 50]]);
  desk.send({ ...sell(10_000, 4), timeInForce: 'IOC' }, 'a'); // 400 USD at 100.00: 4 coins
  desk.book([[7_990, 50]], [[8_000, 50]], 1);
  desk.send({ ...limit(8_000, 4), timeInForce: 'IOC' }, 'b', 1); // 400 at 80.00: 5 coins
  assert.equal(desk.balance('BTC'), '2');
});

test('paper accounts: deposits and withdrawals are positive amounts of what is free', () => {
  const desk = openVenue({ instruments: [spot, perpetual], isPoor: true });
  const move = (way: 'deposit' | 'withdraw', amount: string, venue = 'spot'): string | null =>
    desk.venue[way]({ account: 'main', venue, asset: 'USDT', amount });
  for (const amount of ['0', '-1', 'NaN', '', '1e3', '0.0000000000000000001']) {
    assert.match(move('deposit', amount) ?? '', /deposit of USDT at spot/, amount);
    assert.match(move('withdraw', amount) ?? '', /withdrawal of USDT at spot/, amount);
  }
  assert.equal(move('deposit', '10'), null);
  desk.send(limit(9_980, 50)); // keeps 4.99 back
  assert.match(move('withdraw', '5.011') ?? '', /5.01 is free/);
  assert.equal(move('withdraw', '5.01'), null);
  assert.equal(desk.balance('USDT'), '4.99');
  desk.book(BIDS, ASKS, 0, perpetual);
  assert.equal(move('deposit', '2', 'perps'), null);
  desk.send({ ...limit(10_000, 30), instrument: perpetual, timeInForce: 'IOC' }, 'p');
  assert.match(move('withdraw', '1.9', 'perps') ?? '', /is free/); // margin stands behind it
  assert.equal(move('withdraw', '1.8', 'perps'), null);
});

test('paper funding: longs pay shorts at 00, 08 and 16 o’clock UTC of event time', () => {
  const desk = openVenue({ instruments: [perpetual] });
  desk.pass(HOUR_US);
  desk.send({ ...limit(10_000, 30), timeInForce: 'IOC' }, 'a', HOUR_US);
  const before = Number(desk.balance('USDT'));
  desk.pass(8 * HOUR_US - 1);
  assert.deepEqual(moneyOf(desk), []);
  desk.pass(8 * HOUR_US);
  const [paid] = moneyOf(desk); // 0.030 x 99.95 x 0.0001, eight places
  assert.deepEqual(
    [paid?.movement, paid?.amount, paid?.asset, paid?.timeUs, paid?.instrument?.key],
    ['funding', '-0.00029985', 'USDT', 8 * HOUR_US, 'BTCUSDT.perps'],
  );
  assert.equal((Number(desk.balance('USDT')) - before).toFixed(8), '-0.00029985');
  desk.send({ ...sell(9_980, 60), timeInForce: 'IOC' }, 'b', 9 * HOUR_US); // now short 0.030
  desk.pass(25 * HOUR_US);
  const money = moneyOf(desk);
  assert.deepEqual(
    money.map(({ amount, timeUs }) => [amount, timeUs / HOUR_US]),
    [
      ['-0.00029985', 8],
      ['0.00029985', 16],
      ['0.00029985', 24],
    ],
  );
  assert.equal(new Set(money.map(({ id }) => id)).size, 3);
});

test('paper funding: each position and time has an id that can be booked', () => {
  const symbol = 'S'.repeat(32);
  const venue = 'v'.repeat(32);
  const wide = { ...perpetual, symbol, venue, key: `${symbol}.${venue}` };
  const desk = openVenue({ instruments: [wide] });
  for (const account of ['market-making-1', 'a'.repeat(64), 'b'.repeat(64)]) {
    desk.deposit('1000', 'USDT', wide, account);
    desk.send({ ...limit(10_000, 10), account, timeInForce: 'IOC' }, account);
  }
  desk.pass(8 * HOUR_US);
  desk.pass(16 * HOUR_US);
  const ids = moneyOf(desk).map(({ id }) => id);
  assert.equal(ids.length, 6);
  assert.equal(new Set(ids).size, 6);
  for (const id of ids) assert.match(id, /^[\x21-\x7e]{1,64}$/);
});

test('paper funding: coins for inverse contracts, nothing for dated ones, flat or spot', () => {
  const dated = { ...perpetual, index: 0, expiry: '261225' };
  const desk = openVenue({ instruments: [dated, inverse, spot], fundingRate: () => 0.001 });
  for (const one of [inverse, spot]) desk.book(BIDS, ASKS, 0, one);
  for (const [k, instrument] of [dated, inverse, spot].entries()) {
    desk.send({ ...limit(10_000, 10), instrument, timeInForce: 'IOC' }, `o${k}`);
  }
  desk.pass(8 * HOUR_US);
  // 10 contracts of 100 USD at 99.95: 10.00500250 coins, of which a thousandth.
  assert.deepEqual(
    moneyOf(desk).map(({ amount, asset }) => [amount, asset]),
    [['-0.010005', 'BTC']],
  );
});

test('paper funding: a year without positions is stepped over', () => {
  const desk = openVenue({ instruments: [perpetual] });
  desk.pass(0);
  desk.pass(365 * 24 * HOUR_US);
  desk.send({ ...limit(10_000, 30), timeInForce: 'IOC' }, 'a', 365 * 24 * HOUR_US);
  desk.pass(365 * 24 * HOUR_US + 8 * HOUR_US);
  assert.equal(moneyOf(desk).length, 1);
});

// Long 0.100 from 100.10 on average with 0.60 behind it; maintenance is 1 % of the notional.
const risky = withRules({ ...perpetual, takerFee: 0 }, { maintenanceMargin: 0.01 });
function openLong(): VenueDesk {
  const desk = openVenue({ instruments: [risky], isPoor: true });
  desk.deposit('0.6');
  desk.send({ ...limit(10_020, 100), timeInForce: 'IOC' }, 'long');
  desk.send(limit(9_000, 1), 'waits');
  desk.send({ ...sell(11_000, 50), reduceOnly: true }, 'reduces');
  return desk;
}

test('paper liquidation: below maintenance the venue closes at the mark, and says so', () => {
  const desk = openLong();
  assert.equal(desk.words().at(-1), 'accepted');
  // At a mark of 95.15 the loss is 0.495 and 0.105 >= 0.09515 is left; at 95.05 0.095 < 0.09505.
  desk.book([[9_510, 50]], [[9_520, 50]], 1_000_000);
  desk.pass(1_500_000);
  assert.equal(desk.venue.position('main', risky), 100);
  desk.book([[9_500, 50]], [[9_510, 50]], 2_000_000);
  desk.pass(2_200_000);
  desk.pass(2_200_000); // what it said then comes out now
  assert.equal(desk.venue.position('main', risky), 0);
  const tales = desk.tales().slice(-3);
  assert.deepEqual(tales.slice(0, 2), [
    'waits cancelled: liquidation: margin is below maintenance',
    'reduces cancelled: liquidation: margin is below maintenance',
  ]);
  assert.match(tales[2] ?? '', /^autoclose-p\d+ fill 100@9500 taker$/);
  const fill = desk.heard.findLast((one) => one.kind === 'fill');
  const { order } = fill ?? {}; // it goes with the fill: nobody here placed it
  assert.equal(order?.orderId, fill?.orderId);
  assert.deepEqual(
    [order?.side, order?.qty, order?.instrument.key, order?.account],
    ['sell', asQty(100), 'BTCUSDT.perps', 'main'],
  );
  assert.equal(desk.balance('USDT'), '0.09'); // 0.6 - (10.01 - 9.50)
});

test('paper liquidation: a hole in one side of the book closes nothing (F5)', () => {
  const desk = openLong();
  desk.book([[9_990, 50]], [[20_000, 1]], 1_000_000);
  desk.pass(2_000_000);
  desk.book([[100, 1]], [[10_000, 50]], 3_000_000);
  desk.pass(4_000_000);
  desk.book([], [], 5_000_000);
  desk.pass(6_000_000);
  assert.equal(desk.venue.position('main', risky), 100);
});

test('paper liquidation: the largest position goes first, and no more than needed', () => {
  const small = withRules(
    { ...perpetual, index: 1, key: 'ETHUSDT.perps', takerFee: 0 },
    { maintenanceMargin: 0.01 },
  );
  const desk = openVenue({ instruments: [risky, small], isPoor: true });
  desk.book(BIDS, ASKS, 0, small);
  desk.deposit('0.8');
  desk.send({ ...limit(10_020, 100), timeInForce: 'IOC' }, 'a');
  desk.send({ ...limit(10_000, 30), instrument: small, timeInForce: 'IOC' }, 'b');
  desk.book([[9_290, 50]], [[9_300, 50]], 1_000_000);
  desk.pass(1_100_000);
  assert.equal(desk.venue.position('main', risky), 0);
  assert.equal(desk.venue.position('main', small), 30);
});

test('paper liquidation: a mark given from outside counts before the book’s', () => {
  let mark = 100;
  const desk = openVenue({ instruments: [risky], isPoor: true, mark: () => mark });
  desk.deposit('0.6');
  desk.send({ ...limit(10_020, 100), timeInForce: 'IOC' }, 'long');
  mark = 94;
  desk.pass(1_000_000);
  desk.pass(1_000_000);
  assert.match(desk.tales().at(-1) ?? '', /^autoclose-p\d+ fill 100@9400 taker$/);
});

test('paper accounts: one that comes back is margined as itself, at its own marks', () => {
  const desk = openVenue({ instruments: [perpetual], isPoor: true });
  desk.deposit('0.1', 'USDT', perpetual);
  desk.send({ ...limit(10_000, 10), timeInForce: 'IOC' }, 'opens');
  desk.send({ ...sell(9_990, 10), timeInForce: 'IOC' }, 'closes');
  const other = { ...perpetual, key: 'ETHUSDT.perps', symbol: 'ETHUSDT' };
  desk.venue.list(other); // has its slot
  desk.book([[20, 50]], [[30, 50]], 1, other);
  const back = { ...perpetual, index: 7 };
  desk.venue.list(back);
  desk.book(BIDS, ASKS, 2, back);
  const asked = { ...limit(10_000, 30), instrument: back, timeInForce: 'IOC' } as const;
  desk.send(asked, 'fits', 3); // 0.030 x 100 / 20 = 0.15
  assert.match(desk.words().at(-1) ?? '', /^rejected: Margin is insufficient/);
  desk.deposit('0.2', 'USDT', perpetual);
  desk.send(asked, 'fills', 4);
  assert.match(desk.words().at(-1) ?? '', /^fill 30@10000 taker/);
  desk.book([[2, 50]], [[3, 50]], 5, other); // what falls is not what is held
  desk.pass(1_000_000);
  assert.equal(desk.venue.position('main', back), 30);
  const saved = desk.venue.save();
  assert.deepEqual(
    saved.taken.map(({ instrument }) => instrument),
    [back.key],
  );
});

test('paper accounts: a balance begins as it is told, below zero as well', () => {
  const desk = openVenue({ instruments: [spot], isPoor: true });
  const place = { account: 'main', venue: 'spot', asset: 'USDT' };
  desk.venue.openBalance({ ...place, amount: '-500' });
  assert.equal(desk.balance('USDT', spot), '-500');
  desk.send({ ...limit(10_000, 10), instrument: spot });
  assert.match(desk.words().at(-1) ?? '', /insufficient balance/);
  assert.throws(() => desk.venue.openBalance({ ...place, amount: 'much' }), /'much'/);
});
