// Owns where a name stands in the risk tables: its number, its node or row, the cell of its limit.
// Promise: names are numbered once, at start; a name that is not there is told, never guessed.
import {
  LEVEL_PORTFOLIO,
  LEVEL_STRATEGY,
  LEVEL_SYSTEM,
  LEVEL_VENUE,
  NODE_CHECK_EXPOSURE,
  NODE_CHECK_GROSS,
  NODE_CHECK_LEVERAGE,
  NODE_CHECK_NET,
  NODE_CHECK_OPEN_ORDERS,
  NODE_CHECK_ORDER_NOTIONAL,
  NODE_CHECK_ORDER_TO_TRADE,
  NODE_CHECK_RATE,
  NODE_LIMITS,
  RISK_CONCENTRATION,
  RISK_HISTORICAL_VAR,
  RISK_STRESS,
  RISK_VAR,
  ROW_COLLAR,
  ROW_MAX_POSITION,
  ROW_ORDER_NOTIONAL,
  ROW_ORDER_QTY,
  ROW_PASSIVE_COLLAR,
} from '../../wasm/layout.ts';
import { assert } from '../core/assert.ts';
import { type Instrument, type MarginPlace, marginPlaceOf } from '../core/instrument.ts';
import { kindOfScope, type LimitName, type LimitScope, nameOfScope } from '../core/limit.ts';
import { type MemoryPlan, nodeAt, riskRowAt } from '../memory/plan.ts';

/** Everyone the tree of limits knows; a name's place in its list is its number in the tables. */
export interface RiskNames {
  readonly portfolios: readonly string[]; // accounts
  readonly strategies: readonly string[];
  readonly venues: readonly string[];
  readonly instruments: readonly Instrument[]; // by slot; grows and changes while it runs
  readonly isTraded?: (key: string) => boolean; // one that was retired is in its slot still
}

/** What the tree of limits has to know of them. */
export interface ScopeNames extends Omit<RiskNames, 'instruments'> {
  readonly instruments: readonly Pick<Instrument, 'key' | 'venue'>[];
  /** Left out: all of them are. One that was retired has no scope any more. */
  readonly isTraded?: (key: string) => boolean;
}

export interface Places {
  /** Numbers by name; instruments by key. */
  readonly portfolios: ReadonlyMap<string, number>;
  readonly strategies: ReadonlyMap<string, number>;
  readonly venues: ReadonlyMap<string, number>;
  readonly instruments: Map<string, number>;
  /** Base assets in the order in which the instruments name them. */
  readonly assets: Map<string, number>;
  /** Margin places, by their names (nameOfPlace), and by number. */
  readonly margins: Map<string, number>;
  readonly marginPlaces: MarginPlace[];
}

/** Takes a number for a name: its own, that of one nothing is of any more, or the next. */
function takeNumber(numbers: Map<string, number>, name: string, inUse: readonly string[]): number {
  const own = numbers.get(name);
  if (own !== undefined) return own;
  const used = new Set(inUse);
  const free = [...numbers].find(([other]) => !used.has(other));
  const number = free?.[1] ?? numbers.size;
  if (free !== undefined) numbers.delete(free[0]);
  numbers.set(name, number);
  return number;
}

export const nameOfPlace = ({ venue, asset }: MarginPlace): string => `${venue}\0${asset ?? ''}`;
const marginNameOf = (instrument: Instrument): string => nameOfPlace(marginPlaceOf(instrument));

/**
 * The place of an instrument that has taken its slot in `names.instruments`; who was there before
 * has none any more.
 */
export function takePlace(places: Places, names: RiskNames, instrument: Instrument): void {
  const { index, key, base } = instrument;
  const { instruments } = names;
  for (const [other, row] of places.instruments) {
    if (row === index && other !== key) places.instruments.delete(other);
  }
  places.instruments.set(key, index);
  const bases = instruments.map((one) => one.base);
  takeNumber(places.assets, base, bases);
  const margins = instruments.map(marginNameOf);
  const margin = takeNumber(places.margins, marginNameOf(instrument), margins);
  places.marginPlaces[margin] = marginPlaceOf(instrument);
}

/** Asserts that names are unique and that instruments know their own rows. */
export function placesOf(names: RiskNames): Places {
  const keys = names.instruments.map(({ key }) => key);
  for (const [row, { index, key }] of names.instruments.entries()) {
    assert(index === row, `${key} says it is row ${index}, and stands in row ${row}`);
  }
  const margins = new Map(names.instruments.map((one) => [marginNameOf(one), marginPlaceOf(one)]));
  return {
    portfolios: numbersOf('account', names.portfolios),
    strategies: numbersOf('strategy', names.strategies),
    venues: numbersOf('venue', names.venues),
    instruments: numbersOf('instrument', keys),
    assets: numbersOf('asset', [...new Set(names.instruments.map(({ base }) => base))]),
    margins: numbersOf('margin place', [...margins.keys()]),
    marginPlaces: [...margins.values()],
  };
}

