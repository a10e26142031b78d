// Owns what venue and account ask of an order through the host path: coins, rules, market prices.
// Promise: each is met below, at and above under the name a trader is told, with both numbers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument, VenueRules } from '../../../engine/core/instrument.ts';
import type { OrderIntent } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { createExposure } from '../../../engine/risk/exposure.ts';
import { createPreTrade } from '../../../engine/risk/pre-trade.ts';
import * as layout from '../../../wasm/layout.ts';
import { holderOf, names, wideRisk } from '../../risk-fixture.ts';
import { at, inverse, linear, noKernels, orderOf, spot } from '../../trading-fixture.ts';
import { buy, compliant, type Desk, LINEAR, open, sell } from './pre-trade-desk.ts';

const skip = noKernels;
const SPOT = 'instrument:ETHUSDT.spot';
const MARKET = { type: 'market', price: null, timeInForce: 'IOC' } as const;
const onSpot = (parts: Partial<OrderIntent>): Partial<OrderIntent> => ({
  ...parts,
  instrument: spot,
});

// ---- Balance ----------------------------------------------------------------------------------

test('pre-trade: coins that were deposited can be sold, one lot more than there are cannot', {
  skip,
}, () => {
  const desk = open();
  desk.funds.set('ETH', 2); // no order of ours ever bought one
  assert.deepEqual(desk.codes(onSpot(sell(1_999))), []);
  assert.deepEqual(desk.codes(onSpot(sell(2_000))), []);
  assert.deepEqual(desk.ask(onSpot(sell(2_001))), [
    { limit: 'balance', scope: 'venue:spot', asked: 2.001, allowed: 2 },
  ]);
});

test('pre-trade: spot is bought with money that is there, fee included, and with no other', {
  skip,
}, () => {
  const desk = open();
  desk.funds.set('USDT', 1000.5); // 10 at 100 and a fee of 5 bp
  assert.deepEqual(desk.codes(onSpot(buy(9_999))), []);
  assert.deepEqual(desk.codes(onSpot(buy(10_000))), []);
  assert.deepEqual(desk.ask(onSpot(buy(10_001))), [
    { limit: 'balance', scope: 'venue:spot', asked: 1000.60005, allowed: 1000.5 },
  ]);
  desk.funds.set('USDT', -1);
  assert.deepEqual(desk.codes(onSpot(buy(1))), ['balance of venue:spot']);
});

test('pre-trade: what a market order may have to pay is what has to be there', { skip }, () => {
  const desk = open({ priceCollar: 0.02 });
  desk.books.set(spot, [[9_990, 1e6]], [[10_010, 1e6]]);
  desk.funds.set('USDT', 1020.51); // 10 at 102, not at the 100.1 of the book
  assert.deepEqual(desk.codes(onSpot({ ...buy(10_000), ...MARKET })), []);
  desk.funds.set('USDT', 1020.5);
  const codes = desk.codes(onSpot({ ...buy(10_000), ...MARKET }));
  assert.deepEqual(codes, ['balance of venue:spot']);
});

test('pre-trade: a contract spends nothing, whatever is free', { skip }, () => {
  const desk = open();
  for (const asset of ['USDT', 'BTC']) desk.funds.set(asset, -5);
  assert.deepEqual(desk.codes(buy(10)), []);
  assert.deepEqual(desk.codes(sell(10)), []);
});

test('pre-trade: funds nobody can tell refuse', { skip }, () => {
  const desk = open();
  desk.funds.set('ETH', Number.NaN);
  assert.deepEqual(desk.ask(onSpot(sell(1))), [
    { limit: 'balance', scope: 'venue:spot', asked: 0.001, allowed: null },
  ]);
});

test("pre-trade: risk's own sale of coins that are not there is refused as its venue would", {
  skip,
}, () => {
  const desk = open();
  desk.hold('main', 'test', spot, 2_000);
  desk.exposure.onPosition(spot, 2);
  const origin = { kind: 'risk', reason: 'drawdown' } as const;
  const out = onSpot({ ...sell(2_000), origin, reduceOnly: true });
  desk.funds.set('ETH', 2);
  assert.deepEqual(desk.codes(out), []);
  desk.funds.set('ETH', 1.999); // the fee was taken from what came in
  const codes = desk.codes(out);
  assert.deepEqual(codes, ['balance of venue:spot', `reduce_only of ${SPOT}`]);
});

