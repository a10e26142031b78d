// Owns the cases of amends that a strategy asks for and the house does not send.
// Promise: whatever holds one back is told, paced and counted as of an intent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Refusal } from '../../../engine/strategies/strategy.ts';
import { BTC, inside, openHouse, specOf } from '../../strategies-fixture.ts';

test('host: an amend that is refused or held back is told like an intent', () => {
  const house = openHouse([specOf('one')], { intentsPerSecond: 1, intentsBurst: 2 });
  const told: Refusal[] = [];
  const bid = { instrument: BTC, side: 'buy', qty: asQty(10), price: asPrice(9_990) } as const;
  let step = 0;
  const one = inside((desk) => ({
    onTimer() {
      step += 1;
      if (step === 1) desk.submit({ ...bid, reference: 'a' });
      else desk.amend('a', { price: asPrice(9_980 - step * 10) }, 'cheaper');
    },
    onRefused: (refusal) => void told.push(refusal),
  }));
  house.start({ one });
  house.clock(100_000);
  house.refusedBy = ['position'];
  house.clock(100_000);
  assert.deepEqual(
    told.map(({ reference, limits }) => [reference, limits]),
    [['a', ['position']]],
  );
  house.clock(50_000); // before 100 ms have passed
  assert.deepEqual([house.amends.length, told.length], [1, 2]);
  house.clock(1_000_000);
  house.clock(150_000);
  assert.equal(house.amends.length, 2, 'twice as far apart');
});
