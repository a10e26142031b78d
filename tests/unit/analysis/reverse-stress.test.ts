// Owns the tests of reverse stress: moves worked out by hand, and moves that cannot be.
// Promise: probabilities are compared with published tables, not with the code's own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ReversePosition,
  reverseStress,
  roomToLimits,
} from '../../../engine/analysis/reverse-stress.ts';

const position = (
  base: string,
  notional: number,
  kind: ReversePosition['kind'] = 'spot',
  quote = 'USD',
): ReversePosition => ({ symbol: `${base}/${quote}`, base, quote, kind, notional });

const near = (actual: number | null | undefined, expected: number, tolerance = 1e-9): void =>
  assert.ok(
    typeof actual === 'number' && Math.abs(actual - expected) <= tolerance * Math.abs(expected),
    `${actual} is not ${expected}`,
  );

const room = [{ limit: 'loss limit', room: 100 }];

test('reverse stress: the room to each limit is what may still be lost', () => {
  const rooms = roomToLimits({
    equity: 980,
    peakEquity: 1000,
    drawdownHard: 0.05,
    lossLimit: 20,
    maintenanceMargin: 300,
  });
  assert.deepEqual(
    rooms.map(({ limit, room: left }) => [limit, Math.round(left)]),
    [
      ['loss limit', 20],
      ['drawdown hard', 30],
      ['maintenance margin', 680],
    ],
  );
  assert.deepEqual(roomToLimits({ equity: 5 }), []);
});

test('reverse stress: along one factor the move is the room over the exposure', () => {
  const [result] = reverseStress([position('BTC', 1000), position('ETH', -400)], room);
  assert.deepEqual(
    result?.byFactor.map(({ direction, move }) => [direction, move]),
    [
      ['btc', -0.1],
      ['eth', 0.25],
    ],
  );
  near(result?.market.move, -100 / 600);
  assert.equal(result?.likeliest, null);
});

test('reverse stress: a long book that cannot lose the room has no move', () => {
  const [result] = reverseStress([position('BTC', 99)], room);
  assert.equal(result?.byFactor[0]?.move, null);
  assert.equal(result?.market.move, null);
  const [exact] = reverseStress([position('BTC', 100)], room);
  assert.equal(exact?.byFactor[0]?.move, -1);
});

test('reverse stress: a book flat in the market has no market move, its factors have', () => {
  const [result] = reverseStress([position('BTC', 500), position('ETH', -500)], room);
  assert.equal(result?.market.move, null);
  assert.equal(result?.byFactor.length, 2);
});

test('reverse stress: a limit already broken needs no move', () => {
  const [result] = reverseStress([position('BTC', 500)], [{ limit: 'drawdown hard', room: 0 }]);
  assert.equal(result?.isBroken, true);
  assert.equal(result?.byFactor[0]?.move, 0);
});

test('reverse stress: the quote asset of a contract is a direction of its own', () => {
  const book = [position('BTC', -1000, 'linear', 'USDT'), position('USDT', 1500)];
  const [result] = reverseStress(book, room);
  const peg = result?.byFactor.find(({ direction }) => direction === 'USDT');
  assert.equal(peg?.exposure, 2500);
  near(peg?.move, -0.04);
});

test('reverse stress: the likeliest move of one asset is its own standard deviations', () => {
  const [result] = reverseStress([position('BTC', 1000)], room, {
    symbols: ['BTC/USD'],
    matrix: Float64Array.of(0.05 ** 2),
  });
  near(result?.likeliest?.sigmas, 2);
  near(result?.likeliest?.moves[0]?.move, -0.1);
  near(result?.likeliest?.probabilityNormal, 0.022750131948179, 1e-9); // Phi(-2)
  // Abramowitz & Stegun 26.7.4 with 4 degrees: y = t / sqrt(4 + t^2), tail
  // 1/2 - y/2 (1 + (1 - y^2)/2).
  const y = Math.sqrt(8 / 12);
  near(result?.likeliest?.probabilityT4, 0.5 - (y / 2) * (1 + (1 - y * y) / 2), 1e-9);
});

test('reverse stress: the likeliest move reaches assets that are not held', () => {
  const [result] = reverseStress([position('BTC', 1000)], room, {
    symbols: ['BTC/USD', 'ETH/USD'],
    matrix: Float64Array.of(0.0025, 0.002, 0.002, 0.0036),
  });
  near(result?.likeliest?.moves[1]?.move, -0.1 * (0.002 / 0.0025));
});

test('reverse stress: without the covariance of a position there is no likeliest move', () => {
  const [result] = reverseStress([position('BTC', 1000), position('SOL', 1)], room, {
    symbols: ['BTC/USD'],
    matrix: Float64Array.of(0.0025),
  });
  assert.equal(result?.likeliest, null);
});

test('reverse stress: a straight line that would end below zero says so', () => {
  const [result] = reverseStress([position('BTC', 99)], room, {
    symbols: ['BTC/USD'],
    matrix: Float64Array.of(0.0025),
  });
  assert.equal(result?.likeliest?.isPossible, false);
});