// ---- What an account can close ----------------------------------------------------------------

const origin = { kind: 'risk', reason: 'drawdown' } as const;
const REFUSED = [`reduce_only of ${LINEAR}`];

test('pre-trade: two accounts against each other each close their own', { skip }, () => {
  const desk = open();
  desk.hold('main', 'test', linear, 1_000);
  desk.hold('second', 'other', linear, -1_000);
  desk.exposure.onPosition(linear, 0);
  desk.exposure.setState('system', 'halted');
  const main = { ...sell(1_000), origin, reduceOnly: true };
  assert.deepEqual(desk.codes(main), []);
  assert.ok(desk.codes({ ...main, qty: asQty(1_001) }).includes(REFUSED[0] ?? ''));
  const second = { ...buy(1_000), origin, account: 'second', strategy: 'other', reduceOnly: true };
  assert.deepEqual(desk.codes(second), []);
  assert.ok(desk.codes({ ...second, account: 'main' }).includes(REFUSED[0] ?? ''));
});

test('pre-trade: reduce-only closes no position of another account, and none of coins', {
  skip,
}, () => {
  const desk = open();
  desk.exposure.onPosition(linear, 5); // collateral, or another account
  assert.deepEqual(desk.codes({ ...sell(10), reduceOnly: true }), REFUSED);
  desk.hold('second', 'test', linear, 10);
  assert.deepEqual(desk.codes({ ...sell(10), reduceOnly: true }), REFUSED);
  assert.deepEqual(desk.codes({ ...sell(10), reduceOnly: true, account: 'second' }), []);
});

test('pre-trade: the buy that closes a short passes while coins make the exposure long', {
  skip,
}, () => {
  const desk = open({ maxPositionUsd: 1 });
  desk.hold('main', 'test', inverse, -3_000);
  desk.exposure.onPosition(inverse, 3_000); // 6,000 contracts' worth of coins on top
  desk.exposure.setState('system', 'halted');
  const out = { ...buy(3_000), instrument: inverse, origin, reduceOnly: true };
  assert.deepEqual(desk.codes(out), []);
});

test('pre-trade: what is on its way counts, to the last lot', { skip }, () => {
  const desk = open();
  desk.hold('main', 'test', linear, 300);
  desk.hold('main', 'other', linear, 0);
  desk.exposure.onPosition(linear, 0.3);
  const resting = { instrument: linear, side: 'sell', strategy: 'other' } as const;
  desk.exposure.setOpen(orderOf(resting, 'c1'), 100);
  const close = { ...sell(200), reduceOnly: true };
  assert.deepEqual(desk.codes(close), []);
  assert.deepEqual(desk.codes({ ...close, qty: asQty(201) }), REFUSED);
  const risk = { ...sell(300), origin, reduceOnly: true };
  assert.deepEqual(desk.codes(risk), [], 'what another strategy quotes is no obstacle');
  desk.exposure.setOpen(orderOf({ ...resting, strategy: 'test' }, 'c2'), 100);
  assert.ok(desk.codes(risk).includes(REFUSED[0] ?? ''));
  assert.deepEqual(desk.codes({ ...risk, qty: asQty(200) }), []);
});

test('pre-trade: the position of a coin is one over all its pairs', { skip }, () => {
  const desk = open({ maxPositionUsd: 100_000 });
  const held = 900; // real, at a mark of 100: all of it stands on `linear`'s row here
  desk.funds.pair(linear.index, spot.index);
  desk.hold('main', 'test', linear, 0);
  desk.exposure.onPosition(linear, held);
  assert.deepEqual(desk.codes(onSpot(buy(100_000))), []);
  const [breach] = desk.ask(onSpot(buy(100_001)));
  assert.deepEqual([breach?.limit, breach?.asked], ['position', 100_000.1]);
  desk.funds.set('ETH', 900);
  assert.deepEqual(desk.codes(onSpot(sell(900_000))), [], 'and can be sold on either');
});

// ---- Rules of the venue -----------------------------------------------------------------------

