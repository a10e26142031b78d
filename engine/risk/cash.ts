// Owns what is held as money alone, in the scenarios: a peg that breaks costs what is parked there.
// Promise: every P&L has the cash of the moment in it; cash nobody can price makes it NaN.
import { CASH_ASSETS_MAX, SCENARIOS_COUNT, SCENARIOS_PNL } from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import type { BookTable } from './book-table.ts';
import { refreshWeights } from './books.ts';
import { cashAssetsOf } from './scenarios.ts';

export interface Cash {
  /** By place, for the whole run: one that is not money alone any more keeps its place, empty. */
  readonly assets: readonly string[];
  /** Instruments came or went: what is money alone from here on. The others hold nothing. */
  follow(assets: readonly string[]): void;
  /** Base currency, of all accounts and venues together; negative: owed. NaN is taken. */
  set(asset: string, worth: number): void;
  /** From scratch: what many small additions have rounded away comes back. */
  renew(): void;
}

export function createCash(table: BookTable): Cash {
  const { plan, kernels } = table;
  const assets: string[] = [];
  const places = new Map<string, number>();
  const from = plan.cash / 8;
  const worths = table.numbers.subarray(from, from + CASH_ASSETS_MAX);
  const renew = (): void => {
    for (const block of [plan.history, plan.shocks]) renewBlock(table, block, worths);
    refreshWeights(table);
  };
  const set = (asset: string, worth: number): void => {
    const place = places.get(asset);
    assert(
      place !== undefined,
      `${asset} is not held as money alone: an instrument trades it, or none pays in it`,
    );
    const before = worths[place] ?? Number.NaN;
    if (Object.is(worth, before)) return;
    worths[place] = worth;
    const delta = worth - before;
    if (!Number.isFinite(delta)) return renew();
    kernels.scenarioCash(plan.history, place, delta);
    kernels.scenarioCash(plan.shocks, place, delta);
  };
  const follow = (now: readonly string[]): void => {
    for (const asset of assets) if (!now.includes(asset)) set(asset, 0);
    for (const asset of now) {
      if (places.has(asset)) continue;
      places.set(asset, assets.length);
      assets.push(asset);
    }
    assert(
      assets.length <= CASH_ASSETS_MAX,
      `${assets.length} assets are held as money alone, and memory for ${CASH_ASSETS_MAX}`,
    );
  };
  follow(cashAssetsOf(table.names.instruments));
  return { assets, set, follow, renew };
}

/** The cash of a block; its P&L is that of a refresh, which has to follow. */
function renewBlock({ kernels, words, numbers }: BookTable, block: number, worths: Float64Array) {
  const count = words[(block + SCENARIOS_COUNT) / 4] ?? 0;
  const cash = (block + SCENARIOS_PNL) / 8 + 2 * count;
  const isKnown = worths.every(Number.isFinite);
  numbers.fill(isKnown ? 0 : Number.NaN, cash, cash + count);
  for (const [asset, worth] of worths.entries()) kernels.scenarioCash(block, asset, worth);
}
