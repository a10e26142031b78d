// Owns a person's wish that an instrument comes or goes: whether it fits, and what follows.
// Promise: pure; what does not fit is refused by name, and nothing has changed then.
import { CASH_ASSETS_MAX } from '../../wasm/layout.ts';
import { isPegged } from '../accounts/dollars.ts';
import type { Funds } from '../accounts/funds.ts';
import { pricingProblems } from '../accounts/pricing-problems.ts';
import type { Rates } from '../accounts/rates.ts';
import type { Worths } from '../accounts/valuation.ts';
import type { Config } from '../config/schema.ts';
import type { Command } from '../core/event.ts';
import type { Instrument, InstrumentSpec } from '../core/instrument.ts';
import type { Instruments } from '../core/instruments.ts';
import type { LimitTree } from '../core/limit.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { Fact } from '../facts/fact.ts';
import type { InstrumentRecord } from '../facts/run.ts';
import type { Exposure } from '../risk/exposure.ts';
import { checkTree, limitsOfInstrument } from '../risk/limits.ts';
import type { RiskNames } from '../risk/places.ts';
import { cashAssetsOf } from '../risk/scenarios.ts';
import { instrumentsMax, toInstrumentRecord } from '../run/instruments-slice.ts';
import type { State } from '../state.ts';
import { ratesOf, whyNeeded } from './needed.ts';

export interface ListingGround {
  readonly config: Config;
  readonly names: RiskNames;
  readonly state: State;
  readonly listed: Instruments;
  readonly rates: Rates;
  readonly funds: Funds;
  readonly worths: Worths;
  readonly exposure: Exposure;
}

export type InstrumentWish = Extract<Command, { kind: 'instrument' }>;

export type ListingDecision =
  | { readonly kind: 'decided'; readonly facts: readonly Fact[] }
  | { readonly kind: 'not_found'; readonly what: string }
  | { readonly kind: 'refused'; readonly problems: readonly FieldProblem[] };

/** The instrument first, then the tree of limits with it, or without: its version stays. */
export function decideInstrument(ground: ListingGround, wish: InstrumentWish): ListingDecision {
  return wish.change === 'added'
    ? decideAdded(ground, wish.instrument, wish)
    : decideRetired(ground, wish.key, wish);
}

type Asker = Pick<InstrumentWish, 'by' | 'reason'>;

const refusal = (message: string, path = 'instrument'): ListingDecision => ({
  kind: 'refused',
  problems: [{ path, message }],
});

// ---- One that comes ---------------------------------------------------------------------------

function decideAdded(
  ground: ListingGround,
  spec: InstrumentSpec,
  { by, reason }: Asker,
): ListingDecision {
  const { listed, names } = ground;
  const { key, symbol, venue } = spec;
  if (key !== `${symbol}.${venue}`) return refusal(`${key} is not ${symbol}.${venue}`, 'key');
  if (!names.venues.includes(venue)) {
    return refusal(
      `${key}: this run has no venue ${venue}, only ${names.venues.join(', ')}`,
      'venue',
    );
  }
  const planned = listed.plan(spec);
  if (planned.kind === 'refused') return refusal(planned.reason);
  const { instrument } = planned;
  const record = toInstrumentRecord(instrument);
  const tree = treeWith(ground, instrument);
  const problems = [
    ...problemsOfPast(ground, record),
    ...problemsOfRoom(ground, instrument),
    ...problemsOfPeg(ground, instrument),
    ...pricingProblems([instrument], ratesOf([...listed.traded(), instrument])),
    ...problemsOfTree(ground, tree, instrument),
  ];
  if (problems.length > 0) return { kind: 'refused', problems };
  const fact = { kind: 'instrument', change: 'added', instrument: record, by, reason } as const;
  return { kind: 'decided', facts: [fact, treeFact(tree)] };
}

const TERMS = [
  'kind',
  'base',
  'quote',
  'settle',
  'multiplier',
  'priceScale',
  'qtyScale',
] as const satisfies readonly (keyof InstrumentRecord)[];

