// Owns the pre-trade verdict through the host path: real kernels, tables kept by the exposure.
// Promise: every limit is met below, at and above through the names and scopes a trader is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCompliance } from '../../../engine/compliance/pre-trade.ts';
import type { Breach, CompliantIntent, RiskDecision } from '../../../engine/core/decision.ts';
import type { TradingState } from '../../../engine/core/event.ts';
import type { OrderIntent } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { LIMIT_OF_CHECK } from '../../../engine/risk/pre-trade.ts';
import * as layout from '../../../wasm/layout.ts';
import { layRisk, openRisk, type RiskDesk, riskOf, wideRisk } from '../../risk-fixture.ts';
import { at, intentOf, inverse, linear, noKernels, orderOf, spot } from '../../trading-fixture.ts';

const skip = noKernels;
const Z_95 = 1.6448536269514722;

function compliant(parts: Partial<OrderIntent>): CompliantIntent {
  const sides = ['buy', 'sell', 'hold' as 'buy']; // compliance lets a wrong word through here
  const permissions = [{ account: '*', strategy: '*', instruments: ['*'], sides }];
  const gate = createCompliance({ restricted: [], permissions }).check(intentOf(parts), at(1));
  assert.ok(gate.kind === 'compliant', JSON.stringify(gate));
  return gate.order;
}

interface Desk extends RiskDesk {
  verdict(parts: Partial<OrderIntent>, nowUs?: number): RiskDecision;
  /** 'limit of scope' of every breach, none when approved. */
  codes(parts: Partial<OrderIntent>, nowUs?: number): string[];
  /** Breaches with nine digits: doubles, and far finer than any lot. */
  ask(parts: Partial<OrderIntent>): readonly Breach[];
}

function open(risk: Parameters<typeof riskOf>[0] = {}): Desk {
  const desk = openRisk(wideRisk(risk));
  const verdict = (parts: Partial<OrderIntent>, nowUs = 1e6): RiskDecision =>
    desk.preTrade.check(compliant(parts), at(nowUs));
  const breaches = (parts: Partial<OrderIntent>, nowUs?: number): readonly Breach[] => {
    const said = verdict(parts, nowUs);
    return said.kind === 'approved' ? [] : said.breaches;
  };
  return {
    ...desk,
    verdict,
    codes: (parts, nowUs) =>
      breaches(parts, nowUs).map(({ limit, scope }) => `${limit} of ${scope}`),
    ask: (parts) =>
      breaches(parts).map((one) => ({ ...one, asked: Number(one.asked.toPrecision(9)) })),
  };
}

const buy = (qty: number): Partial<OrderIntent> => ({ qty: asQty(qty) });
const sell = (qty: number): Partial<OrderIntent> => ({ qty: asQty(qty), side: 'sell' });
const LINEAR = 'instrument:BTCUSDT.test';

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
  const { figures } = verdict.order;
  assert.equal(figures.notional, 100);
  assert.equal(figures.exposureAfter, 100);
  // z x 4 % prior volatility x 100
  assert.ok(Math.abs(figures.varAfter - Z_95 * 0.04 * 100) < 1e-9);
  assert.ok(Math.abs(figures.historicalVarAfter - 18) < 1e-9); // the third worst of -20 %, -19 % …
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
  const { exposure } = desk;
  exposure.setBook('main', 'test', linear, 1000); // 100
  exposure.setBook('main', 'other', spot, -1000); // -100, the same account
  exposure.setBook('second', 'test', inverse, -1); // -100, the same strategy
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

test('pre-trade: the collar holds on both sides of the mark', { skip }, () => {
  const desk = open({ priceCollar: 0.02 });
  assert.deepEqual(desk.codes({ price: asPrice(10_200) }), []);
  assert.deepEqual(desk.codes({ price: asPrice(9_800) }), []);
  assert.deepEqual(desk.codes({ price: asPrice(10_210) }), [`price_collar of ${LINEAR}`]);
  assert.deepEqual(desk.codes({ price: asPrice(9_790) }), [`price_collar of ${LINEAR}`]);
  assert.deepEqual(desk.codes({ type: 'market', price: null, timeInForce: 'IOC' }), []);
});

test('pre-trade: the position limit counts what is held and what is open', { skip }, () => {
  const desk = open({ maxPositionUsd: 1000 });
  desk.exposure.onPosition(linear, 4);
  desk.exposure.onOpenOrder(orderOf(buy(3_000)), 3_000);
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
  desk.exposure.onOpenOrder(orderOf({ instrument: inverse, side: 'sell' }, 'i'), 5); // 500
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
  assert.deepEqual(desk.codes({ ...buy(10_000), instrument: spot }), []); // ETH counts alone
});

