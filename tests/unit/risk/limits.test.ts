// Owns the cases of the tree of limits: from configuration, against contradictions, into memory.
// Promise: each contradiction is made alone and found alone; equal to the parent is none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitName, LimitScope, LimitTree } from '../../../engine/core/limit.ts';
import { nodeAt, riskRowAt } from '../../../engine/memory/plan.ts';
import { checkTree, createLimits, limitTreeOf } from '../../../engine/risk/limits.ts';
import { limitAt, placesOf } from '../../../engine/risk/places.ts';
import * as layout from '../../../wasm/layout.ts';
import { layRisk, names, riskOf, wideRisk } from '../../risk-fixture.ts';
import { at, inverse, layGround, linear, noKernels } from '../../trading-fixture.ts';

const skip = noKernels;

function treeOf(risk: Parameters<typeof riskOf>[0] = {}): LimitTree {
  const result = limitTreeOf(riskOf(risk), names);
  assert.ok(result.kind === 'tree', JSON.stringify(result));
  return result.tree;
}

const problemsOf = (risk: Parameters<typeof riskOf>[0]): readonly unknown[] => {
  const result = limitTreeOf(riskOf(risk), names);
  return result.kind === 'invalid' ? result.problems : [];
};

test('limits: every flat key is a limit of the system or of each instrument', () => {
  const tree = treeOf({ softFraction: 0.5 });
  assert.equal(tree.version, 1);
  assert.deepEqual(tree.scopes.system, {
    order_notional: { hard: 100_000, soft: 50_000 },
    exposure: { hard: 0.2, soft: 0.1 },
    leverage: { hard: 3, soft: 1.5 },
    open_orders: { hard: 200, soft: 100 },
    message_rate: { hard: 100, soft: 50 },
    order_to_trade: { hard: 1000, soft: 500 },
    concentration: { hard: 0.1, soft: 0.05 },
    value_at_risk: { hard: 0.02, soft: 0.01 },
    historical_var: { hard: 0.025, soft: 0.0125 },
    stress_loss: { hard: 0.15, soft: 0.075 },
  });
  for (const { key } of names.instruments) {
    assert.deepEqual(tree.scopes[`instrument:${key}`], {
      order_quantity: { hard: 1e9, soft: 5e8 },
      position: { hard: 100_000, soft: 50_000 },
      price_collar: { hard: 0.02, soft: 0.01 },
      passive_collar: { hard: 0.2, soft: 0.1 },
    });
  }
  const scopes = 1 + names.strategies.length + names.instruments.length;
  assert.equal(Object.keys(tree.scopes).length, scopes);
});

test('limits: the largest portfolio value is the gross of the system, and may be tightened', () => {
  const tight = riskOf({ softFraction: 0.5, limits: { system: { gross: 7e6 } } });
  for (const [risk, hard] of [
    [riskOf({ softFraction: 0.5 }), 1e7],
    [tight, 7e6],
  ] as const) {
    const result = limitTreeOf(risk, names, 1e7);
    assert.ok(result.kind === 'tree');
    assert.deepEqual(result.tree.scopes.system?.gross, { hard, soft: hard / 2 });
  }
  const wide = riskOf({ limits: { strategies: { other: { gross: 2e7 } } } });
  const result = limitTreeOf(wide, names, 1e7);
  assert.ok(result.kind === 'invalid');
  assert.equal(result.problems[0]?.path, 'risk.limits.strategies.other.gross');
});

test('limits: the overlay wins over the flat keys and may give its own soft level', () => {
  const { scopes } = treeOf({
    softFraction: 0.5,
    limits: {
      system: { leverage: { hard: 2, soft: 1.9 }, gross: 1_000_000 },
      strategies: { other: { gross: { hard: 500, soft: 500 } } },
      instruments: { [inverse.key]: { order_quantity: 7 } },
    },
  });
  assert.deepEqual(scopes.system?.leverage, { hard: 2, soft: 1.9 });
  assert.deepEqual(scopes.system?.gross, { hard: 1e6, soft: 5e5 });
  assert.deepEqual(scopes.system?.exposure, { hard: 0.2, soft: 0.1 });
  assert.deepEqual(scopes['strategy:other']?.gross, { hard: 500, soft: 500 });
  assert.deepEqual(scopes[`instrument:${inverse.key}`]?.order_quantity, { hard: 7, soft: 3.5 });
  assert.deepEqual(scopes[`instrument:${linear.key}`]?.order_quantity, { hard: 1e9, soft: 5e8 });
});

