// Owns how strategies look to a client: each instance with its state, its profit, what it holds.
// Promise: a state is what the engine committed; a profit nobody can tell is 'unknown', never 0.
import type { StrategyWire } from '../dashboard/wire.ts';
import type { PortfolioView } from '../engine/facts/gateway-message.ts';
import type { State } from '../engine/state.ts';
import { isoOf, snakeKeys, splitKey } from './words.ts';

type Told = Pick<PortfolioView, 'strategies'> | null; // null: no portfolio was told yet
type Instances = State['strategies'];

/** Instances first, oldest first; then who holds something without being one. */
export function strategiesView(instances: Instances, told: Told): StrategyWire[] {
  const names = new Set(instances.save().map(({ name }) => name));
  for (const { strategy } of told?.strategies ?? []) names.add(strategy);
  return [...names].map((name) => rowOf(name, instances, told));
}

function rowOf(name: string, instances: Instances, told: Told): StrategyWire {
  const instance = instances.get(name);
  const share = told?.strategies.find(({ strategy }) => strategy === name);
  return {
    name,
    state: instance?.state ?? null,
    profit: share?.profit ?? (told === null ? 'unknown' : '0.00'), // it has never traded
    positions: share?.holdings.length ?? 0,
    module: instance?.module ?? '',
    reason: instance?.reason ?? '',
    by: instance?.by ?? '',
    changed_at: instance === null ? '' : isoOf(instance.changedUs),
  };
}

/** The same with what it holds; what it saved is its own affair. Null: there is no such name. */
export function strategyView(instances: Instances, told: Told, name: string): object | null {
  const instance = instances.get(name);
  const share = told?.strategies.find(({ strategy }) => strategy === name);
  if (instance === null && share === undefined) return null;
  const holdings = share?.holdings ?? [];
  return {
    ...rowOf(name, instances, told),
    module_hash: instance?.moduleHash ?? '',
    has_saved: instance !== null && instance.saved !== null,
    holdings: holdings.map(({ strategy: _, instrument, ...held }) => ({
      ...splitKey(instrument),
      ...(snakeKeys(held) as object),
    })),
  };
}