test('pre-trade: margin is asked of the venue of the order alone', { skip }, () => {
  const desk = open();
  desk.exposure.onPosition(inverse, 10); // 1000 at 10 %
  desk.exposure.setMargin('test', 200, at(1e6));
  assert.deepEqual(desk.codes(buy(10_000)), []); // 100 + 100
  assert.deepEqual(desk.ask(buy(10_001)), [
    { limit: 'margin', scope: 'venue:test', asked: 200.01, allowed: 200 },
  ]);
  desk.exposure.setMargin('spot', Number.NaN, at(1e6));
  assert.deepEqual(desk.codes(buy(10_000)), []);
  assert.deepEqual(desk.codes({ ...buy(1), instrument: spot }), ['margin of venue:spot']);
  const old = open({ marginAgeMsMax: 1000, markAgeMsMax: 9000, equityAgeMsMax: 9000 });
  assert.deepEqual(old.codes({}, 2e6), []);
  assert.deepEqual(old.codes({}, 2e6 + 1), ['margin of venue:test']);
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
  const history = { historicalVarOnOrders: true, historicalVarLimit95OneDay: 0.018 };
  const historical = open(history); // 18 % of the notional, 180: 1000
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
  desk.exposure.onOpenOrder(orderOf({}, 'a'), 10);
  assert.deepEqual(desk.codes({}), []);
  desk.exposure.onOpenOrder(orderOf({}, 'b'), 10);
  const full = ['system', 'portfolio:main', 'strategy:test', 'venue:test'] as const;
  assert.deepEqual(
    desk.ask({}),
    full.map((scope) => ({ limit: 'open_orders', scope, asked: 3, allowed: 2 })),
  );
  desk.exposure.onOpenOrder(orderOf({}, 'a'), -4); // a partial fill frees nothing
  assert.equal(desk.codes({}).length, 4);
  desk.exposure.onOpenOrder(orderOf({}, 'a'), -6);
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
  desk.exposure.onOpenOrder(orderOf({ side: 'sell', price: asPrice(10_100) }, 'a'), 10);
  assert.deepEqual(desk.codes({ price: asPrice(10_090) }), []);
  assert.deepEqual(desk.codes({ price: asPrice(10_100) }), [`self_trade of ${LINEAR}`]);
  const market = { type: 'market', price: null, timeInForce: 'IOC' } as const;
  assert.deepEqual(desk.codes(market), [`self_trade of ${LINEAR}`]);
});

test('pre-trade: a mark or an equity that is too old refuses, one at the limit does not', {
  skip,
}, () => {
  const mark = open({ markAgeMsMax: 1000, equityAgeMsMax: 9000 });
  assert.deepEqual(mark.codes({}, 2e6), []);
  assert.deepEqual(mark.codes({}, 2e6 + 1), [`reference_price_stale of ${LINEAR}`]);
  const equity = open({ markAgeMsMax: 9000, equityAgeMsMax: 1000 });
  assert.deepEqual(equity.codes({}, 2e6), []);
  assert.deepEqual(equity.codes({}, 2e6 + 1), ['equity_stale of system']);
});

test('pre-trade: an unknown equity refuses every order that adds risk', { skip }, () => {
  const desk = open();
  desk.exposure.setEquity(Number.NaN, at(1e6));
  const codes = desk.codes({});
  for (const code of ['exposure', 'leverage', 'value_at_risk', 'concentration']) {
    assert.ok(codes.includes(`${code} of system`), code);
  }
});

test('pre-trade: a state binds its own scope alone', { skip }, () => {
  const scopes = ['system', 'portfolio:main', 'strategy:test', 'venue:test', LINEAR] as const;
  const states: readonly [TradingState, boolean, boolean][] = [
    ['active', true, true],
    ['reducing', false, true],
    ['halted', false, false],
  ];
  const desk = open();
  desk.exposure.setBook('main', 'test', linear, 10);
  desk.exposure.onPosition(linear, 0.01);
  for (const scope of scopes) {
    for (const [state, opens, closes] of states) {
      desk.exposure.setState(scope, state);
      const said = [`trading_halted of ${scope}`];
      assert.deepEqual(desk.codes(buy(10)), opens ? [] : said, `${scope} ${state}`);
      assert.deepEqual(desk.codes(sell(10)), closes ? [] : said, `${scope} ${state}`);
    }
    desk.exposure.setState(scope, 'active');
  }
  for (const scope of ['portfolio:second', 'strategy:other', 'venue:spot'] as const) {
    desk.exposure.setState(scope, 'halted');
  }
  assert.deepEqual(desk.codes(buy(10)), []);
});

