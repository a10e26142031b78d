// Owns the cases of a wish that is no order: told where it was made, and nothing is sent.
// Promise: each field is wrong alone; the instance fails because nobody catches what is thrown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Wish } from '../../../engine/strategies/strategy.ts';
import { BTC, ETH, inside, openHouse, specOf } from '../../strategies-fixture.ts';

const WISH: Wish = { instrument: BTC, side: 'buy', qty: asQty(10), price: asPrice(9_990) };

const MALFORMED: readonly (readonly [string, Partial<Wish>, RegExp])[] = [
  ['NaN for a quantity', { qty: asQty(Number.NaN) }, /qty must be steps above 0 .*not NaN/],
  ['a negative quantity', { qty: asQty(-1) }, /not -1/],
  ['no quantity', { qty: asQty(0) }, /not 0/],
  ['a real quantity', { qty: asQty(0.5) }, /floorToLot/],
  ['NaN for a price', { price: asPrice(Number.NaN) }, /price must be steps above 0 .*not NaN/],
  ['a price off the tick', { price: asPrice(9_995) }, /ticks of 10 \(0.1\), not 9995/],
  ['no price but undefined', { price: undefined as never }, /not undefined/],
  ['an instrument of nobody', { instrument: { ...BTC } }, /BTCUSDT.test is none of its/],
  ['no instrument', { instrument: null as never }, /null is none of its/],
  ['an instrument of another', { instrument: ETH }, /ETHUSDT.spot is none of its/],
  ['a side that is none', { side: 'long' as never }, /'buy' or 'sell', not "long"/],
  ['a market order that rests', { price: null, timeInForce: 'GTC' }, /cannot rest/],
  ['post-only at once', { postOnly: true, timeInForce: 'IOC' }, /cannot be IOC/],
  ['a long reference', { reference: 'x'.repeat(65) }, /at most 64/],
];

for (const [what, parts, text] of MALFORMED) {
  test(`wish: ${what} throws where it was asked for, and nothing is sent`, () => {
    const house = openHouse([specOf('bad', { instruments: ['BTCUSDT'] })]);
    house.start({
      bad: inside((desk) => ({ onBook: () => desk.submit({ ...WISH, ...parts }) })),
    });
    house.tick();
    assert.equal(house.intents.length, 0);
    const failed = house.slice.get('bad');
    assert.match(failed?.reason ?? '', text);
    assert.match(failed?.reason ?? '', /^StrategyError: submit/);
    assert.equal(failed?.state, 'failed');
  });
}
