// Owns the cases of instruments that are refused because nobody prices their assets.
// Promise: the pairs of the case unknown-quote-is-usd are here by name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pricingProblems } from '../../../engine/accounts/pricing-problems.ts';
import { createRates } from '../../../engine/accounts/rates.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { all, btcSpot, instrumentOf } from '../../accounts-fixture.ts';

const spot = (index: number, base: string, quote: string): Instrument =>
  instrumentOf({ index, symbol: base + quote, venue: 'spot', kind: 'spot', base, quote });
const problems = (...instruments: Instrument[]): readonly string[] => {
  const rates = createRates({ instruments: 16, assets: 32, freshUs: 5e6 }, instruments);
  return pricingProblems(instruments, rates).map(({ message }) => message);
};

test('pricing: an instrument that only yen could price is refused by name', () => {
  assert.deepEqual(problems(spot(0, 'BTC', 'JPY')), [
    'BTCJPY.spot: nothing in this run prices BTC and JPY in USD; leave it out, ' +
      'or add a pair of BTC with a dollar, or one that leads to it',
  ]);
});

test('pricing: with a pair that leads to the dollar the same instrument is taken', () => {
  assert.deepEqual(problems(spot(0, 'BTC', 'JPY'), btcSpot), []);
  assert.deepEqual(problems(spot(0, 'USDT', 'BRL')), []); // one real is 1 / USDTBRL
  assert.deepEqual(problems(spot(0, 'EUR', 'TRY'), spot(1, 'EUR', 'USDT')), []);
});

test('pricing: an instrument that nothing connects is refused among many that are fine', () => {
  const [told, ...others] = problems(...all, spot(9, 'AAA', 'BBB'));
  assert.match(told ?? '', /^AAABBB.spot: nothing in this run prices AAA and BBB/);
  assert.deepEqual(others, []);
});