test('pre-trade: a half-open breaker lets its few small orders out', { skip }, () => {
  for (const scope of ['venue:test', LINEAR] as const) {
    const desk = open();
    desk.exposure.setState(scope, 'probing');
    assert.deepEqual(desk.codes({}), [`trading_halted of ${scope}`]);
    desk.exposure.setProbes(scope, 2, 1);
    assert.deepEqual(desk.codes(buy(11)), [`trading_halted of ${scope}`]); // 1.1
    assert.deepEqual(desk.codes(buy(10)), []);
    assert.deepEqual(desk.codes(buy(10)), []);
    assert.deepEqual(desk.codes(buy(10)), [`trading_halted of ${scope}`]);
  }
});

test('pre-trade: risk itself may close a position when everything else is halted or unknown', {
  skip,
}, () => {
  const desk = open({ historicalVarOnOrders: true });
  desk.exposure.setBook('main', 'test', linear, 10);
  desk.exposure.onPosition(linear, 0.01);
  desk.exposure.setState('system', 'halted');
  desk.exposure.setState(LINEAR, 'halted');
  desk.exposure.setEquity(Number.NaN, at(1e6));
  desk.exposure.setMargin('test', Number.NaN, at(1e6));
  const origin = { kind: 'risk', reason: 'drawdown' } as const;
  const verdict = desk.verdict({ ...sell(10), origin });
  assert.equal(verdict.kind, 'approved');
  assert.doesNotMatch(JSON.stringify(verdict), /null/);
  assert.ok(desk.codes(sell(10)).length > 0); // not risk's
  assert.deepEqual(desk.codes({ ...sell(11), origin }).includes(`reduce_only of ${LINEAR}`), true);
});

test('pre-trade: rows and state start closed', { skip }, () => {
  const verdict = layRisk(riskOf()).preTrade.check(compliant({}), at(0));
  assert.ok(verdict.kind === 'rejected');
  const codes = verdict.breaches.map(({ limit }) => limit);
  const first = ['instrument_not_tradable', 'reference_price_stale', 'position'];
  for (const code of [...first, 'equity_stale', 'margin', 'trading_halted']) {
    assert.ok(codes.includes(code as never), code);
  }
  assert.doesNotMatch(JSON.stringify(verdict), /null/);
});

test('pre-trade: an instrument whose book is out of sequence is not traded', { skip }, () => {
  const desk = open();
  desk.exposure.setTradable(linear, false);
  assert.deepEqual(desk.codes({}), [`instrument_not_tradable of ${LINEAR}`]);
  desk.exposure.setTradable(linear, true);
  assert.deepEqual(desk.codes({}), []);
});

test('pre-trade: spot is never sold short, reduce-only never grows a position', { skip }, () => {
  const desk = open();
  desk.exposure.onPosition(spot, 0.01);
  assert.deepEqual(desk.codes({ ...sell(10), instrument: spot }), []);
  const code = 'reduce_only of instrument:ETHUSDT.spot';
  assert.deepEqual(desk.codes({ ...sell(11), instrument: spot }), [code]);
  assert.deepEqual(desk.codes({ ...buy(10), reduceOnly: true }), [`reduce_only of ${LINEAR}`]);
});

test('pre-trade: an order off the grid, or whose words contradict each other, is malformed', {
  skip,
}, () => {
  const desk = open();
  const wrong: Partial<OrderIntent>[] = [
    { price: asPrice(10_001) }, // tick is 10
    { price: asPrice(0) }, // would read as a market order
    { price: asPrice(-10_000) },
    { price: asPrice(Number.NaN) },
    { qty: asQty(1.5) },
    { price: null },
    { type: 'market', price: asPrice(10_000) },
    { postOnly: true, timeInForce: 'IOC' },
    { postOnly: true, type: 'market', price: null },
    { side: 'hold' as never },
    { instrument: { ...linear } }, // not the loaded one
    { instrument: { ...linear, index: 99 } },
  ];
  for (const parts of wrong) {
    const verdict = desk.verdict(parts);
    assert.ok(verdict.kind === 'rejected', JSON.stringify(parts));
    assert.equal(verdict.breaches[0].limit, 'malformed_order', JSON.stringify(parts));
    assert.equal(verdict.breaches.filter(({ limit }) => limit === 'malformed_order').length, 1);
    assert.doesNotMatch(JSON.stringify(verdict), /null/);
  }
  for (const qty of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.ok(desk.codes(buy(qty)).includes(`malformed_order of ${LINEAR}`), String(qty));
  }
  const coarse = { ...linear, lot: asQty(5) };
  assert.equal(desk.verdict({ instrument: coarse, qty: asQty(7) }).kind, 'rejected');
});

