// Owns the cases of contracts that several accounts hold against each other.
// Promise: numbers are worked out by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVERYBODY, exposureOf, movingExposures } from '../../../engine/accounts/exposures.ts';
import { viewOf } from '../../../engine/accounts/portfolio-view.ts';
import { equityOf, equityUsOf, unpricedOf, worthOf } from '../../../engine/accounts/valuation.ts';
import { asEpochUs } from '../../../engine/core/units.ts';
import { btcCoin, btcPerp, btcSpot, openRoom } from '../../accounts-fixture.ts';

const S = 1_000_000;

test('nets: an account that sells what another holds leaves the profit of both', () => {
  const room = openRoom([btcPerp], { usdm: { USDT: '1000000' } });
  room.mark(btcPerp, 60_000);
  room.trade({ ...btcPerp, takerFee: 0 }, { account: 'main' }, 60_000, 10);
  room.mark(btcPerp, 66_000, 2);
  assert.equal(equityOf(room.worths), 1_060_000);
  room.trade({ ...btcPerp, takerFee: 0 }, { account: 'fund', side: 'sell' }, 66_000, 10);
  assert.equal(equityOf(room.worths), 1_060_000);
  assert.equal(viewOf(room.worths, asEpochUs(3 * S)).positions[0]?.unrealised, 60_000);
  room.mark(btcPerp, 70_000, 4); // neither wins nor loses any more
  assert.equal(equityOf(room.worths), 1_060_000);
  assert.equal(worthOf(room.worths, 'main', null), 1_100_000);
  assert.equal(worthOf(room.worths, 'fund', null), -40_000);
});

test('nets: contracts that offset each other need no mark of their own', () => {
  const room = openRoom([btcPerp], { usdm: { USDT: '1000' } });
  room.trade({ ...btcPerp, takerFee: 0 }, { account: 'main' }, 60_000, 1);
  room.trade({ ...btcPerp, takerFee: 0 }, { account: 'fund', side: 'sell' }, 60_100, 1);
  room.rates.advance(asEpochUs(9 * S));
  assert.equal(equityOf(room.worths), 1100);
  assert.equal(equityUsOf(room.worths), 9 * S);
  assert.deepEqual(unpricedOf(room.worths), []);
});

test('nets: inverse contracts that offset each other are coins that move with their parts', () => {
  const room = openRoom([btcCoin, btcSpot], { coinm: { BTC: '1' } });
  room.mark(btcCoin, 50_000);
  room.mark(btcSpot, 50_000);
  room.trade({ ...btcCoin, takerFee: 0 }, { account: 'main' }, 50_000, 500);
  room.mark(btcCoin, 100_000, 2);
  room.trade({ ...btcCoin, takerFee: 0 }, { account: 'fund', side: 'sell' }, 100_000, 500);
  assert.equal(equityOf(room.worths), 1.5 * 50_000); // 500 x 100 x (1/50000 - 1/100000) = 0.5 BTC
  assert.equal(exposureOf(room.worths, btcSpot, EVERYBODY), 1.5);
  assert.ok(movingExposures(room.worths).includes(btcSpot), 'each account has its own profit');
});