test('limits: a child above its parent is named with both numbers and its place', () => {
  assert.deepEqual(
    problemsOf({
      limits: { system: { gross: 1_000_000 }, strategies: { other: { gross: 5_000_000 } } },
    }),
    [
      {
        path: 'risk.limits.strategies.other.gross',
        message: 'strategy:other gross 5,000,000 is above system gross 1,000,000',
      },
    ],
  );
  const exposure = { portfolios: { second: { exposure: 0.200001 } } };
  assert.deepEqual(problemsOf({ limits: exposure }), [
    {
      path: 'risk.limits.portfolios.second.exposure',
      message: 'portfolio:second exposure 0.200001 is above system exposure 0.2',
    },
  ]);
  assert.deepEqual(problemsOf({ limits: { portfolios: { second: { exposure: 0.2 } } } }), []);
});

test('limits: an instrument answers to its own venue and the system, no other venue', () => {
  const own = (order_notional: number): object => ({
    instruments: { [linear.key]: { order_notional } },
    venues: { test: { order_notional: 500 }, spot: { order_notional: 100 } },
  });
  assert.deepEqual(problemsOf({ limits: own(500) }), []);
  assert.deepEqual(problemsOf({ limits: own(501) }), [
    {
      path: `risk.limits.instruments.${linear.key}.order_notional`,
      message: `instrument:${linear.key} order_notional 501 is above venue:test order_notional 500`,
    },
  ]);
  const alone = { instruments: { [linear.key]: { order_notional: 100_001 } } };
  assert.match(
    JSON.stringify(problemsOf({ limits: alone })),
    /above system order_notional 100,000/,
  );
});

test('limits: soft above hard is a problem, soft equal to hard is none', () => {
  const soft = (value: number): object => ({ system: { gross: { hard: 100, soft: value } } });
  assert.deepEqual(problemsOf({ limits: soft(100) }), []);
  assert.deepEqual(problemsOf({ limits: soft(100.5) }), [
    { path: 'risk.limits.system.gross', message: 'system gross: soft 100.5 is above hard 100' },
  ]);
});

test('limits: a name that nobody has is a problem, in every group', () => {
  for (const [group, kind] of [
    ['portfolios', 'portfolio'],
    ['strategies', 'strategy'],
    ['venues', 'venue'],
    ['instruments', 'instrument'],
  ]) {
    const limits = { [`${group}`]: { nobody: { order_notional: 1 } } };
    assert.deepEqual(problemsOf({ limits }), [
      { path: `risk.limits.${group}.nobody`, message: `there is no ${kind}:nobody in this run` },
    ]);
  }
});

const withLimit = (scope: string, limit: string, hard: unknown, soft: unknown = hard): LimitTree =>
  ({ version: 1, scopes: { [scope]: { [limit]: { hard, soft } } } }) as LimitTree;

test('limits: a level that is no finite number above 0 is a problem, hard or soft', () => {
  const bad = [0, -1, -0, Number.NaN, Number.POSITIVE_INFINITY, '5', null];
  for (const value of bad) {
    for (const tree of [
      withLimit('system', 'gross', value, 1),
      withLimit('system', 'gross', 1e9, value),
    ]) {
      const [problem, ...rest] = checkTree(tree, names);
      assert.equal(rest.length, 0);
      assert.equal(problem?.path, 'system.gross');
      assert.match(problem?.message ?? '', /no finite number above 0/, String(value));
    }
  }
  assert.deepEqual(checkTree(withLimit('system', 'gross', Number.MIN_VALUE), names), []);
});