function numbersOf(what: string, list: readonly string[]): Map<string, number> {
  const numbers = new Map(list.map((name, number) => [name, number]));
  assert(numbers.size === list.length, `a name of an ${what} comes twice: ${list.join(', ')}`);
  return numbers;
}

/** Every scope that is a node of the tree: all but the instruments. */
export const nodeScopesOf = (names: ScopeNames): readonly LimitScope[] => [
  'system',
  ...names.portfolios.map((name): LimitScope => `portfolio:${name}`),
  ...names.strategies.map((name): LimitScope => `strategy:${name}`),
  ...names.venues.map((name): LimitScope => `venue:${name}`),
];

/** Every scope there is, parents before their children. */
export const scopesOf = (names: ScopeNames): readonly LimitScope[] => [
  ...nodeScopesOf(names),
  ...tradedOf(names).map(({ key }): LimitScope => `instrument:${key}`),
];

const tradedOf = ({ instruments, isTraded }: ScopeNames): ScopeNames['instruments'] =>
  isTraded === undefined ? instruments : instruments.filter(({ key }) => isTraded(key));

const LEVELS = {
  portfolio: ['portfolios', LEVEL_PORTFOLIO],
  strategy: ['strategies', LEVEL_STRATEGY],
  venue: ['venues', LEVEL_VENUE],
} as const;

/** Byte offset of the scope's node, or of an instrument's row; null when nobody has that name. */
export function scopeAt(plan: MemoryPlan, places: Places, scope: LimitScope): number | null {
  const kind = kindOfScope(scope);
  if (kind === 'system') return nodeAt(plan, LEVEL_SYSTEM, 0);
  const name = nameOfScope(scope);
  if (kind === 'instrument') {
    const row = places.instruments.get(name);
    return row === undefined ? null : riskRowAt(plan, row);
  }
  if (!Object.hasOwn(LEVELS, kind)) return null;
  const [list, level] = LEVELS[kind];
  const number = places[list].get(name);
  return number === undefined ? null : nodeAt(plan, level, number);
}

const NODE_CELLS: Readonly<Partial<Record<LimitName, number>>> = {
  order_notional: NODE_LIMITS + 16 * NODE_CHECK_ORDER_NOTIONAL,
  gross: NODE_LIMITS + 16 * NODE_CHECK_GROSS,
  net: NODE_LIMITS + 16 * NODE_CHECK_NET,
  exposure: NODE_LIMITS + 16 * NODE_CHECK_EXPOSURE,
  leverage: NODE_LIMITS + 16 * NODE_CHECK_LEVERAGE,
  open_orders: NODE_LIMITS + 16 * NODE_CHECK_OPEN_ORDERS,
  message_rate: NODE_LIMITS + 16 * NODE_CHECK_RATE,
  order_to_trade: NODE_LIMITS + 16 * NODE_CHECK_ORDER_TO_TRADE,
};
const SYSTEM_CELLS: Readonly<Partial<Record<LimitName, number>>> = {
  concentration: RISK_CONCENTRATION,
  value_at_risk: RISK_VAR,
  historical_var: RISK_HISTORICAL_VAR,
  stress_loss: RISK_STRESS,
};
const ROW_CELLS: Readonly<Partial<Record<LimitName, number>>> = {
  order_quantity: ROW_ORDER_QTY,
  order_notional: ROW_ORDER_NOTIONAL,
  position: ROW_MAX_POSITION,
  price_collar: ROW_COLLAR,
  passive_collar: ROW_PASSIVE_COLLAR,
};

/**
 * Byte offset of the pair { hard, soft }; null when nobody has that name, or a scope of its kind
 * has no such limit.
 */
export function limitAt(
  plan: MemoryPlan,
  places: Places,
  scope: LimitScope,
  limit: LimitName,
): number | null {
  const kind = kindOfScope(scope);
  const ofSystem = kind === 'system' ? SYSTEM_CELLS[limit] : undefined;
  if (ofSystem !== undefined) return plan.riskSystem + ofSystem;
  const cell = kind === 'instrument' ? ROW_CELLS[limit] : NODE_CELLS[limit];
  const base = scopeAt(plan, places, scope);
  return base === null || cell === undefined ? null : base + cell;
}
