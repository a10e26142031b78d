// Owns the ground everything stands on: memory sized for what there is, kernels, books, counters.
// Promise: sized once, from configuration and instruments; who may trade is named here, once.
import type { Config } from '../config/schema.ts';
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import type { BookReader } from '../core/ports.ts';
import { createBookView } from '../memory/book-view.ts';
import { instantiateKernels, type Kernels } from '../memory/kernels.ts';
import { type Capacities, createMemory, type MemoryPlan, planMemory } from '../memory/plan.ts';
import { createTelemetry, type Telemetry } from '../memory/telemetry.ts';
import type { RiskNames } from '../risk/places.ts';
import { BUILT_IN_MATERIAL, type RiskMaterial } from './risk-material.ts';

/** Names under which intents may come: the strategies there are, and a person's hand. */
export const STRATEGIES = ['signal-follower', 'imbalance-taker', 'buy-and-hold', 'manual'] as const;

export const namesOf = (config: Config, instruments: readonly Instrument[]): RiskNames => ({
  portfolios: config.compliance.accounts,
  strategies: STRATEGIES,
  venues: [...new Set(instruments.map(({ venue }) => venue))],
  instruments,
});

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

// Memory is sized for what there is: what is not there costs nothing.
function capacitiesOf(
  config: Config,
  instruments: readonly Instrument[],
  { scenarios }: RiskMaterial,
): Capacities {
  const { capacity, ai, risk } = config;
  const names = namesOf(config, instruments);
  const least = (count: number): number => Math.max(1, count);
  return {
    instruments: least(instruments.length),
    levels: capacity.levels,
    shards: ai.shards,
    portfolios: least(names.portfolios.length),
    strategies: least(names.strategies.length),
    venues: least(names.venues.length),
    assets: least(new Set(instruments.map(({ base }) => base)).size),
    scenarios: risk.scenarios,
    stressScenarios: scenarios.length,
    forecastSlots: capacity.forecastSlots,
    journalBytes: capacity.journalRingBytes,
    gatewayBytes: capacity.gatewayRingBytes,
    commandBytes: capacity.commandRingBytes,
  };
}