/** The desk again, with an instrument whose venue asks for more than the grids. */
function openWith(instrument: Instrument, rules: Partial<VenueRules>): Desk {
  const desk = open();
  const strict = { ...instrument, rules: { ...instrument.rules, ...rules } };
  const instruments = names.instruments.with(strict.index, strict);
  const strictNames = { ...names, instruments };
  const exposure = createExposure({
    ...desk,
    names: strictNames,
    initialMargin: wideRisk().initialMargin,
    quoteRate: () => 1,
  });
  for (const one of instruments) {
    exposure.setTradable(one, true);
    exposure.onMark(one, 100, at(1e6));
  }
  exposure.setState('system', 'active');
  exposure.setEquity(10_000, at(1e6));
  for (const place of exposure.marginPlaces) exposure.setMargin(place, 1e9, at(1e6));
  const preTrade = createPreTrade({ ...desk, settle: exposure.settle, names: strictNames });
  const ask = (parts: Partial<OrderIntent>) => {
    const said = preTrade.check(compliant({ ...parts, instrument: strict }), at(1e6));
    return said.kind === 'approved' ? [] : said.breaches;
  };
  const codes = (parts: Partial<OrderIntent>): string[] =>
    ask(parts).map(({ limit, scope }) => `${limit} of ${scope}`);
  return { ...desk, exposure, hold: holderOf(exposure, desk.funds), preTrade, ask, codes };
}

test('pre-trade: an order below the least notional of its venue is told what is asked for', {
  skip,
}, () => {
  const desk = openWith(linear, { minNotional: 100 });
  const [breach, ...others] = desk.ask(buy(999));
  assert.deepEqual(others, []);
  assert.ok(breach !== undefined);
  const { asked, ...rest } = breach;
  assert.equal(Number(asked?.toPrecision(9)), 99.9, 'the order');
  assert.deepEqual(rest, { limit: 'min_notional', scope: LINEAR, allowed: 100 });
  assert.deepEqual(desk.codes(buy(1_000)), []);
  assert.deepEqual(desk.codes(buy(1_001)), []);
  desk.hold('main', 'test', linear, 500);
  desk.exposure.onPosition(linear, 0.5);
  const rest50 = { ...sell(500), reduceOnly: true };
  assert.deepEqual(desk.codes(rest50), [], 'the rest of a contract may be as small as it is');
});

test('pre-trade: the rest of a coin below the least notional cannot be sold', { skip }, () => {
  const desk = openWith(spot, { minNotional: 5 });
  desk.exposure.onPosition(spot, 0.049);
  const rest = { ...sell(49), reduceOnly: true };
  assert.deepEqual(desk.codes(rest), [`min_notional of ${SPOT}`]);
  assert.deepEqual(desk.codes(sell(50)), []);
});

test('pre-trade: an inverse contract is worth its face, whatever the price', { skip }, () => {
  const face = openWith(inverse, { minNotional: 100 }); // 100 USD a contract
  assert.deepEqual(face.codes(buy(1)), []);
  face.exposure.onMark(inverse, 50, at(1e6));
  assert.deepEqual(face.codes({ ...buy(1), price: asPrice(5_000) }), []);
  const dear = openWith(inverse, { minNotional: 101 });
  assert.deepEqual(dear.codes(buy(1)), [`min_notional of instrument:${inverse.key}`]);
  assert.deepEqual(dear.codes(buy(2)), []);
});

test('pre-trade: a venue takes so much of a limit order, and less of a market order', {
  skip,
}, () => {
  const desk = openWith(linear, { maxQty: asQty(5_000), maxMarketQty: asQty(2_000) });
  assert.deepEqual(desk.codes(buy(5_000)), []);
  assert.deepEqual(desk.codes(buy(5_001)), [`max_quantity of ${LINEAR}`]);
  assert.deepEqual(desk.codes({ ...buy(2_000), ...MARKET }), []);
  assert.deepEqual(desk.codes({ ...buy(2_001), ...MARKET }), [`max_quantity of ${LINEAR}`]);
});

test('pre-trade: a price outside the band of its venue is refused on either side', { skip }, () => {
  const desk = openWith(linear, { priceBand: { low: 0.995, high: 1.01 } });
  assert.deepEqual(desk.codes({ price: asPrice(10_100) }), []);
  const [above] = desk.ask({ price: asPrice(10_110) });
  assert.equal(above?.limit, 'price_band');
  assert.equal(Number(above?.asked?.toPrecision(9)), 0.011);
  assert.equal(Number(above?.allowed?.toPrecision(9)), 0.01);
  assert.deepEqual(desk.codes({ price: asPrice(9_950) }), []);
  assert.deepEqual(desk.codes({ price: asPrice(9_940) }), [`price_band of ${LINEAR}`]);
  const { numbers, plan } = desk;
  const price = (): number | undefined => numbers[(plan.riskOrder + layout.ORDER_PRICE) / 8];
  assert.deepEqual(desk.codes({ ...sell(10), ...MARKET }), []);
  assert.equal(price(), 99.5, 'a market order is protected at the band, tighter than the collar');
  assert.deepEqual(desk.codes({ ...buy(10), ...MARKET }), []);
  assert.equal(price(), 101);
});

