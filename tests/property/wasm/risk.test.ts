// Owns the law of the pre-trade check: on 20,000 orders it agrees with exact rational arithmetic.
// Promise: the model shares no arithmetic with the kernel: it works in whole numbers (bigint).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '../../../engine/core/ports.ts';
import { createRandom } from '../../../engine/core/random.ts';
import * as layout from '../../../wasm/layout.ts';
import {
  type CheckName,
  createRiskDesk,
  NOW_US,
  type RiskDesk,
} from '../../unit/wasm/risk-desk.ts';

const ORDERS = 20_000;
// Grids coarse enough to hit limits exactly, often: quantities in 0.1, prices in 0.5.
const QTY = 10n;
const PRICE = 2n;

/** Everything in whole grid units; real value = count / grid. */
interface Scene {
  readonly state: number;
  readonly isInverse: boolean;
  readonly side: number;
  readonly isReduceOnly: boolean;
  readonly mark: bigint;
  readonly price: bigint; // 0 = market
  readonly qty: bigint;
  readonly position: bigint;
  readonly openBuy: bigint;
  readonly openSell: bigint;
  readonly held: bigint; // QTY x PRICE units of notional
  readonly gross: bigint;
  readonly equity: bigint; // whole base currency
  readonly collar: bigint; // percent
  readonly maxQty: bigint;
  readonly maxNotional: bigint; // QTY x PRICE units
  readonly maxPosition: bigint;
  readonly maxExposure: bigint; // percent of equity
  readonly maxLeverage: bigint; // tenths
}

const MULTIPLIER = 5n; // of an inverse contract: 5 of quote each

