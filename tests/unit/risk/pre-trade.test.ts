// Owns the limits of pre-trade through the host path: real kernels, tables kept by the exposure.
// Promise: every limit is met below, at and above through the names and scopes a trader is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { marginPlaceOf } from '../../../engine/core/instrument.ts';
import { asPrice } from '../../../engine/core/units.ts';
import { LIMIT_OF_CHECK } from '../../../engine/risk/checks.ts';
import { Z_95 } from '../../../engine/risk/limits.ts';
import * as layout from '../../../wasm/layout.ts';
import { at, inverse, linear, noKernels, orderOf, spot } from '../../trading-fixture.ts';
import { buy, compliant, LINEAR, open, sell } from './pre-trade-desk.ts';

const skip = noKernels;

test('pre-trade: every bit of the answer has a name, and no two the same name and scope', () => {
  assert.equal(LIMIT_OF_CHECK.length, layout.CHECKS);
  const names = LIMIT_OF_CHECK.map(({ limit, at: level }) => `${limit} of ${level}`);
  assert.equal(new Set(names).size, layout.CHECKS);
  const named = (check: number): unknown => LIMIT_OF_CHECK[check];
  assert.deepEqual(named(layout.CHECK_MARGIN), { limit: 'margin', at: 'venue' });
  assert.deepEqual(named(layout.CHECK_STRESS), { limit: 'stress_loss', at: 'system' });
  const { CHECK_NODES, NODE_CHECKS, NODE_CHECK_RATE, NODE_CHECK_NET } = layout;
  const rate = CHECK_NODES + layout.LEVEL_STRATEGY * NODE_CHECKS + NODE_CHECK_RATE;
  assert.deepEqual(named(rate), { limit: 'message_rate', at: 'strategy' });
  const net = CHECK_NODES + layout.LEVEL_VENUE * NODE_CHECKS + NODE_CHECK_NET;
  assert.deepEqual(named(net), { limit: 'net', at: 'venue' });
});

test('pre-trade: an order inside all limits is approved with the book as it would be', {
  skip,
}, () => {
  const verdict = open({ historicalVarOnOrders: true }).verdict(buy(1000));
  assert.ok(verdict.kind === 'approved');
  const { figures } = verdict;
  assert.equal(figures.notional, 100);
  assert.equal(figures.exposureAfter, 100);
  // z x 4 % prior volatility x 100
  assert.ok(Math.abs(figures.varAfter - Z_95 * 0.04 * 100) < 1e-9);
  assert.ok(Math.abs(figures.historicalVarAfter - 18) < 2e-6); // the third worst day, in f32
  assert.ok(Math.abs(figures.stressAfter - 30) < 1e-9);
  assert.equal(verdict.warnings.length, 0);
  assert.ok(Object.isFrozen(verdict.warnings)); // one for all: nothing is allocated
});

test('pre-trade: an order notional at the limit of any level passes, one lot more does not', {
  skip,
}, () => {
  const scopes = [
    [{ system: { order_notional: 1000 } }, 'system'],
    [{ portfolios: { main: { order_notional: 1000 } } }, 'portfolio:main'],
    [{ strategies: { test: { order_notional: 1000 } } }, 'strategy:test'],
    [{ venues: { test: { order_notional: 1000 } } }, 'venue:test'],
    [{ instruments: { [linear.key]: { order_notional: 1000 } } }, LINEAR],
  ] as const;
  for (const [limits, scope] of scopes) {
    const desk = open({ limits });
    assert.deepEqual(desk.codes(buy(10_000)), [], scope); // 10 at 100
    assert.deepEqual(desk.ask(buy(10_001)), [
      { limit: 'order_notional', scope, asked: 1000.1, allowed: 1000 },
    ]);
  }
  const others = open({
    limits: {
      portfolios: { second: { order_notional: 1 } },
      strategies: { other: { order_notional: 1 } },
      venues: { spot: { order_notional: 1 } },
      instruments: { [inverse.key]: { order_notional: 1 } },
    },
  });
  assert.deepEqual(others.codes(buy(10_001)), []);
});

