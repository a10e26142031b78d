// Owns the tests of money alone in the scenarios: what a broken peg costs, and who is told.
// Promise: expectations are worked out by hand; history 41 days of -20 % to 20 %, stress -30 %.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { cashAssetsOf, createScenarios, historyOf } from '../../../engine/risk/scenarios.ts';
import * as layout from '../../../wasm/layout.ts';
import { columnsOf, HISTORY, type RiskDesk, SHOCKS } from '../../risk-fixture.ts';
import {
  at,
  instruments,
  inverse,
  layGround,
  linear,
  noKernels,
  spot,
} from '../../trading-fixture.ts';
import { buy, compliant, type Desk, open, sell } from './pre-trade-desk.ts';

const skip = noKernels;
// Stress: nothing, the coins fall, the peg breaks. USDT and USD are money alone here.
const PEG = Float64Array.of(0, 0, -0.05);
const AT_REST = new Float64Array(3);
const PEG_HISTORY = HISTORY.map((_, k) => (k < 3 ? -0.01 * (3 - k) : 0));

function layPeg(desk: RiskDesk): void {
  createScenarios({
    ...desk,
    instruments,
    history: columnsOf(HISTORY),
    shocks: columnsOf(SHOCKS),
    cashHistory: [PEG_HISTORY, HISTORY.map(() => 0)],
    cashShocks: [PEG, AT_REST],
  });
}

function openPeg(risk: Parameters<typeof open>[0] = {}): Desk {
  const desk = open({ historicalVarOnOrders: true, ...risk });
  layPeg(desk);
  return desk;
}

test('cash: money alone is what instruments are paid in and none has as its base', () => {
  assert.deepEqual(cashAssetsOf(instruments), ['USDT', 'USD']);
  const cross: Instrument = { ...spot, quote: 'BTC', settle: 'BTC' };
  assert.deepEqual(cashAssetsOf([linear, cross]), ['USDT'], 'BTC is a coin that is traded');
  assert.deepEqual(cashAssetsOf([cross]), ['BTC']);
});

test('cash: a peg that breaks is a stress loss of who holds the coin, and of nobody else', {
  skip,
}, () => {
  const { exposure } = openPeg();
  assert.equal(exposure.stressLoss(), 0);
  exposure.setCash('USD', 1e6);
  assert.equal(exposure.stressLoss(), 0);
  exposure.setCash('USDT', 10_000);
  assert.ok(Math.abs(exposure.stressLoss() - 500) < 1e-9);
  exposure.setCash('USDT', 2_000);
  assert.ok(Math.abs(exposure.stressLoss() - 100) < 1e-9);
  exposure.setCash('USDT', -2_000);
  assert.equal(exposure.stressLoss(), 0, 'who owes it gains');
  assert.equal(exposure.gross(), 0, 'and it is no exposure');
});

test('cash: history counts the days on which the peg moved', { skip }, () => {
  const { exposure } = openPeg();
  exposure.setCash('USDT', 10_000);
  // -3 %, -2 %, -1 %: the third worst of 41 days
  assert.ok(Math.abs(exposure.historicalVar() - 100) < 1e-3);
});

test('cash: an order is asked with what the cash would lose beside it', { skip }, () => {
  const desk = openPeg({ stressLossLimit: 0.05 }); // 500
  desk.exposure.setCash('USDT', 10_000); // the broken peg takes all of it
  // The peg breaks while linear gains 10 %: a short adds to it, a long takes from it.
  assert.deepEqual(desk.codes({ ...sell(1) }), ['stress_loss of system']);
  assert.deepEqual(desk.codes(buy(1_000)), []);
  desk.exposure.setCash('USDT', 9_000); // 450, and 50 are left
  assert.deepEqual(desk.codes(sell(5_000)), []);
  assert.deepEqual(desk.codes(sell(5_001)), ['stress_loss of system']);
});

