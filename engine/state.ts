// Owns the durable state of an engine: all slices, folded together, saved and loaded as rounds.
// Promise: fold is all that ever changes it; two states that took the same facts hash the same.
import { accountsSizeMax, createAccounts } from './accounts/accounts-slice.ts';
import type { Instrument } from './core/instrument.ts';
import { hashOf, type Json } from './core/json.ts';
import type { Fact, FactOf } from './facts/fact.ts';
import { loadRound, type Round, saveRound } from './facts/round.ts';
import type { Slice } from './facts/slice.ts';
import { SLICES, type SliceName, type SliceSizes } from './facts/slice-names.ts';
import { createModelsSlice, modelsSizeMax } from './models/models-slice.ts';
import { createOrdersSlice, type OrdersCapacity, ordersSizeMax } from './orders/orders-slice.ts';
import { createLimitsSlice, PROPOSALS_MAX } from './risk/limits-slice.ts';
import { createStandingsSlice } from './risk/standings-slice.ts';
import {
  createInstrumentsSlice,
  instrumentsMax,
  instrumentsSizeMax,
} from './run/instruments-slice.ts';
import { createRunSlice } from './run/run-slice.ts';
import { createStrategies, strategiesSizeMax } from './strategies/strategies-slice.ts';

export interface StateOptions {
  readonly capacity: OrdersCapacity;
  /** Instruments that others hold already, by key: used where they equal what is recorded. */
  readonly known?: (key: string) => Instrument | null;
}

export type State = ReturnType<typeof openSlices> & {
  /** Takes a fact into every slice, in the order of SLICES. */
  fold(fact: Fact, timeUs: number): void;
  load(slice: SliceName, saved: Json): void;
  /** One fact a slice: a whole round. */
  save(): readonly FactOf<'checkpoint'>[];
  loadRound(round: Round): void;
  /** Of one slice, or of all together. */
  hash(slice?: SliceName): string;
};

function openSlices({ capacity, known = () => null }: StateOptions) {
  const instruments = createInstrumentsSlice(known);
  return {
    run: createRunSlice(),
    instruments,
    accounts: createAccounts(),
    orders: createOrdersSlice(capacity, instruments.find),
    strategies: createStrategies(),
    limits: createLimitsSlice(),
    standings: createStandingsSlice(),
    models: createModelsSlice(),
  } as const satisfies Record<SliceName, Slice>;
}

export function createState(options: StateOptions): State {
  const slices = openSlices(options);
  const all: readonly Slice[] = SLICES.map((name) => slices[name] as Slice);
  return {
    ...slices,
    fold(fact, timeUs) {
      for (const slice of all) slice.fold(fact, timeUs);
    },
    load: (name, saved) => (slices[name] as Slice).load(saved),
    save: () => saveRound(all),
    loadRound: (round) => loadRound(all, round),
    hash: (name) =>
      name === undefined ? hashOf(all.map((slice) => slice.hash())) : slices[name].hash(),
  };
}

/** What a run may come to hold at most. */
export interface StateCapacity extends OrdersCapacity {
  readonly instruments: number;
  readonly accounts: number;
  readonly strategies: number;
  readonly holdings: number; // of accounts and strategies together
  readonly venues: number;
  readonly assets: number;
}

// Each with every text at its bound.
const SCOPE_LIMITS_BYTES = 1024;
const PROPOSAL_BYTES = 64 * 192 + 1536;
const WORD_BYTES = 1536;
const WORDS_MAX = 2; // of a scope: a person's and a machine's
const DRAWDOWN_BYTES = 384;
const FEW_BYTES = 4096;

/** Bytes of the largest checkpoint of each slice, as JSON. */
export function stateSizes(capacity: StateCapacity): SliceSizes {
  const { instruments, accounts, strategies, holdings, venues, assets } = capacity;
  // What was said of retired instruments stays.
  const scopes = 1 + instrumentsMax(instruments) + accounts + strategies + venues;
  const purses = accounts * (2 * instruments + assets); // an instrument is of one venue
  return {
    run: FEW_BYTES,
    instruments: instrumentsSizeMax(instruments),
    accounts: accountsSizeMax({ accounts, purses, holdings }),
    orders: ordersSizeMax(capacity),
    strategies: strategiesSizeMax(),
    limits: scopes * SCOPE_LIMITS_BYTES + PROPOSALS_MAX * PROPOSAL_BYTES + FEW_BYTES,
    standings: scopes * WORDS_MAX * WORD_BYTES + (1 + strategies) * DRAWDOWN_BYTES + FEW_BYTES,
    models: modelsSizeMax(),
  };
}