test('pre-trade: gross and net of each level are those of its own book', { skip }, () => {
  const limits = {
    portfolios: { main: { gross: 300, net: 200 } },
    strategies: { test: { gross: 300, net: 200 } },
  };
  const desk = open({ limits });
  const { exposure, hold } = desk;
  hold('main', 'test', linear, 1000); // 100
  hold('main', 'other', spot, -1000); // -100, the same account
  hold('second', 'test', inverse, -1); // -100, the same strategy
  for (const [instrument, qty] of [
    [linear, 1],
    [spot, -1],
    [inverse, -1],
  ] as const) {
    exposure.onPosition(instrument, qty);
  }
  assert.deepEqual(desk.codes(buy(1000)), []); // grosses 300, nets 100
  assert.deepEqual(desk.codes(buy(1001)), ['gross of portfolio:main', 'gross of strategy:test']);
  assert.deepEqual(desk.codes({ ...buy(1), instrument: inverse }), []); // main 300; test 100
  // 3 to sell for the other account: the strategy would be short 2 here and 1 there.
  assert.deepEqual(desk.codes({ ...sell(3000), account: 'second' }), ['net of strategy:test']);
});

test('pre-trade: order quantity at the limit passes, and may differ by instrument', {
  skip,
}, () => {
  const limits = { instruments: { [inverse.key]: { order_quantity: 7 } } };
  const desk = open({ maxOrderQuantity: 5, limits });
  assert.deepEqual(desk.codes(buy(5_000)), []);
  assert.deepEqual(desk.ask(buy(5_001)), [
    { limit: 'order_quantity', scope: LINEAR, asked: 5.001, allowed: 5 },
  ]);
  assert.deepEqual(desk.codes({ ...buy(7), instrument: inverse }), []);
  const scope = 'instrument:BTCUSD.test';
  assert.deepEqual(desk.codes({ ...buy(8), instrument: inverse }), [`order_quantity of ${scope}`]);
});

test('pre-trade: the collar is tight towards the other side and wider away from it', {
  skip,
}, () => {
  const desk = open({ priceCollar: 0.02, passiveCollar: 0.2 });
  const codes = (side: 'buy' | 'sell', price: number): string[] =>
    desk.codes({ side, price: asPrice(price) });
  assert.deepEqual(codes('buy', 10_200), []);
  assert.deepEqual(codes('buy', 10_210), [`price_collar of ${LINEAR}`]);
  assert.deepEqual(codes('buy', 8_000), []);
  assert.deepEqual(codes('buy', 7_990), [`passive_collar of ${LINEAR}`]);
  assert.deepEqual(codes('sell', 9_800), []);
  assert.deepEqual(codes('sell', 9_790), [`price_collar of ${LINEAR}`]);
  assert.deepEqual(codes('sell', 12_000), []);
  assert.deepEqual(codes('sell', 12_010), [`passive_collar of ${LINEAR}`]);
});

test('pre-trade: the position limit counts what is held and what is open', { skip }, () => {
  const desk = open({ maxPositionUsd: 1000 });
  desk.exposure.onPosition(linear, 4);
  desk.exposure.setOpen(orderOf(buy(3_000)), 3_000);
  assert.deepEqual(desk.codes(buy(3_000)), []); // 4 + 3 + 3 = 10
  assert.deepEqual(desk.ask(buy(3_001)), [
    { limit: 'position', scope: LINEAR, asked: 1000.1, allowed: 1000 },
  ]);
  // Beyond the order's own price band there is no self-trade: sell above the resting buy.
  assert.deepEqual(desk.codes({ ...sell(14_000), price: asPrice(10_010) }), []); // -10
  const beyond = { ...sell(14_001), price: asPrice(10_010) };
  assert.deepEqual(desk.codes(beyond), [`position of ${LINEAR}`]);
});

test('pre-trade: exposure and leverage are the gross worst case over equity', { skip }, () => {
  const desk = open({ maxPortfolioExposure: 0.2 }); // 2000
  desk.exposure.onPosition(spot, 8); // 800
  desk.exposure.setOpen(orderOf({ instrument: inverse, side: 'sell' }, 'i'), 5); // 500
  assert.equal(desk.exposure.gross(), 1300);
  assert.deepEqual(desk.codes(buy(7_000)), []);
  assert.deepEqual(desk.ask(buy(7_001)), [
    { limit: 'exposure', scope: 'system', asked: 0.20001, allowed: 0.2 },
  ]);
  const lever = open({ maxLeverage: 3 });
  assert.deepEqual(lever.codes(buy(300_000)), []);
  assert.deepEqual(lever.codes(buy(300_001)), ['leverage of system']);
});