test('limits: a limit its scope cannot have is a problem that lists those it can', () => {
  for (const [scope, limit] of [
    [`instrument:${linear.key}`, 'gross'],
    ['strategy:test', 'value_at_risk'],
    ['venue:test', 'price_collar'],
    ['system', 'position'],
    ['system', 'constructor'],
  ] as const) {
    const [problem] = checkTree(withLimit(scope, limit, 1), names);
    assert.equal(problem?.path, `${scope}.${limit}`);
    assert.match(problem?.message ?? '', new RegExp(`${scope} cannot have a limit ${limit}`));
    assert.match(problem?.message ?? '', /order_notional/);
  }
});

test('limits: a scope that is no scope is a problem, whatever it looks like', () => {
  for (const scope of ['systems', 'strategy', 'strategy:', '__proto__', 'venue:Test', 'System']) {
    const tree = JSON.parse(`{"version":1,"scopes":{"${scope}":{"gross":{"hard":1,"soft":1}}}}`);
    assert.equal(checkTree(tree, names)[0]?.path, scope, scope);
  }
});

test('limits: a count below one, which lets nothing out, is a problem', () => {
  for (const limit of ['open_orders', 'message_rate']) {
    assert.deepEqual(checkTree(withLimit('system', limit, 1), names), []);
    const [problem] = checkTree(withLimit('system', limit, 0.999), names);
    assert.match(problem?.message ?? '', /0.999 lets nothing out/);
  }
});

test('limits: a version below one or not whole is a problem', () => {
  for (const version of [0, 1.5, Number.NaN]) {
    assert.equal(checkTree({ version, scopes: {} }, names)[0]?.path, 'version');
  }
});

test('limits: every problem of a tree is told at once', () => {
  const tree = {
    version: 0,
    scopes: {
      'strategy:nobody': { gross: { hard: 1, soft: 1 } },
      system: { gross: { hard: 1, soft: 2 }, net: { hard: -1, soft: 1 } },
    },
  };
  assert.deepEqual(
    checkTree(tree, names).map(({ path }) => path),
    ['version', 'strategy:nobody', 'system.gross', 'system.net'],
  );
});

// ---- Into shared memory -----------------------------------------------------------------------

test('limits: what is set lies in its cell, what is not is infinite, what nobody has is NaN', {
  skip,
}, () => {
  const limits = { strategies: { other: { gross: { hard: 500, soft: 400 } } } };
  const { numbers, plan } = layRisk(riskOf({ limits }));
  const places = placesOf(names);
  const pair = (scope: LimitScope, limit: LimitName): readonly (number | undefined)[] => {
    const cell = (limitAt(plan, places, scope, limit) ?? Number.NaN) / 8;
    return [numbers[cell], numbers[cell + 1]];
  };
  assert.deepEqual(pair('strategy:other', 'gross'), [500, 400]);
  assert.deepEqual(pair('strategy:test', 'gross'), [Infinity, Infinity]);
  assert.deepEqual(pair('system', 'value_at_risk'), [0.02, 0.016]);
  assert.deepEqual(pair(`instrument:${linear.key}`, 'position'), [100_000, 80_000]);
  assert.deepEqual(pair(`instrument:${linear.key}`, 'order_notional'), [Infinity, Infinity]);
  const spare = (nodeAt(plan, layout.LEVEL_STRATEGY, 2) + layout.NODE_LIMITS) / 8;
  assert.ok(numbers.slice(spare, spare + 2 * layout.NODE_CHECKS).every(Number.isNaN));
  assert.equal(limitAt(plan, places, 'strategy:nobody', 'gross'), null);
  assert.equal(limitAt(plan, places, 'venue:test', 'value_at_risk'), null);
});

