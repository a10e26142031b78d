// Owns the tests of the list of instruments: slots given, taken back and given again.
// Promise: an object that has lost its slot is never taken for the one that has it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { createInstruments, type Instruments } from '../../../engine/core/instruments.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { inverse, linear, spot } from '../../trading-fixture.ts';

const specOf = (key: string) => {
  const { index: _, ...spec } = linear;
  return { ...spec, key };
};

function added(instruments: Instruments, key: string): Instrument {
  const answer = instruments.add(specOf(key));
  assert.ok(answer.kind === 'listed', JSON.stringify(answer));
  return answer.instrument;
}

test('instruments: a new one takes the next slot, until there is none', () => {
  const instruments = createInstruments([linear, inverse], 3);
  assert.equal(added(instruments, 'c').index, 2);
  const refused = instruments.add(specOf('d'));
  assert.ok(refused.kind === 'refused');
  assert.match(refused.reason, /no slot is free for d: capacity.instruments is 3/);
  assert.equal(instruments.count, 3);
  assert.equal(instruments.byKey('d'), null);
});

test('instruments: one that is traded is not added again, and a broken one not at all', () => {
  const instruments = createInstruments([linear], 4);
  const twice = instruments.add(specOf(linear.key));
  assert.ok(twice.kind === 'refused');
  assert.match(twice.reason, /traded already/);
  for (const [field, value] of [
    ['multiplier', Number.NaN],
    ['multiplier', -1],
    ['tick', 0],
    ['lot', 0.5],
    ['priceScale', 13],
    ['qtyScale', Number.NaN],
  ] as const) {
    const broken = instruments.add({ ...specOf('x'), [field]: value });
    assert.ok(broken.kind === 'refused', `${field} ${value}`);
    assert.match(broken.reason, /^x: (multiplier|tick|lot|price|quantity)/);
  }
  assert.equal(instruments.count, 1);
  assert.equal(instruments.list.length, 1);
});

test('instruments: a slot that is free goes to the next, and the old object is the past', () => {
  const instruments = createInstruments([linear, inverse, spot], 3);
  instruments.retire(inverse);
  assert.equal(instruments.isListed(inverse), false);
  assert.equal(instruments.list[1], inverse, 'it stays where it was until another comes');
  const next = added(instruments, 'next');
  assert.equal(next.index, 1);
  assert.equal(instruments.list[1], next);
  assert.throws(() => instruments.retire(inverse), /not what slot 1 holds/);
});

test('instruments: one that comes back gets its own slot, and is another all the same', () => {
  const instruments = createInstruments([linear, inverse, spot], 3);
  instruments.retire(linear);
  instruments.retire(inverse);
  const back = added(instruments, inverse.key);
  assert.equal(back.index, 1);
  assert.equal(instruments.isListed(back), true);
  assert.equal(instruments.isListed(inverse), false);
});

test('instruments: after any adding and retiring slots, keys and the list agree', () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    adds: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const instruments = createInstruments([], 4);
      const model = new Set<string>();
      for (const { key, adds } of steps) {
        const held = instruments.byKey(key);
        if (adds) {
          const { kind } = instruments.add(specOf(key));
          assert.equal(kind, model.has(key) || model.size === 4 ? 'refused' : 'listed');
          if (kind === 'listed') model.add(key);
        } else if (held !== null) {
          instruments.retire(held);
          model.delete(key);
        }
        assert.equal(instruments.count, model.size);
        const listed = instruments.list.filter(instruments.isListed);
        assert.deepEqual(new Set(listed.map((one) => one.key)), model);
        assert.equal(new Set(instruments.list.map((one) => one.key)).size, instruments.list.length);
        for (const [slot, one] of instruments.list.entries()) assert.equal(one.index, slot);
      }
    }),
    { seed: 11, numRuns: 200 },
  );
});

test('instruments: what is handed to strategies cannot be changed by them', () => {
  const band = { low: 0.9, high: 1.1 };
  const spec = { ...specOf('banded'), rules: { ...linear.rules, priceBand: band } };
  const answer = createInstruments([], 1).add(spec);
  assert.ok(answer.kind === 'listed');
  for (const one of [answer.instrument, ...listInstruments([spec])]) {
    for (const part of [one, one.rules, one.rules.priceBand]) assert.ok(Object.isFrozen(part));
    assert.throws(() => Object.assign(one.rules, { minQty: 0 }), TypeError);
    assert.throws(() => Object.assign(one, { key: 'other' }), TypeError);
  }
});
