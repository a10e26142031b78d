// Owns the proof of the scenario kernels: the quantile after an order equals sorting everything.
// Promise: any rank, size, tie, zero and infinity; NaN in, NaN out; nothing else is written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../../../engine/core/random.ts';
import * as layout from '../../../wasm/layout.ts';
import { type Arena, createArena } from './arena.ts';

interface Block {
  readonly arena: Arena;
  readonly at: number;
  readonly pnl: Float64Array;
  readonly scratch: Float64Array;
  readonly columns: readonly (Float32Array | Float64Array)[];
  readonly beyond: Float64Array; // the 8 numbers after the block
  readonly weights: number;
  lossAfter(index: number, delta: number): number;
  guide(): number;
}

const GUARD = 12345;

const WIDTHS = [4, 8] as const;
type Width = (typeof WIDTHS)[number];

/** Between the columns lie 32 bytes that are no returns: reading them is seen. */
function createBlock(count: number, n: number, rank: number, width: Width = 4): Block {
  const stride = width * count + 32;
  const head = layout.SCENARIOS_PNL + layout.SCENARIOS_BYTES_EACH * count;
  const bytes = Math.ceil((head + stride * n) / 8) * 8;
  const arena = createArena(bytes + 8 * n + 4096);
  const at = arena.take(bytes + 64);
  const weights = arena.take(8 * n + 8);
  arena.writeU32(at + layout.SCENARIOS_COUNT, count);
  arena.writeU32(at + layout.SCENARIOS_N, n);
  arena.writeU32(at + layout.SCENARIOS_RANK, rank);
  arena.writeU32(at + layout.SCENARIOS_COLUMNS, at + head);
  arena.writeU32(at + layout.SCENARIOS_STRIDE, stride);
  arena.writeU32(at + layout.SCENARIOS_WIDTH, width);
  const returns = width === 4 ? arena.floats : arena.numbers;
  const column = (index: number): Float32Array | Float64Array => {
    const first = (at + head + index * stride) / width;
    returns.fill(GUARD, first + count, first + count + 32 / width);
    return returns.subarray(first, first + count);
  };
  const part = (index: number): Float64Array => {
    const first = (at + layout.SCENARIOS_PNL) / 8 + index * count;
    return arena.numbers.subarray(first, first + count);
  };
  const beyond = arena.numbers.subarray((at + bytes) / 8, (at + bytes) / 8 + 8);
  beyond.fill(GUARD);
  return {
    arena,
    at,
    pnl: part(0),
    scratch: part(1),
    columns: Array.from({ length: n }, (_, k) => column(k)),
    beyond,
    weights,
    lossAfter: (index, delta) => arena.kernels.scenarioLossAfter(at, index, delta),
    guide: () => arena.readF64(at + layout.SCENARIOS_GUIDE),
  };
}

/** Minus the rank-th smallest of pnl + delta x column, by sorting. */
function lossBySorting(block: Block, index: number, delta: number, rank: number): number {
  const column = block.columns[index]!;
  const moved = block.pnl.map((pnl, k) => pnl + delta * column[k]!);
  if (moved.some(Number.isNaN)) return Number.NaN;
  return 0 - moved.sort()[rank]!;
}

const eachWidth = (count: number): (readonly [number, Width])[] =>
  WIDTHS.map((width) => [count, width] as const);

const setGuide = (block: Block, value: number): void =>
  block.arena.writeF64(block.at + layout.SCENARIOS_GUIDE, value);

test('scenarios: every rank of every small size equals sorting, wherever the guide lies', () => {
  const random = createRandom('scenarios');
  for (const [count, width] of [1, 2, 3, 4, 5, 7, 8, 9, 16, 33].flatMap(eachWidth)) {
    for (let rank = 0; rank < count; rank += 1) {
      const block = createBlock(count, 2, rank, width);
      block.pnl.forEach((_, k) => {
        block.pnl[k] = random.integer(9) - 4; // many ties
        block.columns[1]![k] = random.integer(3) - 1;
      });
      const before = block.pnl.slice();
      for (const guide of [Number.NaN, -100, -1, 0, 1, 100]) {
        setGuide(block, guide);
        for (const delta of [0, 1, -2.5]) {
          const expected = lossBySorting(block, 1, delta, rank);
          assert.equal(block.lossAfter(1, delta), expected, `${rank} of ${count}, guide ${guide}`);
        }
      }
      assert.deepEqual(block.pnl, before);
      assert.ok(block.beyond.every((value) => value === GUARD));
    }
  }
});

