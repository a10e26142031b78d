// Owns the edges of names in the risk tables: rows out of place, names twice, kinds nobody knows.
// Promise: what cannot be placed is refused at start or told as null, never guessed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitScope } from '../../../engine/core/limit.ts';
import { DEFAULT_CAPACITIES, planMemory } from '../../../engine/memory/plan.ts';
import { limitAt, placesOf, scopeAt, takePlace } from '../../../engine/risk/places.ts';
import { names } from '../../risk-fixture.ts';
import { inverse, linear } from '../../trading-fixture.ts';

const plan = planMemory(DEFAULT_CAPACITIES);

test('places: an instrument in the row of another is refused', () => {
  const swapped = { ...names, instruments: [inverse, linear] };
  assert.throws(() => placesOf(swapped), /BTCUSD.test says it is row 1, and stands in row 0/);
});

test('places: a name that comes twice is refused', () => {
  const twice = { ...names, strategies: ['test', 'test'] };
  assert.throws(() => placesOf(twice), /a name of an strategy comes twice: test, test/);
});

test('places: a scope of a kind or a name nobody has is nowhere', () => {
  const places = placesOf(names);
  for (const scope of ['desk:main', 'venue:nowhere', 'instrument:none'] as LimitScope[]) {
    assert.equal(scopeAt(plan, places, scope), null, scope);
    assert.equal(limitAt(plan, places, scope, 'order_notional'), null, scope);
  }
});

test('places: margin is by venue and settle asset, and an empty place is given on', () => {
  const others = { ...names, instruments: [...names.instruments] };
  const places = placesOf(others);
  const told = (): readonly string[] =>
    places.marginPlaces.map(({ venue, asset }) => `${venue} ${asset}`);
  assert.deepEqual(told(), ['test USDT', 'test BTC', 'spot null']);
  const next = { ...inverse, key: 'ETHUSD.test', base: 'ETH', settle: 'ETH' };
  others.instruments[inverse.index] = next;
  takePlace(places, others, next);
  assert.deepEqual(told(), ['test USDT', 'test ETH', 'spot null']);
  const beside = { ...linear, key: 'BTCUSDC.test', quote: 'USDC', settle: 'USDC', index: 3 };
  others.instruments.push(beside);
  takePlace(places, others, beside);
  assert.deepEqual(told(), ['test USDT', 'test ETH', 'spot null', 'test USDC']);
});
