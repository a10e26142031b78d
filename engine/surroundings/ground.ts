// Owns the ground everything stands on: memory sized for what there is, kernels, books, counters.
// Promise: sized once, from configuration and instruments; who may trade is named here, once.
import type { Config } from '../config/schema.ts';
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import type { BookReader } from '../core/ports.ts';
import type { SliceSizes } from '../facts/slice-names.ts';
import { createBookView } from '../memory/book-view.ts';
import { instantiateKernels, type Kernels } from '../memory/kernels.ts';
import {
  type Capacities,
  createMemory,
  levelsWithin,
  type MemoryPlan,
  planMemory,
} from '../memory/plan.ts';
import { createTelemetry, type Telemetry } from '../memory/telemetry.ts';
import type { RiskNames } from '../risk/places.ts';
import { stateSizes } from '../state.ts';
import { ringBytesFor } from '../storage/checkpoint-size.ts';
import { instancesOf, instrumentsOf, strategyNamesOf } from '../strategies/instances.ts';
import { BUILT_IN_MATERIAL, type RiskMaterial } from './risk-material.ts';

export const namesOf = (config: Config, instruments: readonly Instrument[]): RiskNames => ({
  portfolios: config.compliance.accounts,
  strategies: strategyNamesOf(config),
  venues: [...new Set(instruments.map(({ venue }) => venue))],
  instruments,
});

/** The largest checkpoint of each slice that a run may come to write. */
export function sizesOf(config: Config, instruments: readonly Instrument[]): SliceSizes {
  const names = namesOf(config, instruments);
  const slots = slotsOf(config, instruments.length);
  return stateSizes({
    ...config.capacity,
    instruments: slots,
    accounts: names.portfolios.length,
    strategies: names.strategies.length,
    holdings: holdingsOf(config, instruments),
    venues: names.venues.length,
    assets: 3 * slots, // each may have its own
  });
}

// Every account and the hand of a person on everything, every instance on its own instruments.
function holdingsOf(config: Config, instruments: readonly Instrument[]): number {
  const slots = slotsOf(config, instruments.length);
  const free = slots - instruments.length; // may come to be anybody's
  const ofInstances = instancesOf(config).map(
    (spec) => instrumentsOf(spec, instruments).length + free,
  );
  const ofAccounts = 2 * config.compliance.accounts.length * slots;
  return ofInstances.reduce((sum, count) => sum + count, ofAccounts);
}

/** The ground everything stands on: memory, kernels, books and counters. */
export interface Ground {
  readonly plan: MemoryPlan;
  readonly memory: WebAssembly.Memory;
  readonly buffer: SharedArrayBuffer;
  readonly module: WebAssembly.Module;
  readonly kernels: Kernels;
  readonly telemetry: Telemetry;
  readonly books: BookReader;
}

export function layGround(
  config: Config,
  instruments: readonly Instrument[],
  module: WebAssembly.Module,
  material: RiskMaterial = BUILT_IN_MATERIAL,
): Ground {
  const plan = planMemory(capacitiesOf(config, instruments, material));
  const memory = createMemory(plan);
  const { buffer } = memory;
  assert(buffer instanceof SharedArrayBuffer, 'the memory is made shared');
  return {
    plan,
    memory,
    buffer,
    module,
    kernels: instantiateKernels(module, memory),
    telemetry: createTelemetry(buffer, plan.counters, plan.histograms),
    books: createBookView(buffer, plan),
  };
}

/** Slots for instruments: those of the start, and room for more up to capacity.instruments. */
export const slotsOf = ({ capacity }: Pick<Config, 'capacity'>, atStart: number): number =>
  Math.max(capacity.instruments, atStart);

// Instruments come and go within their slots; of all else memory is sized for what there is.
function capacitiesOf(
  config: Config,
  instruments: readonly Instrument[],
  { scenarios }: RiskMaterial,
): Capacities {
  const { capacity, ai, risk } = config;
  const names = namesOf(config, instruments);
  const least = (count: number): number => Math.max(1, count);
  const slots = slotsOf(config, instruments.length);
  const levels = levelsWithin(capacity.bookBytesMax, slots, capacity.levels);
  assert(levels !== null, 'the start is refused where books have no room');
  const ringBytes = ringBytesFor(sizesOf(config, instruments));
  return {
    instruments: slots,
    levels,
    shards: ai.shards,
    portfolios: least(names.portfolios.length),
    strategies: least(names.strategies.length),
    venues: least(names.venues.length),
    assets: slots, // each may be of an asset of its own
    scenarios: risk.scenarios,
    stressScenarios: scenarios.length,
    forecastSlots: capacity.forecastSlots,
    journalBytes: capacity.journalRingBytes ?? ringBytes,
    gatewayBytes: capacity.gatewayRingBytes ?? ringBytes,
    commandBytes: capacity.commandRingBytes,
  };
}