const number = fc.oneof(
  fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  fc.constantFrom(0, -0, 1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

interface Scene {
  readonly pairs: readonly (readonly [pnl: number, value: number])[];
  readonly share: number; // rank, as a share of the count
  readonly delta: number;
  readonly guide: number;
}

const scenes: fc.Arbitrary<Scene> = fc.record({
  pairs: fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 60 }),
  share: fc.double({ min: 0, max: 0.999, noNaN: true }),
  delta: number,
  guide: fc.oneof(number, fc.constant(Number.NaN)),
});

test('scenarios: the loss after any order equals sorting, and NaN where a scenario is NaN', () => {
  const check = ({ pairs, share, delta, guide }: Scene): void => {
    const rank = Math.floor(share * pairs.length);
    for (const width of WIDTHS) {
      const block = createBlock(pairs.length, 1, rank, width);
      block.pnl.set(pairs.map(([pnl]) => pnl));
      block.columns[0]!.set(pairs.map(([, value]) => value));
      setGuide(block, guide);
      assert.equal(block.lossAfter(0, delta), lossBySorting(block, 0, delta, rank));
    }
  };
  fc.assert(fc.property(scenes, check), { seed: 7, numRuns: 400 });
});

test('scenarios: a NaN anywhere makes the loss NaN, kept by the guide or not', () => {
  for (const [count, width] of [1, 4, 9, 10].flatMap(eachWidth)) {
    for (const rank of [0, Math.min(2, count - 1)]) {
      for (let k = 0; k < count; k += 1) {
        for (const place of ['pnl', 'column'] as const) {
          const block = createBlock(count, 1, rank, width);
          block.pnl.forEach((_, t) => {
            block.pnl[t] = -t;
          });
          (place === 'pnl' ? block.pnl : block.columns[0]!)[k] = Number.NaN;
          for (const guide of [-4, -100, 100]) {
            setGuide(block, guide);
            assert.equal(block.lossAfter(0, 1), Number.NaN, `${k} of ${count}, guide ${guide}`);
          }
        }
      }
    }
  }
  const block = createBlock(4, 1, 1);
  assert.equal(block.lossAfter(0, Number.NaN), Number.NaN);
});

test('scenarios: an instrument or a rank outside has no loss', () => {
  const block = createBlock(3, 2, 2);
  assert.equal(block.lossAfter(1, 0), 0);
  assert.equal(block.lossAfter(2, 0), Number.NaN);
  assert.equal(createBlock(3, 2, 3).lossAfter(0, 0), Number.NaN);
  assert.equal(createBlock(0, 2, 0).lossAfter(0, 0), Number.NaN);
});

test('scenarios: a thousand with a few distinct orders equal sorting, large orders too', () => {
  const random = createRandom('thousand');
  const block = createBlock(1001, 8, 50);
  const weights = block.weights / 8;
  for (const column of block.columns)
    column.forEach((_, t) => {
      column[t] = 0.02 * random.normal();
    });
  for (let j = 0; j < 8; j += 1) block.arena.numbers[weights + j] = 1000 * random.normal();
  block.arena.kernels.scenarioRefresh(block.at, block.weights);
  for (const delta of [0, 1, -10, 100, -1000, 1e4, -1e6, 1e9]) {
    for (let j = 0; j < 8; j += 1) {
      assert.equal(block.lossAfter(j, delta), lossBySorting(block, j, delta, 50), `${j} ${delta}`);
    }
  }
});

test('scenarios: a refresh sums weights times returns, its guide 1.5 times the rank', () => {
  for (const [count, rank, place] of [
    [9, 3, 5],
    [9, 4, 7],
    [9, 8, 8],
    [2, 1, 1],
  ] as const) {
    for (const width of WIDTHS) {
      const block = createBlock(count, 3, rank, width);
      block.columns.forEach((column, j) => {
        column.forEach((_, t) => {
          column[t] = (t * 5) % count === 0 ? 0 : j + ((t * 5) % count);
        });
      });
      [2, -1, 0.5, 7].forEach((weight, j) => {
        // the last is nobody's
        block.arena.numbers[block.weights / 8 + j] = weight;
      });
      block.pnl.fill(GUARD);
      block.arena.kernels.scenarioRefresh(block.at, block.weights);
      const [a, b, c] = block.columns;
      const expected = Float64Array.from(a!, (value, t) => 2 * value - b![t]! + 0.5 * c![t]!);
      assert.deepEqual(block.pnl, expected);
      assert.equal(block.guide(), expected.toSorted()[place]);
      assert.ok(block.beyond.every((value) => value === GUARD));
    }
  }
  const none = createBlock(0, 1, 0);
  none.arena.kernels.scenarioRefresh(none.at, none.weights);
  assert.equal(none.guide(), 0);
});

