// Owns the verdicts of pre-trade beside its limits: states, words, unknown names, soft levels.
// Promise: what is not clearly allowed is refused by name; a preview leaves no trace.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TradingState } from '../../../engine/core/event.ts';
import { marginPlaceOf } from '../../../engine/core/instrument.ts';
import type { OrderIntent } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { Z_95 } from '../../../engine/risk/limits.ts';
import { layRisk, riskOf } from '../../risk-fixture.ts';
import { at, inverse, linear, noKernels, orderOf } from '../../trading-fixture.ts';
import { buy, compliant, LINEAR, open, sell } from './pre-trade-desk.ts';

const skip = noKernels;

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
  desk.hold('main', 'test', linear, 10);
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
  desk.hold('main', 'test', linear, 10);
  desk.exposure.onPosition(linear, 0.01);
  desk.exposure.setState('system', 'halted');
  desk.exposure.setState(LINEAR, 'halted');
  desk.exposure.setEquity(Number.NaN, at(1e6));
  desk.exposure.setMargin(marginPlaceOf(linear), Number.NaN, at(1e6));
  const origin = { kind: 'risk', reason: 'drawdown' } as const;
  const verdict = desk.verdict({ ...sell(10), origin });
  assert.ok(verdict.kind === 'approved');
  assert.doesNotMatch(JSON.stringify([verdict.figures, verdict.warnings]), /null/);
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
  const stale = verdict.breaches.find(({ limit }) => limit === 'reference_price_stale');
  assert.deepEqual([stale?.asked, stale?.allowed], [null, 5_000_000], 'no mark has no age');
  assert.doesNotMatch(JSON.stringify(verdict.figures), /null/);
});

test('pre-trade: an instrument whose book is out of sequence is not traded', { skip }, () => {
  const desk = open();
  desk.exposure.setTradable(linear, false);
  assert.deepEqual(desk.codes({}), [`instrument_not_tradable of ${LINEAR}`]);
  desk.exposure.setTradable(linear, true);
  assert.deepEqual(desk.codes({}), []);
});

test('pre-trade: reduce-only never grows a position', { skip }, () => {
  const desk = open();
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
    assert.doesNotMatch(JSON.stringify(verdict.figures), /null/);
  }
  for (const qty of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.ok(desk.codes(buy(qty)).includes(`malformed_order of ${LINEAR}`), String(qty));
  }
  const coarse = { ...linear, lot: asQty(5) };
  assert.equal(desk.verdict({ instrument: coarse, qty: asQty(7) }).kind, 'rejected');
});

test('pre-trade: a strategy or an account nobody has set up is refused by name', { skip }, () => {
  const desk = open();
  const breach = (limit: string, scope: string): object => ({ limit, scope, asked: 1, allowed: 0 });
  const strategy = breach('unknown_strategy', 'strategy:ghost');
  assert.deepEqual(desk.ask({ strategy: 'ghost' }), [strategy]);
  const account = breach('unknown_account', 'portfolio:ghost');
  assert.deepEqual(desk.ask({ account: 'ghost' }), [account]);
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
  const told = above.warnings.map((one) => ({ ...one, asked: Number(one.asked?.toPrecision(9)) }));
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

test('pre-trade: a soft limit is told alone, wherever in the tree it stands', { skip }, () => {
  const soft = { order_notional: { hard: 1e6, soft: 1 } };
  for (const [limits, scope] of [
    [{ system: soft }, 'system'],
    [{ portfolios: { main: soft } }, 'portfolio:main'],
    [{ strategies: { test: soft } }, 'strategy:test'],
    [{ venues: { test: soft } }, 'venue:test'],
    [{ instruments: { [linear.key]: soft } }, LINEAR],
  ] as const) {
    const verdict = open({ limits }).verdict(buy(1000));
    assert.ok(verdict.kind === 'approved', scope);
    assert.deepEqual(verdict.warnings, [
      { limit: 'order_notional', scope, asked: 100, allowed: 1 },
    ]);
  }
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
  assert.ok(Math.abs(good.before.historicalVarAfter - Math.fround(0.18) * 400) < 1e-9);
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
  assert.deepEqual(desk.codes(buy(1)), []);
  const before = tables();
  desk.preTrade.preview(compliant({}), at(1e6));
  desk.preTrade.preview(compliant(buy(1.5)), at(1e6));
  desk.preTrade.warm(linear, at(1e6));
  desk.preTrade.warm(inverse, at(1e6));
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

test('pre-trade: a sale against a bid that rests is asked for what it turns round', {
  skip,
}, () => {
  const desk = open({ historicalVarOnOrders: true });
  const figuresOf = (qty: number) => {
    const said = desk.verdict(sell(qty));
    assert.ok(said.kind === 'approved', JSON.stringify(said));
    return { ...said.figures };
  };
  const alone = figuresOf(1_000);
  const price = asPrice(9_000); // far below: it does not meet the sales
  const bid = orderOf({ instrument: linear, side: 'buy', strategy: 'test', price });
  desk.exposure.setOpen({ ...bid, limitPrice: price }, 1_000);
  const isTimes = (times: number, qty: number): void => {
    const { varAfter } = figuresOf(qty);
    assert.ok(Math.abs(varAfter / alone.varAfter - times) < 1e-9, `${qty}: ${varAfter}`);
  };
  isTimes(1, 500); // the bid may fill and the sale not
  isTimes(1, 1_000);
  isTimes(2, 2_000); // as large as the bid the other way round, and not half of nothing
});