test('limits: nodes and rows nobody has refuse by limits that are NaN, and no more is touched', {
  skip,
}, () => {
  const ground = layGround(4, { portfolios: 3, strategies: 3, venues: 3 }); // one spare of each
  const { plan, buffer } = ground;
  const numbers = new Float64Array(buffer);
  numbers.fill(7, plan.riskSystem / 8, plan.riskOrder / 8);
  createLimits({ ...ground, names, tree: treeOf(), risk: riskOf() });
  const cells = (at: number, length: number): number[] =>
    Array.from(numbers.slice(at / 8, (at + length) / 8));
  const rowAt = (index: number): number[] => cells(riskRowAt(plan, index), layout.ROW_RING);
  const first = layout.ROW_ORDER_QTY / 8;
  for (const [k, value] of rowAt(3).entries()) {
    assert.ok(k >= first && k < first + 10 ? Number.isNaN(value) : value === 7, `row cell ${k}`);
  }
  const ofRow = [1e9, 8e8, Infinity, Infinity, 1e5, 8e4, 0.02, 0.016, 0.2, 0.8 * 0.2];
  assert.deepEqual(
    rowAt(2).map((value, k) => (k >= first && k < first + 10 ? ofRow[k - first] === value : value)),
    rowAt(2).map((_, k) => (k >= first && k < first + 10 ? true : 7)),
  );
  const limitsFrom = layout.NODE_LIMITS / 8;
  for (const level of [layout.LEVEL_PORTFOLIO, layout.LEVEL_STRATEGY, layout.LEVEL_VENUE]) {
    const spare = cells(nodeAt(plan, level, 2), layout.NODE_BYTES);
    for (const [k, value] of spare.entries()) {
      assert.ok(k >= limitsFrom ? Number.isNaN(value) : value === 7, `node cell ${k}`);
    }
  }
  const own = cells(nodeAt(plan, layout.LEVEL_STRATEGY, 1), layout.NODE_BYTES);
  const [tokens, tokensUs, rate, messages] = own.slice(layout.NODE_TOKENS / 8);
  assert.deepEqual([tokens, tokensUs, rate, messages], [Infinity, 0, 50, 7]);
  const system = cells(plan.riskSystem, layout.RISK_SYSTEM_BYTES);
  const pairs = system.slice(layout.RISK_CONCENTRATION / 8, layout.RISK_NODES / 8);
  assert.deepEqual(pairs, [0.1, 0.8 * 0.1, 0.02, 0.8 * 0.02, 0.025, 0.8 * 0.025, 0.15, 0.8 * 0.15]);
  assert.equal(system[layout.RISK_EQUITY / 8], 7);
});

test('limits: ages, window, quantile and the wish for history reach the system block', {
  skip,
}, () => {
  const read = (risk: object, cell: number): number | undefined => {
    const { numbers, plan } = layRisk(riskOf(risk));
    return numbers[(plan.riskSystem + cell) / 8];
  };
  assert.equal(read({ markAgeMsMax: 7 }, layout.RISK_MARK_AGE_US_MAX), 7000);
  assert.equal(read({ equityAgeMsMax: 8 }, layout.RISK_EQUITY_AGE_US_MAX), 8000);
  assert.equal(read({ marginAgeMsMax: 9 }, layout.RISK_MARGIN_AGE_US_MAX), 9000);
  assert.equal(read({ duplicateWindowMs: 3 }, layout.RISK_DUPLICATE_US), 3000);
  assert.equal(read({}, layout.RISK_VAR_Z), 1.6448536269514722);
  for (const historicalVarOnOrders of [true, false]) {
    const { words, plan } = layRisk(riskOf({ historicalVarOnOrders }));
    const flags = words[(plan.riskSystem + layout.RISK_FLAGS) / 4] ?? 0;
    assert.equal((flags & layout.RISK_USES_HISTORY) !== 0, historicalVarOnOrders);
  }
});

test('limits: hardOf is the own limit of a scope, and infinite where it sets none', {
  skip,
}, () => {
  const { limits } = layRisk(riskOf({ limits: { venues: { test: { gross: 9 } } } }));
  assert.equal(limits.hardOf('venue:test', 'gross'), 9);
  assert.equal(limits.hardOf('venue:spot', 'gross'), Infinity);
  assert.equal(limits.hardOf('system', 'leverage'), 3);
});

