// Owns hierarchical clusters of assets: correlation distance, linkage, leaf order, flat groups.
// Promise: deterministic; ties go to the smaller ids; n leaves give n - 1 merges.
import { assert } from '../core/assert.ts';

export type LinkageMethod = 'single' | 'average';

export interface Merge {
  readonly a: number; // cluster ids, a < b: 0..n-1 the leaves, n + k what merge k formed
  readonly b: number;
  readonly height: number; // distance at which they met
  readonly size: number; // leaves together
}

export interface Linkage {
  readonly merges: readonly Merge[];
  /** Leaves from left to right, a before b at every merge. */
  readonly leafOrder: readonly number[];
  /** Leaves of what each merge formed, ascending. */
  readonly members: readonly (readonly number[])[];
}

/** d_ij = sqrt((1 - rho_ij) / 2): 0 for rho 1, 1 for rho -1 (Lopez de Prado 2016). */
export const correlationDistance = (correlation: Float64Array): Float64Array =>
  correlation.map((rho) => Math.sqrt(0.5 * Math.max(0, 1 - rho)));

interface Forest {
  readonly n: number;
  readonly distance: Float64Array; // by slot, overwritten as clusters grow
  readonly ids: number[]; // of the cluster in each slot; -1 when it was merged away
  readonly sizes: number[];
  readonly nearest: number[]; // slot nearest to each slot; -1 when it is alone
}

/**
 * Agglomerative clustering of a symmetric n x n distance: the two nearest clusters merge until one
 * is left. Distance to a merged cluster: the smaller of both (single), or their mean weighted by
 * size (average, UPGMA). Null when a distance is not finite. Nearest neighbours are remembered
 * (Muellner 2011, generic algorithm), so n^2 work is usual.
 */
export function link(distance: Float64Array, n: number, method: LinkageMethod): Linkage | null {
  assert(distance.length === n * n, 'clusters: the distance is not n x n');
  if (!distance.every(Number.isFinite)) return null;
  const slots = Array.from({ length: n }, (_, k) => k);
  const forest: Forest = {
    n,
    distance: distance.slice(),
    ids: slots.slice(),
    sizes: slots.map(() => 1),
    nearest: slots.map(() => -1),
  };
  for (const slot of slots) forest.nearest[slot] = findNearest(forest, slot);
  const merges: Merge[] = [];
  while (merges.length < n - 1) merges.push(mergeNearest(forest, n + merges.length, method));
  return { merges, ...readTree(merges, n) };
}

const get = (values: readonly number[], k: number): number => values[k] ?? -1;

const between = ({ distance, n }: Forest, s: number, t: number): number =>
  distance[s * n + t] ?? Number.NaN;

function findNearest(forest: Forest, slot: number): number {
  let best = -1;
  for (let other = 0; other < forest.n; other += 1) {
    if (other === slot || get(forest.ids, other) < 0) continue;
    if (best < 0 || isNearer(forest, slot, other, best)) best = other;
  }
  return best;
}

function isNearer(forest: Forest, slot: number, other: number, best: number): boolean {
  const gap = between(forest, slot, other) - between(forest, slot, best);
  return gap < 0 || (gap === 0 && get(forest.ids, other) < get(forest.ids, best));
}

/** Merges the nearest pair into the slot of one of them and gives it the id `id`. */
function mergeNearest(forest: Forest, id: number, method: LinkageMethod): Merge {
  const { ids, sizes, nearest } = forest;
  let s = -1;
  for (let slot = 0; slot < forest.n; slot += 1) {
    if (get(ids, slot) < 0) continue;
    if (s < 0 || between(forest, slot, get(nearest, slot)) < between(forest, s, get(nearest, s))) {
      s = slot;
    }
  }
  const t = get(nearest, s);
  const [a, b] = [get(ids, s), get(ids, t)].sort((x, y) => x - y);
  const size = get(sizes, s) + get(sizes, t);
  const merge = { a: a ?? -1, b: b ?? -1, height: between(forest, s, t), size };
  joinRows(forest, s, t, method);
  ids[s] = id;
  ids[t] = -1;
  sizes[s] = size;
  for (let slot = 0; slot < forest.n; slot += 1) {
    if (get(ids, slot) < 0) continue;
    const near = get(nearest, slot);
    const isStale = slot === s || near === s || near === t;
    if (isStale || isNearer(forest, slot, s, near)) nearest[slot] = findNearest(forest, slot);
  }
  return merge;
}

function joinRows(forest: Forest, s: number, t: number, method: LinkageMethod): void {
  const { n, distance, ids, sizes } = forest;
  const [left, right] = [get(sizes, s), get(sizes, t)];
  for (let k = 0; k < n; k += 1) {
    if (k === s || k === t || get(ids, k) < 0) continue;
    const [x, y] = [between(forest, k, s), between(forest, k, t)];
    const joined = method === 'single' ? Math.min(x, y) : (left * x + right * y) / (left + right);
    distance[k * n + s] = joined;
    distance[s * n + k] = joined;
  }
}

function readTree(merges: readonly Merge[], n: number): Omit<Linkage, 'merges'> {
  const leaves: (readonly number[])[] = Array.from({ length: n }, (_, k) => [k]);
  for (const { a, b } of merges) leaves.push([...(leaves[a] ?? []), ...(leaves[b] ?? [])]);
  const members = leaves.slice(n).map((leaf) => leaf.toSorted((x, y) => x - y));
  return { leafOrder: leaves.at(-1) ?? [], members };
}

/** The clusters left when merges above `height` are undone, each ascending, by first member. */
export function cutTree(linkage: Linkage, height: number): readonly (readonly number[])[] {
  const groups = new Map<number, readonly number[]>(linkage.leafOrder.map((k) => [k, [k]]));
  const n = linkage.leafOrder.length;
  linkage.merges.forEach((merge, k) => {
    if (merge.height > height) return;
    groups.delete(merge.a);
    groups.delete(merge.b);
    groups.set(n + k, linkage.members[k] ?? []);
  });
  return [...groups.values()].sort((x, y) => get(x, 0) - get(y, 0));
}