test('cash: cash nobody can price refuses what adds risk until somebody can', { skip }, () => {
  const desk = openPeg();
  desk.exposure.setCash('USDT', 10_000);
  for (const worth of [Number.NaN, Number.POSITIVE_INFINITY]) {
    desk.exposure.setCash('USD', worth);
    assert.ok(Number.isNaN(desk.exposure.stressLoss()));
    assert.ok(Number.isNaN(desk.exposure.historicalVar()));
    assert.deepEqual(desk.codes(buy(10)), ['historical_var of system', 'stress_loss of system']);
    desk.exposure.setCash('USDT', 4_000);
    desk.exposure.onDay(worth === Number.POSITIVE_INFINITY ? 2 : 1);
    assert.ok(Number.isNaN(desk.exposure.stressLoss()));
    desk.exposure.setCash('USD', 0);
    assert.ok(Math.abs(desk.exposure.stressLoss() - 200) < 1e-9);
    assert.deepEqual(desk.codes(buy(10)), []);
  }
});

test('cash: a day that turns sums up cash and positions to the same', { skip }, () => {
  const desk = openPeg();
  desk.exposure.onPosition(linear, -50); // -5000: it loses 500 where linear gains
  for (let k = 0; k < 1000; k += 1) desk.exposure.setCash('USDT', 10_000 + 0.1 * (k % 7));
  desk.exposure.setCash('USDT', 10_000);
  assert.ok(Math.abs(desk.exposure.stressLoss() - 1000) < 1e-6);
  desk.exposure.onDay(1);
  assert.ok(Math.abs(desk.exposure.stressLoss() - 1000) < 1e-9);
});

test('cash: a coin that an instrument trades is no cash, nor is what nobody pays in', {
  skip,
}, () => {
  const { exposure } = openPeg();
  assert.throws(() => exposure.setCash('BTC', 1), /BTC is not held as money alone/);
  assert.throws(() => exposure.setCash('EUR', 1), /none pays in it/);
});

test('cash: figures before an order have the cash in them', { skip }, () => {
  const desk = openPeg();
  desk.exposure.setCash('USDT', 10_000);
  const { before } = desk.preTrade.preview(compliant(buy(10)), at(1e6));
  assert.ok(Math.abs(before.stressAfter - 500) < 1e-9);
});

test('scenarios: columns of cash are one an asset, of returns, within what there is room for', {
  skip,
}, () => {
  const desk = open();
  const lay = (cashShocks: readonly Float64Array[]) =>
    createScenarios({
      ...desk,
      instruments,
      history: columnsOf(HISTORY),
      shocks: columnsOf(SHOCKS),
      cashShocks,
    });
  lay([PEG, AT_REST]);
  assert.throws(() => lay([PEG]), /1 columns for 2 assets of cash/);
  assert.throws(() => lay([PEG, Float64Array.of(0)]), /USD: 1 of 3 scenarios/);
  assert.throws(() => lay([PEG, Float64Array.of(0, 0, -2)]), /USD: a scenario is no return/);
  const many = Array.from({ length: 17 }, (_, k) => ({ ...linear, index: k, quote: `Q${k}` }));
  const columns = many.map(() => SHOCKS);
  const all = { ...desk, instruments: many, history: columns, shocks: columns };
  assert.throws(() => createScenarios(all), /18 assets are held as money alone, and memory for 16/);
});

test('scenarios: as many assets of cash as there is room for are laid', { skip }, () => {
  const quoted = Array.from({ length: 15 }, (_, k) => ({ ...linear, index: k, quote: `Q${k}` }));
  assert.equal(cashAssetsOf(quoted).length, 16); // and USDT, in which they settle
  const ground = layGround(quoted.length, { scenarios: 4, stressScenarios: 4 });
  const columns = quoted.map(() => SHOCKS);
  createScenarios({ ...ground, instruments: quoted, history: columns, shocks: columns });
  const words = new Uint32Array(ground.buffer);
  assert.equal(words[(ground.plan.shocks + layout.SCENARIOS_CASH) / 4], 16);
});

test('history: a stablecoin with a column of its own has its days, without one it rests', () => {
  const table = {
    symbols: ['BTC/USD', 'USDT/USD'],
    columns: [Float64Array.of(0.1, -0.1), Float64Array.of(0, Math.log(0.95))],
  };
  const { cash, source } = historyOf(table, [linear, inverse], 2, 'seed');
  assert.deepEqual(
    cash.map((column) => column.map((value) => Number(value.toFixed(12)))),
    [Float64Array.of(0, -0.05), Float64Array.of(0, 0)],
  );
  assert.doesNotMatch(source, /mean/);
  const drawn = historyOf(null, [linear, inverse], 30, 'seed');
  assert.deepEqual(drawn.cash, [new Float64Array(30), new Float64Array(30)]);
});
