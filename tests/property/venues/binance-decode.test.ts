// Owns the laws of the Binance decoder over random frames, seeded.
// Promise: the byte scanner agrees with JSON.parse and exact decimals on everything legal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDecimal } from '../../../engine/core/units.ts';
import { isDecodeProblem } from '../../../engine/venues/binance/decode.ts';
import { createDesk, USDM_ONLY as USDM, usdmDepth } from '../../market-fixture.ts';

const desk = createDesk([USDM]);
const parameters = { seed: 20240808, numRuns: 300 };

const decimal = (scale: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.integer({ min: 1, max: 999_999_999 }), fc.integer({ min: 0, max: scale }))
    .map(([digits, decimals]) => (digits / 10 ** decimals).toFixed(decimals));
const rows = fc.array(fc.tuple(decimal(2), decimal(3)), { maxLength: 40 });

test('decode: random diffs give exactly the decimals they print', () => {
  fc.assert(
    fc.property(rows, rows, fc.nat(), fc.nat(1000), (bids, asks, first, more) => {
      const frame = usdmDepth(first, first + more, first, bids, asks);
      const event = desk.decode(frame, USDM);
      assert.equal(event.kind, 'depth', JSON.stringify(event));
      if (event.kind !== 'depth') return;
      assert.deepEqual([event.firstId, event.lastId], [first, first + more]);
      assert.deepEqual([event.bidCount, event.askCount], [bids.length, asks.length]);
      const all = [...bids, ...asks];
      const got = [...new Float64Array(desk.buffer, desk.plan.batch, all.length * 2)];
      const want = all.flatMap(([p, q]) => [parseDecimal(p, 2), parseDecimal(q, 3)]);
      assert.deepEqual(got, want);
    }),
    parameters,
  );
});

test('decode: any order of keys gives the same event', () => {
  const whole = JSON.parse(usdmDepth(11, 15, 9, [['61800.20', '0.014']], [['7.1', '2.5']]));
  const keys = Object.keys(whole.data);
  fc.assert(
    fc.property(fc.shuffledSubarray(keys, { minLength: keys.length }), (order) => {
      const data = Object.fromEntries(order.map((key) => [key, whole.data[key]]));
      const event = desk.decode(JSON.stringify({ stream: 'x', data }), USDM);
      assert.equal(event.kind === 'depth' && event.lastId, 15);
      const got = [...new Float64Array(desk.buffer, desk.plan.batch, 4)];
      assert.deepEqual(got, [6180020, 14, 710, 2500]);
    }),
    parameters,
  );
});

test('decode: one damaged byte never crashes, and never gives a number that is not there', () => {
  const frame = usdmDepth(11, 15, 9, [['61800.20', '0.014']], [['61800.30', '0.002']]);
  fc.assert(
    fc.property(fc.nat(frame.length - 1), fc.nat(255), (at, byte) => {
      const bytes = Buffer.from(frame);
      bytes[at] = byte;
      const event = desk.decoder(USDM.venue).decode(bytes, 0, bytes.length, 0, 0);
      if (isDecodeProblem(event)) {
        assert.ok(event.at >= 0 && event.at <= bytes.length);
        return;
      }
      const text = bytes.toString('latin1');
      assert.ok(event.kind === 'depth');
      assert.equal(event.lastId, Number(/"u":(\d+),/.exec(text)?.[1]));
      const levels = [...text.matchAll(/\["([\d.]+)","([\d.]+)"\]/g)];
      const want = levels.flatMap(([, p = '', q = '']) => [parseDecimal(p, 2), parseDecimal(q, 3)]);
      assert.deepEqual([...new Float64Array(desk.buffer, desk.plan.batch, 4)], want);
    }),
    { ...parameters, numRuns: 3000 },
  );
});