test('pre-trade: a strategy or an account nobody has set up is refused by name', { skip }, () => {
  const desk = open();
  const breach = (scope: string): object => ({
    limit: 'unknown_strategy',
    scope,
    asked: 1,
    allowed: 0,
  });
  assert.deepEqual(desk.ask({ strategy: 'ghost' }), [breach('strategy:ghost')]);
  assert.deepEqual(desk.ask({ account: 'ghost' }), [breach('portfolio:ghost')]);
  const spare = desk.preTrade.preview(compliant({ strategy: 'ghost' }), at(1e6));
  assert.equal(spare.decision.kind, 'rejected');
});

test('pre-trade: every breach is told at once, in the order of the checks', { skip }, () => {
  const desk = open({
    maxOrderNotionalUsd: 1,
    maxPositionUsd: 1,
    priceCollar: 0.01,
    limits: { system: { gross: 1 } },
  });
  desk.exposure.setState('system', 'halted');
  assert.deepEqual(desk.codes({ price: asPrice(10_500), qty: asQty(1_000) }), [
    `price_collar of ${LINEAR}`,
    `position of ${LINEAR}`,
    'trading_halted of system',
    'order_notional of system',
    'gross of system',
  ]);
});

test('pre-trade: between soft and hard an order passes and the soft limit is told', {
  skip,
}, () => {
  const limits = {
    system: { gross: { hard: 2000, soft: 1000 } },
    strategies: { test: { gross: { hard: 1500, soft: 1000 } } },
  };
  const desk = open({ limits });
  const at1000 = desk.verdict(buy(10_000));
  assert.ok(at1000.kind === 'approved');
  assert.deepEqual(at1000.warnings, []);
  const above = desk.verdict(buy(10_001));
  assert.ok(above.kind === 'approved');
  const told = above.warnings.map((one) => ({ ...one, asked: Number(one.asked.toPrecision(9)) }));
  assert.deepEqual(told, [
    { limit: 'gross', scope: 'system', asked: 1000.1, allowed: 1000 },
    { limit: 'gross', scope: 'strategy:test', asked: 1000.1, allowed: 1000 },
  ]);
  const refused = desk.verdict(buy(15_001));
  assert.ok(refused.kind === 'rejected');
  assert.deepEqual(
    refused.breaches.map(({ scope }) => scope),
    ['strategy:test'],
  );
  assert.deepEqual(
    refused.warnings.map(({ scope }) => scope),
    ['system'],
  );
  assert.ok(Math.abs(refused.figures.notional - 1500.1) < 1e-9);
});

// ---- Previews ---------------------------------------------------------------------------------

test('pre-trade: a preview says what a check would, beside the book as it stands', {
  skip,
}, () => {
  const desk = open({ maxPositionUsd: 1000, historicalVarOnOrders: true });
  desk.exposure.onPosition(linear, 4);
  const good = desk.preTrade.preview(compliant(buy(6_000)), at(1e6));
  assert.ok(good.decision.kind === 'approved');
  assert.equal(good.decision.figures.exposureAfter, 1000);
  assert.equal(good.before.notional, 0);
  assert.equal(good.before.exposureAfter, 400);
  assert.ok(Math.abs(good.before.varAfter - Z_95 * 0.04 * 400) < 1e-9);
  assert.ok(Math.abs(good.before.historicalVarAfter - 0.18 * 400) < 1e-9);
  assert.ok(Math.abs(good.before.stressAfter - 0.3 * 400) < 1e-9);
  assert.deepEqual(desk.preTrade.figures(), good.before);
  assert.ok(!('order' in good.decision)); // nothing that could be placed
  const bad = desk.preTrade.preview(compliant(buy(6_001)), at(1e6));
  assert.ok(bad.decision.kind === 'rejected');
  assert.deepEqual(bad.decision.breaches[0].limit, 'position');
});

test('pre-trade: neither a preview nor a warming leaves a trace in the tables', { skip }, () => {
  const desk = open({ ordersBurst: 3, duplicateWindowMs: 1000 });
  const { plan } = desk;
  const tables = (): string =>
    Buffer.from(desk.buffer.slice(plan.riskSystem, plan.riskOrder)).toString('base64');
  const before = tables();
  desk.preTrade.preview(compliant({}), at(1e6));
  desk.preTrade.preview(compliant(buy(1.5)), at(1e6));
  desk.preTrade.warm(linear);
  desk.preTrade.warm(inverse);
  assert.equal(tables(), before);
  desk.codes({});
  assert.notEqual(tables(), before);
});

test('pre-trade: scenario losses are 0 where orders are not asked about them', { skip }, () => {
  const desk = open();
  desk.exposure.onPosition(linear, 4);
  const figures = desk.preTrade.figures();
  assert.equal(figures.historicalVarAfter, 0);
  assert.equal(figures.stressAfter, 0);
});