test('scenarios: a commit adds delta times the column, and refuses what is not a number', () => {
  for (const [count, width] of [1, 4, 6, 7].flatMap(eachWidth)) {
    const block = createBlock(count, 2, 0, width);
    block.pnl.forEach((_, t) => {
      block.pnl[t] = t;
      block.columns[1]![t] = 10 * t + 1;
    });
    block.scratch.fill(GUARD);
    block.arena.kernels.scenarioCommit(block.at, 1, 0.5);
    assert.ok(
      block.scratch.every((value) => value === GUARD),
      'beyond the last scenario',
    );
    assert.deepEqual(
      [...block.pnl],
      Array.from({ length: count }, (_, t) => t + 0.5 * (10 * t + 1)),
    );
    const before = block.pnl.slice();
    for (const delta of [Number.NaN, Number.POSITIVE_INFINITY]) {
      block.arena.kernels.scenarioCommit(block.at, 1, delta);
    }
    block.arena.kernels.scenarioCommit(block.at, 2, 1);
    assert.deepEqual(block.pnl, before);
    assert.ok(block.beyond.every((value) => value === GUARD));
  }
});

test('scenarios: cash moves the P&L by its own column, and a refresh begins with it', () => {
  for (const [count, width] of [1, 4, 6, 7].flatMap(eachWidth)) {
    const block = createBlock(count, 3, 0, width);
    const { arena, at, pnl, columns, scratch, beyond } = block;
    arena.writeU32(at + layout.SCENARIOS_N, 2); // the third column is an asset's
    arena.writeU32(at + layout.SCENARIOS_CASH, 1);
    columns.forEach((column, j) => {
      column.forEach((_, t) => {
        column[t] = 10 ** j * (t + 1);
      });
    });
    scratch.fill(GUARD);
    const { scenarioCash, scenarioRefresh } = arena.kernels;
    scenarioCash(at, 0, 0.5);
    scenarioCash(at, 0, -0.25);
    const cash = Array.from({ length: count }, (_, t) => 25 * (t + 1));
    assert.deepEqual([...pnl], cash);
    for (const delta of [Number.NaN, Number.POSITIVE_INFINITY]) scenarioCash(at, 0, delta);
    scenarioCash(at, 1, 1); // nobody's
    assert.deepEqual([...pnl], cash);
    arena.numbers.set([2, -1], block.weights / 8);
    scenarioRefresh(at, block.weights);
    assert.deepEqual(
      [...pnl],
      cash.map((money, t) => money + 2 * (t + 1) - 10 * (t + 1)),
    );
    assert.ok(scratch.every((value) => value === GUARD));
    assert.ok(beyond.every((value) => value === GUARD));
  }
});

test('scenarios: cash that moves the P&L away from the guide renews it', () => {
  const block = createBlock(40, 2, 4);
  block.arena.writeU32(block.at + layout.SCENARIOS_N, 1);
  block.arena.writeU32(block.at + layout.SCENARIOS_CASH, 1);
  block.columns[1]!.fill(1);
  block.pnl.forEach((_, t) => {
    block.pnl[t] = t;
  });
  setGuide(block, 6);
  block.arena.kernels.scenarioCash(block.at, 0, 100);
  assert.equal(block.guide(), 107);
});

test('scenarios: the guide stays while 1.2 to 2 times the rank lie below', () => {
  // The P&L is 0 … 39 and a commit of 0 moves nothing: the guide alone decides.
  for (const count of [40, 41]) {
    for (const [rank, guide, isKept] of [
      [4, 2, false],
      [4, 3, false],
      [4, 4, true], // 5 below
      [4, 9, true],
      [4, 10, false],
      [5, 5, false], // 6 below: 1.2 times the rank to the last
      [5, 6, true],
      [5, 11, true],
      [5, 12, false],
    ] as const) {
      const block = createBlock(count, 1, rank);
      block.pnl.forEach((_, t) => {
        block.pnl[t] = count - 1 - t; // the last, odd one is the smallest
      });
      setGuide(block, guide);
      block.arena.kernels.scenarioCommit(block.at, 0, 0);
      assert.equal(block.guide(), isKept ? guide : rank + 3, `${guide} for ${rank} of ${count}`);
    }
  }
});

test('scenarios: the last of an odd number counts at the guide too', () => {
  const block = createBlock(9, 1, 5); // 7 at or below the guide are enough, 6 are not
  block.pnl.set([-10, -9, -8, -7, -6, -5, 100, 100, -3]);
  setGuide(block, -3);
  block.arena.kernels.scenarioCommit(block.at, 0, 0);
  assert.equal(block.guide(), -3);
});

test('scenarios: an infinite gain is a scenario like any other', () => {
  for (let k = 0; k < 5; k += 1) {
    const block = createBlock(5, 1, 4);
    block.pnl[k] = Number.POSITIVE_INFINITY;
    setGuide(block, -1); // too few below: the second pass has to find it
    assert.equal(block.lossAfter(0, 1), Number.NEGATIVE_INFINITY, `place ${k}`);
  }
});