test('limits: a tree that contradicts itself is never written, at the start or later', {
  skip,
}, () => {
  const bad = withLimit('strategy:nobody', 'gross', 1);
  const risk = riskOf();
  const shared = { ...layGround(3), names, risk };
  assert.throws(() => createLimits({ ...shared, tree: bad }), /there is no strategy:nobody/);
  const { limits } = layRisk(risk);
  assert.throws(() => limits.write(bad, at(1)), /contradicts itself/);
  assert.equal(limits.tree().version, 1);
});

// ---- Buckets ----------------------------------------------------------------------------------

interface Bucket {
  change(burst: number | null, nowUs: number): void;
  spend(left: number, nowUs: number): void;
  tokens(): number;
  us(): number;
}

/** The bucket of strategy:other, refilled by 2 a second. */
function openBucket(burst: number | null): Bucket {
  const set = (size: number | null): object => (size === null ? {} : { message_rate: size });
  const risk = wideRisk({ ordersPerSecond: 2, limits: { strategies: { other: set(burst) } } });
  const { limits, numbers, plan } = layRisk(risk);
  const node = nodeAt(plan, layout.LEVEL_STRATEGY, 1) / 8;
  return {
    change(size, nowUs) {
      const tree = limits.tree();
      const { 'strategy:other': _, ...scopes } = tree.scopes;
      const own = size === null ? {} : { message_rate: { hard: size, soft: size } };
      const next = { version: tree.version + 1, scopes: { ...scopes, 'strategy:other': own } };
      limits.write(next, at(nowUs));
    },
    spend(left, nowUs) {
      numbers[node + layout.NODE_TOKENS / 8] = left;
      numbers[node + layout.NODE_TOKENS_US / 8] = nowUs;
    },
    tokens: () => numbers[node + layout.NODE_TOKENS / 8] ?? Number.NaN,
    us: () => numbers[node + layout.NODE_TOKENS_US / 8] ?? Number.NaN,
  };
}

test('limits: a bucket starts full and refills by the configured rate', { skip }, () => {
  assert.equal(openBucket(10).tokens(), 10);
  assert.equal(openBucket(null).tokens(), Infinity);
  const { numbers, plan } = layRisk(riskOf({ ordersPerSecond: 7, orderToTradeFloor: 4 }));
  const node = nodeAt(plan, layout.LEVEL_VENUE, 1) / 8;
  assert.equal(numbers[node + layout.NODE_RATE_PER_SECOND / 8], 7);
  assert.equal(numbers[node + layout.NODE_TRADES_FLOOR / 8], 4);
});

test('limits: a larger burst keeps the tokens there are, refilled to the old burst at most', {
  skip,
}, () => {
  const bucket = openBucket(10);
  bucket.spend(3, 1e6);
  bucket.change(50, 2e6); // 3 and 2 a second
  assert.equal(bucket.tokens(), 5);
  assert.equal(bucket.us(), 2e6);
  bucket.change(20, 100e6); // hours later: full at 50 before, 20 after
  assert.equal(bucket.tokens(), 20);
  bucket.spend(20, 100e6);
  bucket.change(80, 900e6); // full at 20 all the time
  assert.equal(bucket.tokens(), 20);
});

test('limits: a smaller burst cuts the tokens, the same burst touches nothing', { skip }, () => {
  const bucket = openBucket(10);
  bucket.spend(8, 1e6);
  bucket.change(10, 2e6);
  assert.equal(bucket.tokens(), 8);
  assert.equal(bucket.us(), 1e6);
  bucket.change(4, 1e6);
  assert.equal(bucket.tokens(), 4);
});

test('limits: time that runs back refills nothing, and is not believed', { skip }, () => {
  const bucket = openBucket(10);
  bucket.spend(3, 5e6);
  bucket.change(11, 1e6);
  assert.equal(bucket.tokens(), 3);
  assert.equal(bucket.us(), 5e6);
});

test('limits: a first burst gives a full bucket where there was no limit', { skip }, () => {
  const bucket = openBucket(null);
  bucket.change(6, 5e6);
  assert.equal(bucket.tokens(), 6);
  bucket.spend(1, 5e6);
  bucket.change(null, 6e6);
  bucket.change(6, 6e6);
  assert.equal(bucket.tokens(), 3); // 1, 2 of the second that passed
});
