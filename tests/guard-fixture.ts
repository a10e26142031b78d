// Owns a guard for tests: the names of a small desk, the default settings, and what it was told.
// Promise: nothing is stubbed but the world around the guard; what it commits is folded at once.
import type { Config } from '../engine/config/schema.ts';
import { configSchema } from '../engine/config/schema.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import type { LimitScope } from '../engine/core/limit.ts';
import type { Order } from '../engine/core/order.ts';
import type { ScopeState } from '../engine/core/risk.ts';
import type { Fact } from '../engine/facts/fact.ts';
import { createGuard, type Guard } from '../engine/risk/guard.ts';
import type { RiskNames } from '../engine/risk/places.ts';
import {
  createStandingsSlice,
  type StandingsSaved,
  type StandingsSlice,
} from '../engine/risk/standings-slice.ts';
import { at, instruments, orderOf } from './trading-fixture.ts';

export type RiskConfig = Config['risk'];
type Breakers = RiskConfig['breakers'];

/** Two instruments at the venue 'test', one at 'spot'. */
export const NAMES: RiskNames = {
  portfolios: ['main'],
  strategies: ['test', 'manual'],
  venues: ['test', 'spot'],
  instruments,
};

export const riskConfig = (
  risk: Partial<Omit<RiskConfig, 'breakers'>> = {},
  breakers: Partial<Breakers> = {},
): RiskConfig => {
  const defaults = configSchema.parse({}).risk;
  return { ...defaults, ...risk, breakers: { ...defaults.breakers, ...breakers } };
};

/** What a step of any instrument is worth. */
export const STEP_WORTH = 100;

export interface GuardDesk {
  readonly guard: Guard;
  readonly records: Fact[]; // of peaks none: `standings` has them
  readonly standings: StandingsSlice;
  readonly states: Map<LimitScope, ScopeState>; // as last told
  readonly told: string[]; // 'venue:test reducing' in the order it was told
  readonly probes: string[]; // 'venue:test 3 x 10000'
  readonly held: Map<string, number>; // signed steps by scope and key: 'system BTCUSDT.test'
  readonly doubtful: Set<string>; // keys of instruments whose mark is in doubt
  readonly goodUs: Map<string, number>; // when it was good for the last time, by key
  /** Records of one kind since the last call, without the kind. */
  take(kind: Fact['kind']): object[];
}

export interface GuardDeskOptions {
  readonly risk?: RiskConfig;
  readonly names?: RiskNames;
  readonly restored?: StandingsSaved; // of an earlier run
}

export function openGuard(options: GuardDeskOptions = {}): GuardDesk {
  const { risk = riskConfig(), names = NAMES, restored } = options;
  const records: Fact[] = [];
  const states = new Map<LimitScope, ScopeState>();
  const told: string[] = [];
  const probes: string[] = [];
  const held = new Map<string, number>();
  const doubtful = new Set<string>();
  const goodUs = new Map<string, number>();
  const standings = createStandingsSlice();
  if (restored !== undefined) standings.load(restored);
  const guard = createGuard({
    slots: names.instruments.length,
    risk,
    names,
    setState(scope, state) {
      states.set(scope, state);
      told.push(`${scope} ${state}`);
    },
    setProbes: (scope, orders, notional) => probes.push(`${scope} ${orders} x ${notional}`),
    standings,
    commit(fact) {
      standings.fold(fact, 0);
      if (fact.kind !== 'peaks') records.push(fact);
    },
    marks: {
      doubt: ({ key }) => (doubtful.has(key) ? 'wide' : null),
      doubtful: 1,
      markUs: ({ key }) => at(goodUs.get(key) ?? 0),
    },
    held: (scope, _, { key }) => held.get(`${scope} ${key}`) ?? 0,
    stake: (scope, isIn) =>
      names.instruments.reduce((sum, one) => {
        const qty = held.get(`${scope} ${one.key}`) ?? 0;
        return isIn(one) ? sum + Math.abs(qty) * STEP_WORTH : sum;
      }, 0),
  });
  told.length = 0; // what every scope starts as is in `states`
  const take = (kind: Fact['kind']): object[] => takeFrom(records, kind);
  return { guard, records, standings, states, told, probes, held, doubtful, goodUs, take };
}

function takeFrom(records: Fact[], kind: Fact['kind']): object[] {
  const found: object[] = [];
  for (let k = 0; k < records.length; ) {
    const record = records[k]!;
    if (record.kind === kind) {
      const { kind: _, ...rest } = record;
      found.push(rest);
      records.splice(k, 1);
    } else k += 1;
  }
  return found;
}

/** An order that was created at `us`. */
export const orderAt = (instrument: Instrument, us: number, id = 'c1'): Order => ({
  ...orderOf({ instrument, createdUs: at(us) }, id),
  state: 'sent',
});
