// Owns the tests of what must fit before an engine is built.
// Promise: every problem of a start is told with what to change, and none of them throws.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOVEMENT_IDS } from '../../../engine/accounts/movement-ids.ts';
import type { LimitScope } from '../../../engine/core/limit.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { toInstrumentRecord } from '../../../engine/run/instruments-slice.ts';
import { createState, type State } from '../../../engine/state.ts';
import { problemsOfConfig, problemsOfStart } from '../../../engine/surroundings/start-check.ts';
import { depositOf } from '../../accounts-fixture.ts';
import {
  BTC,
  configOf,
  createEngineDesk,
  ETH,
  fillReport,
  recovered,
} from '../../engine-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const empty = (): State => createState({ capacity: configOf().capacity });

const check = (
  state: State = empty(),
  settings: readonly string[] = [],
  file: unknown = {},
): readonly string[] => problemsOfStart(configOf(settings, file), [BTC, ETH], state);

/** What is left of an engine with these settings, in which `by` bought a lot of BTC. */
function holding(by: { account?: string; strategy?: string }, settings: string[] = []): State {
  const desk = createEngineDesk({ settings });
  desk.load(6_000_000, 6_000_010, 0);
  desk.tick(10);
  const parts = { instrument: BTC, strategy: 'manual', qty: asQty(1), price: asPrice(6_000_010) };
  desk.command({ kind: 'submit', intent: intentOf({ ...parts, ...by }) }, 1);
  const [order] = desk.out.placed;
  assert.ok(order, JSON.stringify(desk.out.answers));
  desk.report(fillReport(order.id, 6_000_010, 1, 'f1', 15));
  return recovered(desk);
}

test('start: defaults on nothing, and on what they left, have no problem', () => {
  assert.deepEqual(check(), []);
  assert.deepEqual(check(holding({})), []);
});

test('start: limits that contradict each other are all told, each under its path', () => {
  const limits = {
    strategies: { nobody: { gross: 5 } },
    instruments: { [BTC.key]: { order_notional: 200_000 } },
  };
  const problems = check(empty(), [], { risk: { limits } }).toSorted();
  assert.equal(problems.length, 2, problems.join('\n'));
  assert.match(problems[0] ?? '', /^risk\.limits\.instruments\..*order_notional.*above system/);
  assert.match(problems[1] ?? '', /^risk\.limits\.strategies\.nobody.*there is no strategy:nobody/);
});

test('start: books without room are refused with the key that gives it', () => {
  const config = configOf(['capacity.bookBytesMax=1048576']);
  const many = Array.from({ length: 512 }, () => BTC); // 2,048 bytes each: not 64 levels a side
  assert.match(problemsOfStart(config, many, empty())[0] ?? '', /^capacity\.bookBytesMax: 1048576/);
  assert.deepEqual(problemsOfStart(config, many.slice(0, 481), empty()), []);
});

test('start: a thousand instruments, 4,096 living orders and as many keys fit', () => {
  const sizes = ['capacity.instruments=1000', 'capacity.orders=4096', 'capacity.clientKeys=4096'];
  assert.deepEqual(check(empty(), sizes), []);
});

test('config: orders that no checkpoint could hold are found without a start', () => {
  const [problem] = problemsOfConfig(configOf(['capacity.orders=16384']));
  assert.equal(problem?.path, 'capacity.orders');
  assert.match(problem?.message ?? '', /more than a line of the journal may/);
});

test('start: more positions than funding can be told apart at one moment are refused', () => {
  for (const [slots, count] of [
    [MOVEMENT_IDS, 1],
    [MOVEMENT_IDS / 16, 16],
  ] as const) {
    const accounts = JSON.stringify(Array.from({ length: count }, (_, k) => `a${k}`));
    const sizes = [`capacity.instruments=${slots}`, `compliance.accounts=${accounts}`];
    const [problem] = check(empty(), [...sizes, 'capacity.bookBytesMax=1073741824']);
    assert.match(
      problem ?? '',
      /^capacity.instruments: .*the slice 'accounts' can take .*lower it/,
    );
  }
});

test('start: money and positions of an account that is gone are no stack trace', () => {
  const old = holding({ account: 'old' }, ['compliance.accounts=["old"]']);
  const problems = check(old);
  assert.equal(problems.length, 1, problems.join('\n'));
  assert.match(problems[0] ?? '', /account 'old'.*compliance\.accounts/);
});

