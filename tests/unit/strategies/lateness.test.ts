// Owns the cases of calls that take too long: once, again and again, and beyond all measure.
// Promise: an injected clock; a strategy beside one that is late goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Wish } from '../../../engine/strategies/strategy.ts';
import { BTC, type House, inside, openHouse, specOf } from '../../strategies-fixture.ts';

const WISH: Wish = { instrument: BTC, side: 'buy', qty: asQty(10), price: asPrice(9_990) };

const failureOf = (house: House): string =>
  house.facts
    .flatMap((fact) =>
      fact.kind === 'strategy' && fact.state === 'failed' ? [`${fact.name}: ${fact.reason}`] : [],
    )
    .join();

/** One on this thread whose calls take what the test says, beside one that takes no time. */
function openSlow(): { readonly house: House; takes(ms: number): void } {
  const house = openHouse([specOf('slow'), specOf('good')], { callMsMax: 50 });
  let tookMs = 0;
  house.nowNs = 7e12; // the time before its first call is not its own
  const slow = inside((desk) => ({
    onStart: () => undefined,
    onBook() {
      house.nowNs += tookMs * 1e6;
      desk.submit(WISH);
    },
  }));
  house.start({ slow, good: inside((desk) => ({ onBook: () => desk.submit(WISH) })) });
  const takes = (ms: number): void => {
    tookMs = ms;
    house.tick();
  };
  return { house, takes };
}

const sentBySlow = ({ intents }: House): number =>
  intents.filter(({ strategy }) => strategy === 'slow').length;

test('lateness: a late call is told; the third within a minute stops it, and is not sent', () => {
  const { house, takes } = openSlow();
  takes(50);
  assert.deepEqual([sentBySlow(house), house.logs], [1, []], 'exactly the budget passes');
  takes(50.1);
  takes(1000);
  assert.equal(sentBySlow(house), 3, 'a machine may be busy');
  assert.match(String(house.logs.at(-1)), /slow.*a call took 1000.0 ms, more than 50 ms$/);
  house.nowNs += 61e9;
  takes(50.1);
  takes(50.1);
  assert.equal(sentBySlow(house), 5, 'those of the minute before are forgotten');
  takes(50.1);
  takes(1);
  assert.equal(sentBySlow(house), 5);
  const why = /^slow: a call took 50.1 ms, .* the third within a minute/;
  assert.match(failureOf(house), why);
});

test('lateness: a call twenty times beyond its budget stops it at once', () => {
  const { house, takes } = openSlow();
  takes(1000.1);
  assert.equal(sentBySlow(house), 0);
  assert.match(failureOf(house), /^slow: a call took 1000.1 ms/);
});
