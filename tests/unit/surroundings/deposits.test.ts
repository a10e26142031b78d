// Owns the tests of what a fresh account begins with where the configuration does not say.
// Promise: worked out by hand; what was configured stays as it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { depositsOf, withCollateral } from '../../../engine/surroundings/deposits.ts';
import { testInstruments } from '../../../engine/venues/binance/test-instruments.ts';
import { startPriceUsd } from '../../../engine/venues/generated/start-terms.ts';
import { configOf } from '../../engine-fixture.ts';

const instruments = listInstruments(testInstruments(20));
const priceUsd = (asset: string): number => ({ BTC: 50_000, ETH: 2500 })[asset] ?? Number.NaN;

test('deposits: inverse contracts get coins, twice the margin of a largest position', () => {
  const settings = ['risk.maxPositionUsd=200000', 'risk.initialMargin.inverse=0.05'];
  const config = withCollateral(configOf(settings), instruments, priceUsd);
  assert.deepEqual(depositsOf(config), {
    USDT: '10000000',
    BTC: { 'binance-coinm': '0.400000' }, // 2 x 200,000 x 0.05 = 20,000 dollars
    ETH: { 'binance-coinm': '8.000000' },
  });
});

test('deposits: without inverse contracts, and without a price, dollars alone', () => {
  const few = instruments.slice(0, 2);
  assert.deepEqual(depositsOf(withCollateral(configOf(), few, priceUsd)), { USDT: '10000000' });
  assert.deepEqual(depositsOf(configOf()), { USDT: '10000000' });
});

test('deposits: what was configured stays as it is, nothing at all included', () => {
  for (const deposits of [{ USDC: '5' }, {}]) {
    const config = configOf([`execution.deposits=${JSON.stringify(deposits)}`]);
    assert.deepEqual(depositsOf(withCollateral(config, instruments, priceUsd)), deposits);
  }
});

test('deposits: the generated market says what every coin of it begins at', () => {
  for (const { base } of instruments) assert.ok(startPriceUsd(base) > 0, base);
});