test('start: what the state folder holds beyond a lowered capacity is told by name', () => {
  const living = (): State => {
    const desk = createEngineDesk({ settings: ['risk.maxOrderNotionalUsd=10000000'] });
    desk.load(6_000_000, 6_000_010, 0);
    desk.tick(10);
    for (let k = 0; k < 17; k += 1) {
      const price = asPrice(5_900_000 - 10 * k);
      const intent = intentOf({ instrument: BTC, strategy: 'manual', qty: asQty(1), price });
      desk.command({ kind: 'submit', intent }, 1);
    }
    return recovered(desk);
  };
  assert.equal(living().orders.openCount, 17);
  const [orders, ...none] = check(living(), ['capacity.orders=16']);
  assert.match(orders ?? '', /^capacity\.orders: 17 orders live .* raise it to 17/);
  assert.deepEqual(none, []);
  assert.deepEqual(check(living(), ['capacity.orders=17']), []);
  const many = empty();
  const { index: _, ...spec } = BTC;
  for (let k = 0; k < 7; k += 1) {
    const record = { ...toInstrumentRecord({ ...spec, index: k }), key: `K${k}.v` };
    many.fold({ kind: 'instrument', change: 'added', instrument: record, by: 'ann' }, 1);
    many.fold({ kind: 'instrument', change: 'retired', instrument: record, by: 'ann' }, 1);
  }
  const [instruments] = check(many, ['capacity.instruments=3']);
  assert.match(instruments ?? '', /^capacity\.instruments: 7 instruments .* raise it to 4/);
  assert.deepEqual(check(many, ['capacity.instruments=4']), []);
  const rich = empty();
  for (let k = 0; k < 300; k += 1) {
    rich.fold(depositOf('main', 'binance-usdm', `A${k}`, '1', `m${k}`), 1);
  }
  const [assets] = check(rich, ['capacity.instruments=2']);
  assert.match(assets ?? '', /^capacity\.instruments: .* 304 assets, more than the 262/);
});

test('start: a position of a strategy that is gone is told with what to change', () => {
  const taker = ['execution.strategy=imbalance-taker'];
  const [problem, ...rest] = check(holding({ strategy: 'imbalance-taker' }, taker));
  assert.match(problem ?? '', /strategy 'imbalance-taker'.*name it in strategies/);
  assert.deepEqual(rest, []);
  assert.deepEqual(check(holding({ strategy: 'imbalance-taker' }, taker), taker), []);
});

test('start: a position of an instrument that is not traded here is told by its key', () => {
  const problems = problemsOfStart(configOf(), listInstruments([ETH]), holding({}));
  assert.match(problems[0] ?? '', /holds BTCUSDT\.binance-usdm, which this run does not trade/);
});

test('start: money at a venue of which nothing is traded is told by its name', () => {
  const state = holding({});
  state.fold(depositOf('main', 'kraken', 'USDT', '5', 'm9'), 1);
  assert.match(check(state)[0] ?? '', /holds money at kraken, where this run trades nothing/);
});

test('start: a deposit that nobody here can price is refused by the name of its asset', () => {
  const problems = check(empty(), ['execution.deposits={"XYZ":"5"}']);
  assert.match(problems[0] ?? '', /^execution\.deposits\.XYZ/);
});

test('start: limits changed at run time have to fit the run', () => {
  const scope: LimitScope = 'portfolio:gone';
  const scopes = { [scope]: { gross: { hard: 5, soft: 4 } } };
  const withTree = (version: number): State => {
    const state = empty();
    state.fold({ kind: 'limits_configured', tree: { version, scopes } }, 1);
    return state;
  };
  assert.match(check(withTree(2))[0] ?? '', /limits version 2.*gone/);
  assert.deepEqual(check(withTree(1)), []);
});

test('configuration: accounts are named once, and strategies warn before they halt', () => {
  for (const accounts of ['[]', '["a","a"]']) {
    assert.throws(() => configOf([`compliance.accounts=${accounts}`]), /compliance\.accounts/);
  }
  const levels = ['risk.strategyDrawdownWarning=0.04', 'risk.strategyDrawdownHard=0.03'];
  assert.throws(() => configOf(levels), /strategyDrawdownWarning/);
});

test('start: coins that nothing in the run prices are refused by name', () => {
  const state = holding({});
  state.fold(depositOf('main', BTC.venue, 'SOL', '3', 'd-sol'), 1);
  const [problem = '', ...more] = check(state);
  assert.match(problem, /^the state folder holds SOL, which nothing in this run prices in USD; /);
  assert.deepEqual(more, []);
});
