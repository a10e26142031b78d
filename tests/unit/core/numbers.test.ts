// Owns the proof of exact decimals, instruments and clocks, with cases checked by hand.
// Promise: nothing is rounded on the way in or out, and no clock runs backwards.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRealClock, OFFSET_US_MIN, OFFSETS_KEPT } from '../../../engine/core/clock.ts';
import {
  assertInstrument,
  floorToLot,
  formatPrice,
  formatQty,
  type Instrument,
  notionalOf,
  priceOf,
  qtyOf,
  roundToTick,
} from '../../../engine/core/instrument.ts';
import {
  asPrice,
  asQty,
  formatCents,
  formatDecimal,
  parseDecimal,
  powerOfTen,
} from '../../../engine/core/units.ts';

const instrument: Instrument = {
  index: 0,
  key: 'BTCUSDT.binance-usdm',
  symbol: 'BTCUSDT',
  venue: 'binance-usdm',
  kind: 'linear',
  base: 'BTC',
  quote: 'USDT',
  settle: 'USDT',
  priceScale: 2,
  qtyScale: 3,
  tick: asPrice(10),
  lot: asQty(5),
  multiplier: 1,
  rules: {
    minNotional: 0,
    minQty: asQty(5),
    maxQty: null,
    maxMarketQty: null,
    marketLot: asQty(5),
    priceBand: null,
    feeIn: 'settle',
    maintenanceMargin: 0,
  },
  makerFee: 0.0002,
  takerFee: 0.0005,
};

test('units: a decimal becomes exact steps', () => {
  assert.equal(parseDecimal('61800.20', 1), 618002);
  assert.equal(parseDecimal('61800.20', 2), 6180020);
  assert.equal(parseDecimal('0.1', 8), 10_000_000);
  assert.equal(parseDecimal('-3', 2), -300);
  assert.equal(parseDecimal('007.50', 1), 75);
  assert.ok(Object.is(parseDecimal('-0.00', 2), 0), 'never -0');
  assert.equal(parseDecimal('9007199254740991', 0), Number.MAX_SAFE_INTEGER);
});

test('units: what is no plain decimal, too fine or too large is refused by name', () => {
  for (const text of ['', ' 1', '1e5', '.5', '5.', '+1', '0x10', 'NaN', '1,5', '1.2.3', '-']) {
    assert.deepEqual(parseDecimal(text, 2), { kind: 'not_a_decimal', text });
  }
  assert.deepEqual(parseDecimal('0.001', 2), { kind: 'too_fine', text: '0.001', scale: 2 });
  const large = '9007199254740992';
  assert.deepEqual(parseDecimal(large, 0), { kind: 'too_large', text: large });
  assert.deepEqual(parseDecimal('90071992547409.92', 2), {
    kind: 'too_large',
    text: '90071992547409.92',
  });
});

test('units: steps print as the shortest exact decimal', () => {
  assert.equal(formatDecimal(618002, 1), '61800.2');
  assert.equal(formatDecimal(-5, 3), '-0.005');
  assert.equal(formatDecimal(100, 2), '1');
  assert.equal(formatDecimal(0, 8), '0');
  assert.equal(formatDecimal(123456789012345678901n, 18), '123.456789012345678901');
});

test('units: powers of ten are exact from 0 to 18 and refused elsewhere', () => {
  for (let k = 0; k <= 18; k += 1) assert.equal(BigInt(powerOfTen(k)), 10n ** BigInt(k));
  assert.throws(() => powerOfTen(19), /outside 0..18/);
  assert.throws(() => powerOfTen(-1), /outside 0..18/);
});

test('instrument: prices and quantities read and print in real units', () => {
  assert.equal(priceOf(instrument, asPrice(6180020)), 61800.2);
  assert.equal(qtyOf(instrument, asQty(1500)), 1.5);
  assert.equal(formatPrice(instrument, asPrice(6180020)), '61800.2');
  assert.equal(formatQty(instrument, asQty(1)), '0.001');
});

test('instrument: a linear notional follows the price, an inverse one does not', () => {
  assert.equal(notionalOf(instrument, 50_000, -2), 100_000);
  const inverse: Instrument = { ...instrument, kind: 'inverse', multiplier: 100 };
  assert.equal(notionalOf(inverse, 50_000, -2), 200);
});

test('instrument: prices round to the tick away from the market, amounts down to the lot', () => {
  assert.equal(roundToTick(instrument, 6180027, false), 6180020);
  assert.equal(roundToTick(instrument, 6180021, true), 6180030);
  assert.equal(roundToTick(instrument, 6180020, true), 6180020);
  assert.equal(floorToLot(instrument, 0.0149), 10);
  assert.equal(floorToLot(instrument, 0.015), 15);
  assert.equal(floorToLot(instrument, 0.3), 300, '0.3 x 1000 is 299.99999999999994 in doubles');
  assert.equal(floorToLot(instrument, 0.004), 0);
});

test('instrument: scales, ticks, lots and multipliers out of range are refused by name', () => {
  assertInstrument(instrument);
  const wrong: readonly (readonly [Partial<Instrument>, RegExp])[] = [
    [{ priceScale: 13 }, /price scale 13/],
    [{ qtyScale: -1 }, /quantity scale -1/],
    [{ tick: asPrice(0) }, /tick/],
    [{ tick: asPrice(0.5) }, /tick/],
    [{ lot: asQty(-1) }, /lot/],
    [{ multiplier: Number.NaN }, /multiplier/],
    [{ multiplier: 0 }, /multiplier/],
  ];
  for (const [change, message] of wrong) {
    assert.throws(() => assertInstrument({ ...instrument, ...change }), message);
  }
});

test('clock: a real clock is its anchor plus the monotonic time since', () => {
  let ns = 5_000_000;
  const clock = createRealClock(1_700_000_000_000, () => ns);
  assert.equal(clock.nowUs(), 1_700_000_000_000_000);
  ns += 1_234_567;
  assert.equal(clock.nowUs(), 1_700_000_000_001_234);
  assert.equal(clock.nowNs(), 6_234_567);
});

test('clock: a real clock follows a wall that stays ahead, forward, by the least it saw', () => {
  let ns = 0;
  const clock = createRealClock(1000, () => ns);
  const observe = (aheadMs: number): number => clock.observe(1000 + ns / 1e6 + aheadMs);
  for (let k = 1; k < OFFSETS_KEPT; k += 1) assert.equal(observe(300 + k), 0);
  assert.equal(observe(300), 300_000);
  assert.equal(clock.nowUs(), 1_300_000);
  ns += 1_000_000;
  assert.equal(clock.nowUs(), 1_301_000, 'and goes on from there');
});

test('clock: a wall behind, ahead for a moment, close by, or no number moves nothing', () => {
  for (const ahead of [-5000, 19.999, Number.NaN, Number.POSITIVE_INFINITY]) {
    const clock = createRealClock(1000, () => 0);
    for (let k = 0; k < 20; k += 1) assert.equal(clock.observe(1000 + ahead), 0);
    assert.equal(clock.nowUs(), 1_000_000);
  }
  const clock = createRealClock(1000, () => 0);
  for (let k = 0; k < 50; k += 1) {
    const isMoment = k % OFFSETS_KEPT !== 0;
    assert.equal(clock.observe(isMoment ? 9000 : 1000), 0);
  }
  assert.equal(OFFSET_US_MIN, 20_000);
});

test('numbers: money has two digits and no exponent, however large it is', () => {
  assert.equal(formatCents(-1234.567), '-1234.57');
  assert.equal(formatCents(-6.3e21), '-6300000000000000000000.00');
});