function drawScene(random: Random): Scene {
  const whole = (min: number, max: number): bigint => BigInt(min + random.integer(max - min + 1));
  return {
    state: random.integer(12) === 0 ? 1 + random.integer(2) : 0,
    isInverse: random.integer(4) === 0,
    side: random.integer(2),
    isReduceOnly: random.integer(4) === 0,
    mark: whole(180, 220),
    price: random.integer(5) === 0 ? 0n : whole(170, 230),
    qty: whole(1, 40),
    position: whole(-40, 40),
    openBuy: random.integer(2) === 0 ? 0n : whole(0, 20),
    openSell: random.integer(2) === 0 ? 0n : whole(0, 20),
    held: whole(0, 400) * 20n,
    gross: whole(400, 2000) * 20n,
    equity: whole(-1, 20) * 100n,
    collar: whole(1, 12),
    maxQty: whole(1, 60),
    maxNotional: whole(1, 500) * 20n,
    maxPosition: whole(1, 500) * 20n,
    maxExposure: whole(1, 400),
    maxLeverage: whole(1, 60),
  };
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** The limits an order breaks, each inequality multiplied out to whole numbers. */
function judge(scene: Scene): CheckName[] {
  const price = scene.price === 0n ? scene.mark : scene.price;
  const unit = (at: bigint): bigint => (scene.isInverse ? MULTIPLIER * PRICE : at);
  const isBuy = scene.side === 0;
  const signed = isBuy ? scene.qty : -scene.qty;
  const open = isBuy ? scene.openBuy : -scene.openSell;
  const end = scene.position + open + signed; // when every order of this side is filled
  const opposes = scene.position !== 0n && scene.position > 0n !== isBuy;
  const shrinks = opposes && (isBuy ? end <= 0n : end >= 0n);
  const notional = scene.qty * unit(price);
  const long = abs(scene.position + scene.openBuy + (isBuy ? scene.qty : 0n));
  const short = abs(scene.position - scene.openSell - (isBuy ? 0n : scene.qty));
  const worst = larger(long, short) * unit(scene.mark);
  const gross = larger(0n, scene.gross - scene.held + worst);
  const money = QTY * PRICE;
  const over = {
    halt: scene.state === 2 || (scene.state === 1 && !shrinks),
    collar: abs(price - scene.mark) * 100n > scene.collar * scene.mark,
    orderQty: scene.qty > scene.maxQty,
    orderNotional: notional > scene.maxNotional,
    position: !shrinks && abs(end) * unit(scene.mark) > scene.maxPosition,
    exposure: !shrinks && !isWithin(gross * 100n, scene.maxExposure, scene.equity, money),
    leverage: !shrinks && !isWithin(gross * 10n, scene.maxLeverage, scene.equity, money),
    reduceOnly: scene.isReduceOnly && !shrinks,
    var: !shrinks && scene.equity <= 0n,
  };
  return Object.entries(over)
    .filter(([, isBroken]) => isBroken)
    .map(([name]) => name as CheckName);
}

const isWithin = (asked: bigint, limit: bigint, equity: bigint, money: bigint): boolean =>
  equity > 0n && asked <= limit * equity * money;

function setScene(desk: RiskDesk, scene: Scene): void {
  const real = (count: bigint, grid: bigint): number => Number(count) / Number(grid);
  const money = QTY * PRICE;
  desk.arena.writeU32(desk.system, scene.state);
  desk.setSystem(layout.RISK_TOKENS, 20);
  desk.setSystem(layout.RISK_TOKENS_US, NOW_US);
  desk.setSystem(layout.RISK_GROSS, real(scene.gross, money));
  desk.setSystem(layout.RISK_EQUITY, Number(scene.equity));
  desk.setSystem(layout.RISK_MAX_EXPOSURE, real(scene.maxExposure, 100n));
  desk.setSystem(layout.RISK_MAX_LEVERAGE, real(scene.maxLeverage, 10n));
  desk.setSystem(layout.RISK_MAX_ORDER_NOTIONAL, real(scene.maxNotional, money));
  const flags = layout.ROW_TRADABLE | (scene.isInverse ? layout.ROW_INVERSE : 0);
  desk.arena.writeU32(desk.row(0) + layout.ROW_FLAGS, flags);
  desk.setRow(0, layout.ROW_MULTIPLIER, scene.isInverse ? Number(MULTIPLIER) : 1);
  desk.setRow(0, layout.ROW_MARK, real(scene.mark, PRICE));
  desk.setRow(0, layout.ROW_POSITION, real(scene.position, QTY));
  desk.setRow(0, layout.ROW_OPEN_BUY, real(scene.openBuy, QTY));
  desk.setRow(0, layout.ROW_OPEN_SELL, real(scene.openSell, QTY));
  desk.setRow(0, layout.ROW_EXPOSURE, real(scene.held, money));
  desk.setRow(0, layout.ROW_MAX_POSITION, real(scene.maxPosition, money));
  desk.setRow(0, layout.ROW_MAX_ORDER_QTY, real(scene.maxQty, QTY));
  desk.setRow(0, layout.ROW_COLLAR, real(scene.collar, 100n));
}

test('risk: 20,000 orders get the verdict of exact rational arithmetic', () => {
  const desk = createRiskDesk();
  const random = createRandom('risk model');
  const seen = new Map<string, number>();
  for (let k = 0; k < ORDERS; k += 1) {
    const scene = drawScene(random);
    setScene(desk, scene);
    const got = desk.check({
      side: scene.side,
      flags: scene.isReduceOnly ? layout.ORDER_REDUCE_ONLY : 0,
      price: Number(scene.price) / Number(PRICE),
      qty: Number(scene.qty) / Number(QTY),
    });
    const wanted = judge(scene);
    const told = JSON.stringify(scene, (_, v) => (typeof v === 'bigint' ? Number(v) : v));
    assert.deepEqual(got, wanted, `order ${k}: ${told}`);
    for (const name of [...wanted, wanted.length === 0 ? 'passed' : 'refused']) {
      seen.set(name, (seen.get(name) ?? 0) + 1);
    }
  }
  for (const name of ['passed', 'halt', 'collar', 'orderQty', 'orderNotional', 'position']) {
    assert.ok((seen.get(name) ?? 0) > 200, `${name} was hardly tried`);
  }
  for (const name of ['exposure', 'leverage', 'reduceOnly', 'var']) {
    assert.ok((seen.get(name) ?? 0) > 200, `${name} was hardly tried`);
  }
});

/** w' S w by the definition, with the order's notional added to its weight. */
function varianceAfter(
  matrix: number[][],
  weights: number[],
  index: number,
  delta: number,
): number {
  const after = weights.map((w, k) => (k === index ? w + delta : w));
  return after.reduce(
    (sum, w, i) => sum + w * after.reduce((inner, v, j) => inner + v * (matrix[i]![j] ?? 0), 0),
    0,
  );
}

test('risk: marginal VaR equals the VaR of the whole changed portfolio', () => {
  const desk = createRiskDesk();
  const random = createRandom('marginal var');
  const { arena, covariance } = desk;
  const n = 4;
  const factors = Array.from({ length: n }, () => Array.from({ length: n }, random.normal));
  const matrix = factors.map((a) =>
    factors.map((b) => a.reduce((sum, x, k) => sum + 1e-4 * x * b[k]!, 0)),
  );
  const weights = Array.from({ length: n }, () => 10_000 * random.normal());
  const base = covariance + layout.COVARIANCE_WEIGHTS;
  matrix.flat().forEach((value, k) => {
    arena.writeF64(base + (3 * n + k) * 8, value);
  });
  weights.forEach((value, k) => {
    arena.writeF64(base + k * 8, value);
  });
  desk.setSystem(layout.RISK_VARIANCE, arena.kernels.covarianceRefresh(covariance));
  for (let k = 0; k < 2000; k += 1) {
    const instrument = random.integer(n);
    const qty = 1 + random.integer(200);
    const side = random.integer(2);
    desk.setSystem(layout.RISK_TOKENS, 20);
    desk.check({ instrument, qty, side });
    const delta = (side === 0 ? 1 : -1) * qty * 100;
    const wanted =
      1.6448536269514722 * Math.sqrt(varianceAfter(matrix, weights, instrument, delta));
    const got = arena.readF64(desk.order + layout.ORDER_VAR_AFTER);
    assert.ok(Math.abs(got - wanted) <= 1e-9 * wanted, `${got}, wanted ${wanted}`);
  }
});