test('pre-trade: concentration is the net worst case of a base asset over equity', {
  skip,
}, () => {
  const desk = open({ maxConcentration: 0.1 }); // 1000, BTC: linear and inverse together
  desk.exposure.onPosition(inverse, -4); // -400
  assert.deepEqual(desk.codes(buy(14_000)), []); // 1400 - 400
  assert.deepEqual(desk.codes(buy(14_001)), ['concentration of system']);
  desk.exposure.onPosition(inverse, 4);
  assert.deepEqual(desk.codes({ ...buy(10_000), instrument: spot }), []); // ETH counts alone
});

const COINS = marginPlaceOf(inverse);
const MONEY = marginPlaceOf(linear);

test('pre-trade: margin is asked of the account at the venue of the order, in its settle asset', {
  skip,
}, () => {
  const desk = open();
  desk.hold('main', 'test', inverse, 10); // 1000 at 10 %, of coins
  desk.exposure.onPosition(inverse, 10);
  desk.exposure.setMargin(COINS, 0, at(1e6));
  desk.exposure.setMargin(MONEY, 100, at(1e6), 'main');
  assert.deepEqual(desk.codes(buy(10_000)), [], 'what is bound in coins takes no money');
  assert.deepEqual(desk.ask(buy(10_001)), [
    { limit: 'margin', scope: 'venue:test', asked: 100.01, allowed: 100 },
  ]);
  assert.deepEqual(
    desk.ask({ ...buy(1), instrument: inverse }),
    [{ limit: 'margin', scope: 'venue:test', asked: 110, allowed: 0 }],
    'and money stands for no coins',
  );
  desk.exposure.setMargin(MONEY, 100, at(1e6), 'second');
  const second = { account: 'second' };
  assert.deepEqual(desk.codes({ ...buy(10_000), ...second }), [], 'it holds nothing');
  assert.deepEqual(desk.codes({ ...buy(10_001), ...second }), ['margin of venue:test']);
  desk.exposure.setMargin(marginPlaceOf(spot), Number.NaN, at(1e6));
  assert.deepEqual(desk.codes(buy(10_000)), []);
  assert.deepEqual(desk.codes({ ...buy(1), instrument: spot }), ['margin of venue:spot']);
  const old = open({ marginAgeMsMax: 1000, markAgeMsMax: 9000, equityAgeMsMax: 9000 });
  assert.deepEqual(old.codes({}, 2e6), []);
  assert.deepEqual(old.codes({}, 2e6 + 1), ['margin of venue:test']);
});

test('pre-trade: accounts that stand against each other net no margin', { skip }, () => {
  const desk = open();
  desk.hold('main', 'test', linear, 10_000); // 1000 at 10 %, each
  desk.hold('second', 'test', linear, -10_000);
  desk.exposure.setMargin(MONEY, 100, at(1e6));
  assert.deepEqual(desk.codes(buy(1)), ['margin of venue:test']);
  assert.deepEqual(desk.codes(sell(1)), [], 'it shrinks what the account holds');
  desk.exposure.setMargin(MONEY, 100.01, at(1e6));
  assert.deepEqual(desk.codes(buy(1)), []);
});

test('pre-trade: normal VaR, historical VaR and stress loss pass at their limits', {
  skip,
}, () => {
  // One instrument: VaR = z x 0.04 x notional; 2 % of 10,000 = 200.
  const normal = open({ varLimit95OneDay: 0.02 });
  const most = Math.floor((200 / (Z_95 * 0.04 * 100)) * 1000);
  assert.deepEqual(normal.codes(buy(most)), []);
  assert.deepEqual(normal.codes(buy(most + 1)), ['value_at_risk of system']);
  normal.exposure.onPosition(spot, 20); // correlated: it uses up most of it
  assert.deepEqual(normal.codes(buy(most - 5_000)), ['value_at_risk of system']);
  // 18 % of the notional, 180: 1000; history is kept as f32.
  const historicalVarLimit95OneDay = 0.1 * Math.fround(0.18);
  const historical = open({ historicalVarOnOrders: true, historicalVarLimit95OneDay });
  assert.deepEqual(historical.codes(buy(10_000)), []);
  assert.deepEqual(historical.codes(buy(10_001)), ['historical_var of system']);
  const stress = open({ historicalVarOnOrders: true, stressLossLimit: 0.03 }); // 30 % of 1000
  assert.deepEqual(stress.codes(buy(10_000)), []);
  assert.deepEqual(stress.codes(buy(10_001)), ['stress_loss of system']);
  assert.deepEqual(stress.codes({ ...sell(30_000) }), []); // +10 %: 300
  assert.deepEqual(stress.codes({ ...sell(30_001) }), ['stress_loss of system']);
});