/** A key stands for one instrument for ever: orders and positions were recorded in its terms. */
function problemsOfPast(
  { state, listed }: ListingGround,
  record: InstrumentRecord,
): readonly FieldProblem[] {
  const before = state.instruments.recordOf(record.key);
  if (before !== null) {
    const other = TERMS.filter((term) => before[term] !== record[term]);
    return other.map((term) => ({
      path: term,
      message: `${record.key} was traded here with ${term} ${before[term]}, not ${record[term]}`,
    }));
  }
  const most = instrumentsMax(listed.capacity);
  if (state.instruments.size < most) return [];
  const message =
    `${record.key}: ${most} instruments were traded with this state folder, which is all it ` +
    'keeps; add one of those again, or start with more capacity.instruments';
  return [{ path: 'instrument', message }];
}

function problemsOfRoom(ground: ListingGround, instrument: Instrument): readonly FieldProblem[] {
  const { listed, rates, funds, exposure } = ground;
  const { key } = instrument;
  const problems: FieldProblem[] = [];
  const add = (message: string): void => void problems.push({ path: 'instrument', message });
  if (!rates.hasRoom(instrument)) add(`${key}: no more assets can be priced in this run`);
  if (!funds.hasRoom(instrument)) add(`${key}: no more balances can be looked after in this run`);
  const cash = cashAssetsOf([...listed.traded(), instrument]);
  const places = new Set([...exposure.cashAssets, ...cash]).size;
  if (places > CASH_ASSETS_MAX) {
    add(`${key}: stress looks at ${CASH_ASSETS_MAX} assets that are money alone, not ${places}`);
  }
  return problems;
}

/** A coin that counts as one dollar would have no price until the first mark of its pair. */
function problemsOfPeg(ground: ListingGround, instrument: Instrument): readonly FieldProblem[] {
  const { listed, worths } = ground;
  const traded = listed.traded();
  const { key, base, quote } = instrument;
  return [base, quote].flatMap((asset) => {
    if (!isPegged(asset, traded) || isPegged(asset, [...traded, instrument])) return [];
    const isHeld = worths.cells.held.some((cell) => cell.asset === asset);
    const isPaid = traded.some((one) => one.quote === asset || one.settle === asset);
    if (!isHeld && !isPaid) return [];
    const message =
      `${key}: ${asset} counts as one dollar in this run; with ${key} it would have no price ` +
      'until the first book: start with it instead';
    return [{ path: 'instrument', message }];
  });
}

// ---- Its limits -------------------------------------------------------------------------------

const scopeOf = (key: string) => `instrument:${key}` as const;

/** Its limits are those of the configuration. */
function treeWith({ config, state }: ListingGround, { key }: Instrument): LimitTree {
  const { version, scopes } = state.limits.tree();
  return { version, scopes: { ...scopes, [scopeOf(key)]: limitsOfInstrument(config.risk, key) } };
}

const problemsOfTree = (
  { names, listed }: ListingGround,
  tree: LimitTree,
  instrument: Instrument,
): readonly FieldProblem[] =>
  checkTree(tree, {
    ...names,
    instruments: [...listed.traded(), instrument],
    isTraded: () => true,
  });

const treeFact = (tree: LimitTree): Fact => ({ kind: 'limits_configured', tree });

// ---- One that goes ----------------------------------------------------------------------------

function decideRetired(ground: ListingGround, key: string, { by, reason }: Asker): ListingDecision {
  const { listed, state } = ground;
  const instrument = listed.byKey(key);
  if (instrument === null) return { kind: 'not_found', what: `instrument ${key}` };
  const needed = whyNeeded({ state, traded: listed.traded() }, instrument);
  if (needed !== null) return refusal(needed, 'key');
  const { version, scopes } = state.limits.tree();
  const { [scopeOf(key)]: _, ...others } = scopes;
  const record = toInstrumentRecord(instrument);
  const fact = { kind: 'instrument', change: 'retired', instrument: record, by, reason } as const;
  return { kind: 'decided', facts: [fact, treeFact({ version, scopes: others })] };
}