test('pre-trade: a quantity below the least, or off the lot of a market order, is malformed', {
  skip,
}, () => {
  const desk = openWith(linear, { minQty: asQty(5), marketLot: asQty(10) });
  const malformed = `malformed_order of ${LINEAR}`;
  assert.deepEqual(desk.codes(buy(5)), []);
  assert.ok(desk.codes(buy(4)).includes(malformed));
  assert.deepEqual(desk.codes({ ...buy(20), ...MARKET }), []);
  assert.ok(desk.codes({ ...buy(15), ...MARKET }).includes(malformed));
  assert.deepEqual(desk.codes(buy(15)), []);
});

test('pre-trade: all that a venue would refuse is told at once', { skip }, () => {
  const desk = openWith(spot, {
    minNotional: 1e6,
    maxQty: asQty(5_000),
    priceBand: { low: 1, high: 1 },
  });
  desk.funds.set('ETH', 6);
  assert.deepEqual(desk.codes({ ...sell(7_000), price: asPrice(10_100) }), [
    `price_band of ${SPOT}`,
    `max_quantity of ${SPOT}`,
    `min_notional of ${SPOT}`,
    'balance of venue:spot',
  ]);
});

// ---- Market orders ----------------------------------------------------------------------------

test('pre-trade: a market order is worth what walking the book for it costs', { skip }, () => {
  const desk = open({ priceCollar: 0.02 });
  const asks = [
    [10_010, 1_000],
    [10_050, 1_000],
    [10_200, 1_000],
    [10_210, 1e9],
  ] as const;
  const bids = [
    [9_990, 1_000],
    [9_790, 1e9],
  ] as const;
  desk.books.set(linear, bids, asks);
  const notional = (parts: Partial<OrderIntent>): number => {
    const said = desk.verdict({ ...parts, ...MARKET });
    assert.ok(said.kind === 'approved', JSON.stringify(said));
    return Number(said.figures.notional.toPrecision(12));
  };
  assert.equal(notional(buy(1_000)), 100.1);
  assert.equal(notional(buy(1_500)), 100.1 + 50.25);
  assert.equal(notional(buy(3_000)), 302.6, 'the collar is still within');
  assert.equal(notional(buy(4_000)), 404.6, 'beyond it the worst counts, which is 102');
  assert.equal(notional(sell(2_000)), 197.9, '99.9 and the 98 nobody bids');
});

test('pre-trade: a market order beyond a limit at the price of the book is refused', {
  skip,
}, () => {
  const desk = open({ maxOrderNotionalUsd: 1000 });
  desk.books.set(linear, [[9_990, 1e9]], [[10_050, 1e9]]);
  assert.deepEqual(desk.codes({ ...buy(9_950), ...MARKET }), []);
  assert.deepEqual(desk.codes({ ...buy(9_951), ...MARKET }), ['order_notional of system']);
});

test('pre-trade: a market order is held to the collar, to the tick inside it', { skip }, () => {
  const desk = open({ priceCollar: 0.0215 }); // 102.15, ticks of 0.1
  const { numbers, plan } = desk;
  const price = (): number | undefined => numbers[(plan.riskOrder + layout.ORDER_PRICE) / 8];
  assert.deepEqual(desk.codes(MARKET), []);
  assert.equal(price(), 102.1);
  assert.deepEqual(desk.codes({ ...MARKET, side: 'sell' }), []);
  assert.equal(price(), 97.9);
});

test('pre-trade: without a mark a market order has no price', { skip }, () => {
  const desk = open();
  const { numbers, plan } = desk;
  numbers[(plan.riskRows + layout.ROW_MARK) / 8] = Number.NaN;
  assert.ok(desk.codes(MARKET).includes(`malformed_order of ${LINEAR}`));
});