test('pre-trade: open orders are bounded at every level and come free when they end', {
  skip,
}, () => {
  const two = { open_orders: 2 };
  const limits = { portfolios: { main: two }, strategies: { test: two }, venues: { test: two } };
  const desk = open({ maxOpenOrders: 2, limits });
  desk.exposure.setOpen(orderOf({}, 'a'), 10);
  assert.deepEqual(desk.codes({}), []);
  desk.exposure.setOpen(orderOf({}, 'b'), 10);
  const full = ['system', 'portfolio:main', 'strategy:test', 'venue:test'] as const;
  assert.deepEqual(
    desk.ask({}),
    full.map((scope) => ({ limit: 'open_orders', scope, asked: 3, allowed: 2 })),
  );
  desk.exposure.setOpen(orderOf({}, 'a'), 6); // a partial fill frees nothing
  assert.equal(desk.codes({}).length, 4);
  desk.exposure.setOpen(orderOf({}, 'a'), 0);
  assert.deepEqual(desk.codes({}), []);
});

test('pre-trade: the message bucket empties with approvals only and refills with time', {
  skip,
}, () => {
  const desk = open({ ordersBurst: 2, ordersPerSecond: 1, maxOrderQuantity: 5 });
  assert.deepEqual(desk.codes(buy(6_000)), [`order_quantity of ${LINEAR}`]);
  desk.preTrade.preview(compliant({}), at(1e6));
  assert.deepEqual(desk.codes({}), []);
  assert.deepEqual(desk.codes({}), []);
  assert.deepEqual(desk.codes({}), ['message_rate of system']);
  assert.deepEqual(desk.codes({}, 1.9e6), ['message_rate of system']);
  assert.deepEqual(desk.codes({}, 2e6), []);
});

test('pre-trade: messages a trade are counted over the day, cancels included', { skip }, () => {
  const desk = open({ maxOrderToTrade: 2, orderToTradeFloor: 2 });
  desk.codes({});
  desk.exposure.onCancel(orderOf());
  assert.deepEqual(desk.codes({}), []); // the third
  assert.deepEqual(desk.codes({}), []); // the fourth, of 2 assumed trades
  assert.deepEqual(desk.ask({}), [
    { limit: 'order_to_trade', scope: 'system', asked: 2.5, allowed: 2 },
  ]);
  for (let k = 0; k < 3; k += 1) desk.exposure.onTrade(orderOf());
  assert.deepEqual(desk.codes({}), []); // 5 of 3
  desk.exposure.onDay(1);
  desk.exposure.onDay(1);
  assert.deepEqual(desk.codes({}), []);
});

test('pre-trade: an equal order within the window is a duplicate, a moment later it is not', {
  skip,
}, () => {
  const desk = open({ duplicateWindowMs: 250 });
  assert.deepEqual(desk.codes({}), []);
  assert.deepEqual(desk.codes({}, 1.249_999e6), [`duplicate_order of ${LINEAR}`]);
  assert.deepEqual(desk.codes({ strategy: 'other' }), []);
  assert.deepEqual(desk.codes({}, 1.25e6), []);
});

test('pre-trade: an order that would meet a resting order of ours is a self-trade', {
  skip,
}, () => {
  const desk = open();
  desk.exposure.setOpen(orderOf({ side: 'sell', price: asPrice(10_100) }, 'a'), 10);
  assert.deepEqual(desk.codes({ price: asPrice(10_090) }), []);
  assert.deepEqual(desk.codes({ price: asPrice(10_100) }), [`self_trade of ${LINEAR}`]);
  const market = { type: 'market', price: null, timeInForce: 'IOC' } as const;
  assert.deepEqual(desk.codes(market), [`self_trade of ${LINEAR}`]);
});
