// Owns the ways from an asset to the dollar over the instruments of a run, the best first.
// Promise: pure; the order depends on the instruments alone; the search is bounded.
import type { Instrument } from '../core/instrument.ts';
import { dollarRank } from './dollars.ts';

/** ETH -> BTC -> EUR -> USD is the longest that is looked for. */
export const LEGS_MAX = 3;
const SPOT_PATHS_MAX = 6;
const CONTRACT_PATHS_MAX = 2;
export const PATHS_MAX = SPOT_PATHS_MAX + CONTRACT_PATHS_MAX;
/** Steps of the search for one asset: 1,000 pairs of one coin are looked through several times. */
const STEPS_MAX = 20_000;

/** Slot + 1 where the asset is the base (the price multiplies), -(slot + 1) where the quote. */
export type Leg = number;

export interface Edge {
  readonly leg: Leg;
  readonly to: number; // index of the asset on the other side
}

/**
 * Edges of each asset, best first: towards a more trusted dollar, then by slot. A contract prices
 * its base and nothing else, and is listed apart: it is a stand-in.
 */
export interface Graph {
  readonly spot: readonly (readonly Edge[])[];
  readonly contracts: readonly (readonly Edge[])[];
}

export function graphOf(
  instruments: Iterable<Instrument>,
  assets: readonly string[],
  indexOf: (asset: string) => number,
): Graph {
  const spot: Edge[][] = assets.map(() => []);
  const contracts: Edge[][] = assets.map(() => []);
  for (const { kind, base, quote, index } of instruments) {
    const from = indexOf(base);
    const to = indexOf(quote);
    (kind === 'spot' ? spot : contracts)[from]?.push({ leg: index + 1, to });
    if (kind === 'spot') spot[to]?.push({ leg: -(index + 1), to: from });
  }
  const rank = ({ to }: Edge): number => Math.min(dollarRank(assets[to] ?? ''), assets.length);
  const best = (a: Edge, b: Edge): number => rank(a) - rank(b) || Math.abs(a.leg) - Math.abs(b.leg);
  for (const edges of [...spot, ...contracts]) edges.sort(best);
  return { spot, contracts };
}

/**
 * Paths of `asset` to an asset that is one dollar by definition: over spot pairs, the shorter
 * first; then those that need a contract, for when no spot pair is fresh.
 */
export function pathsOf(
  graph: Graph,
  isEnd: (asset: number) => boolean,
  asset: number,
): readonly (readonly Leg[])[] {
  const spot = search(graph, isEnd, asset, false, SPOT_PATHS_MAX);
  return [...spot, ...search(graph, isEnd, asset, true, CONTRACT_PATHS_MAX)];
}

/** Depth first, deeper only when all shorter paths are found; no path goes through an end. */
function search(
  graph: Graph,
  isEnd: (asset: number) => boolean,
  start: number,
  withContract: boolean,
  pathsMax: number,
): Leg[][] {
  const found: Leg[][] = [];
  const legs: Leg[] = [];
  const visited = new Set<number>();
  let steps = 0;
  const walk = (at: number, legsLeft: number, contracts: number): void => {
    if (isEnd(at)) {
      if (legsLeft === 0 && contracts > 0 === withContract) found.push([...legs]);
      return;
    }
    if (legsLeft === 0) return;
    visited.add(at);
    const go = ({ leg, to }: Edge, more: number): void => {
      if (found.length === pathsMax || steps === STEPS_MAX || visited.has(to)) return;
      steps += 1;
      legs.push(leg);
      walk(to, legsLeft - 1, contracts + more);
      legs.pop();
    };
    for (const edge of graph.spot[at] ?? []) go(edge, 0);
    if (withContract) for (const edge of graph.contracts[at] ?? []) go(edge, 1);
    visited.delete(at);
  };
  for (let length = 1; length <= LEGS_MAX; length += 1) walk(start, length, 0);
  return found;
}
