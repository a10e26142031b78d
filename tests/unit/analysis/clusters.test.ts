// Owns the proof of hierarchical clusters against naive agglomeration on leaf sets.
// Promise: the naive reference knows no update formula: it averages, or takes the least of, pairs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  correlationDistance,
  cutTree,
  type LinkageMethod,
  link,
} from '../../../engine/analysis/clusters.ts';
import { createRandom } from '../../../engine/core/random.ts';

/** Points on a line as a distance matrix. */
const line = (...points: number[]): Float64Array =>
  Float64Array.from(points.flatMap((a) => points.map((b) => Math.abs(a - b))));

function randomDistance(n: number, seed: string): Float64Array {
  const random = createRandom(seed);
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const distance = random.uniform();
      out[i * n + j] = distance;
      out[j * n + i] = distance;
    }
  }
  return out;
}

function agglomerate(distance: Float64Array, n: number, method: LinkageMethod) {
  let clusters = Array.from({ length: n }, (_, k) => [k]);
  const heights: number[] = [];
  const members: number[][] = [];
  const gap = (a: readonly number[], b: readonly number[]): number => {
    const all = a.flatMap((i) => b.map((j) => distance[i * n + j]!));
    return method === 'single' ? Math.min(...all) : all.reduce((x, y) => x + y, 0) / all.length;
  };
  while (clusters.length > 1) {
    const pairs = clusters.flatMap((a, i) =>
      clusters.slice(0, i).map((b) => ({ a, b, height: gap(a, b) })),
    );
    const best = pairs.reduce((x, y) => (y.height < x.height ? y : x));
    const merged = [...best.a, ...best.b].sort((x, y) => x - y);
    clusters = [...clusters.filter((c) => c !== best.a && c !== best.b), merged];
    heights.push(best.height);
    members.push(merged);
  }
  return { heights, members };
}

for (const method of ['single', 'average'] as const) {
  test(`clusters: ${method} linkage merges as naive agglomeration does`, () => {
    for (const n of [1, 2, 3, 7, 24]) {
      const distance = randomDistance(n, `${method} ${n}`);
      const linkage = link(distance, n, method);
      const wanted = agglomerate(distance, n, method);
      assert.deepEqual(linkage?.members, wanted.members);
      linkage.merges.forEach(({ a, b, height, size }, k) => {
        assert.ok(Math.abs(height - wanted.heights[k]!) < 1e-14);
        assert.equal(size, wanted.members[k]!.length);
        assert.ok(a < b && b < n + k);
      });
      assert.deepEqual(
        linkage.leafOrder.toSorted((x, y) => x - y),
        Array.from({ length: n }, (_, k) => k),
      );
    }
  });
}

test('clusters: points on a line merge by hand', () => {
  // 0 and 1 meet at 1, 5 and 7 at 2; then single at 4, average at (5 + 7 + 4 + 6) / 4
  const distance = line(0, 5, 1, 7);
  assert.deepEqual(link(distance, 4, 'single')?.merges, [
    { a: 0, b: 2, height: 1, size: 2 },
    { a: 1, b: 3, height: 2, size: 2 },
    { a: 4, b: 5, height: 4, size: 4 },
  ]);
  const average = link(distance, 4, 'average');
  assert.equal(average?.merges[2]?.height, 5.5);
  assert.deepEqual(average?.leafOrder, [0, 2, 1, 3]);
});

test('clusters: equal distances merge the smallest ids first', () => {
  const merges = link(line(0, 1, 2, 3), 4, 'single')?.merges;
  assert.deepEqual(
    merges?.map(({ a, b }) => [a, b]),
    [
      [0, 1],
      [2, 4],
      [3, 5],
    ],
  );
});

test('clusters: cutting the tree leaves what met at or below the height', () => {
  const linkage = link(line(0, 5, 1, 7), 4, 'average')!;
  assert.deepEqual(cutTree(linkage, 0.9), [[0], [1], [2], [3]]);
  assert.deepEqual(cutTree(linkage, 1), [[0, 2], [1], [3]]);
  assert.deepEqual(cutTree(linkage, 3), [
    [0, 2],
    [1, 3],
  ]);
  assert.deepEqual(cutTree(linkage, 6), [[0, 1, 2, 3]]);
});

test('clusters: correlation 1 has distance 0, 0 has sqrt 1/2, -1 has 1', () => {
  assert.deepEqual([...correlationDistance(Float64Array.of(1, 0, -1))], [0, Math.SQRT1_2, 1]);
  assert.equal(correlationDistance(Float64Array.of(1.0000000000000002))[0], 0);
});

test('clusters: an undefined distance gives no tree, no assets an empty one', () => {
  assert.equal(link(Float64Array.of(0, Number.NaN, Number.NaN, 0), 2, 'single'), null);
  assert.deepEqual(link(new Float64Array(0), 0, 'average'), {
    merges: [],
    leafOrder: [],
    members: [],
  });
});
