// Owns the tree of limits: from the configuration, against contradictions, into shared memory.
// Promise: a tree that contradicts itself is never written; a limit nobody set is the parent's.
import {
  NODE_BYTES,
  NODE_CHECK_RATE,
  NODE_LIMITS,
  NODE_RATE_PER_SECOND,
  NODE_TOKENS,
  NODE_TOKENS_US,
  NODE_TRADES_FLOOR,
  RISK_DUPLICATE_US,
  RISK_EQUITY_AGE_US_MAX,
  RISK_FLAGS,
  RISK_MARGIN_AGE_US_MAX,
  RISK_MARK_AGE_US_MAX,
  RISK_USES_HISTORY,
  RISK_VAR_Z,
  ROW_ORDER_QTY,
  ROW_PASSIVE_COLLAR,
} from '../../wasm/layout.ts';
import type { Config } from '../config/schema.ts';
import { assert } from '../core/assert.ts';
import type { Instrument } from '../core/instrument.ts';
import {
  kindOfScope,
  LIMIT_UNITS,
  LIMITS_OF,
  type Limit,
  type LimitName,
  type LimitScope,
  type LimitTree,
  nameOfScope,
  type ScopeLimits,
} from '../core/limit.ts';
import { MANUAL } from '../core/order.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { EpochUs } from '../core/units.ts';
import { type MemoryPlan, riskRowAt } from '../memory/plan.ts';
import {
  limitAt,
  type Places,
  placesOf,
  type RiskNames,
  type ScopeNames,
  scopeAt,
  scopesOf,
  takePlace,
} from './places.ts';

export type { RiskNames } from './places.ts';

/** 95 % one-sided quantile of the standard normal. */
export const Z_95 = 1.6448536269514722;

export type LimitTreeResult =
  | { readonly kind: 'tree'; readonly tree: LimitTree }
  | { readonly kind: 'invalid'; readonly problems: readonly FieldProblem[] };

export interface LimitsOptions {
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly names: RiskNames;
  readonly tree: LimitTree; // from limitTreeOf, or of an earlier run
  readonly risk: Config['risk'];
}

export interface Limits {
  tree(): LimitTree;
  /**
   * Puts another tree in force; asserts that checkTree has nothing to say. A bucket whose burst
   * changes keeps the tokens it has at `nowUs`, at most the new burst: no change refills it.
   */
  write(tree: LimitTree, nowUs: EpochUs): void;
  /** An instrument that has taken its slot: its cells refuse until a tree with it is written. */
  add(instrument: Instrument): void;
  /** Its cells refuse everything, whatever tree is written. */
  retire(instrument: Instrument): void;
  /** Infinity where the scope sets none of its own. */
  hardOf(scope: LimitScope, limit: LimitName): number;
}

// ---- From the configuration -----------------------------------------------------------------

/** Limits with a key of their own in the group `risk`; each instrument gets the second list. */
const OF_SYSTEM = [
  ['order_notional', 'maxOrderNotionalUsd'],
  ['exposure', 'maxPortfolioExposure'],
  ['leverage', 'maxLeverage'],
  ['open_orders', 'maxOpenOrders'],
  ['message_rate', 'ordersBurst'],
  ['order_to_trade', 'maxOrderToTrade'],
  ['concentration', 'maxConcentration'],
  ['value_at_risk', 'varLimit95OneDay'],
  ['historical_var', 'historicalVarLimit95OneDay'],
  ['stress_loss', 'stressLossLimit'],
] as const satisfies readonly (readonly [LimitName, keyof Config['risk']])[];
const OF_INSTRUMENT = [
  ['order_quantity', 'maxOrderQuantity'],
  ['position', 'maxPositionUsd'],
  ['price_collar', 'priceCollar'],
  ['passive_collar', 'passiveCollar'],
] as const satisfies readonly (readonly [LimitName, keyof Config['risk']])[];
const GROUPS = [
  ['portfolios', 'portfolio'],
  ['strategies', 'strategy'],
  ['venues', 'venue'],
  ['instruments', 'instrument'],
] as const;

interface Draft {
  readonly softFraction: number;
  readonly scopes: Map<string, Partial<Record<LimitName, Limit>>>;
  readonly paths: Map<string, string>; // where in the configuration a limit of the tree came from
}

/**
 * Version 1 of the tree: the flat keys of `risk` on the system and on every instrument, `valueMax`
 * (`main.maxPortfolioValueUsd`) as the gross of the system, then `risk.limits` over them. Every
 * problem at once, under the path of the configuration it is in.
 */
export function limitTreeOf(
  risk: Config['risk'],
  names: ScopeNames,
  valueMax?: number,
): LimitTreeResult {
  const draft: Draft = { softFraction: risk.softFraction, scopes: new Map(), paths: new Map() };
  for (const [limit, key] of OF_SYSTEM) set(draft, 'system', limit, risk[key], `risk.${key}`);
  if (valueMax !== undefined) {
    set(draft, 'system', 'gross', valueMax, 'main.maxPortfolioValueUsd');
  }
  for (const { key } of names.instruments) setInstrument(draft, risk, key);
  overlay(draft, 'system', risk.limits.system, 'risk.limits.system');
  shareOpenOrders(draft, names);
  for (const [group, kind] of GROUPS) {
    for (const [name, limits] of Object.entries(risk.limits[group])) {
      const path = `risk.limits.${group}.${name}`;
      draft.paths.set(`${kind}:${name}`, path);
      overlay(draft, `${kind}:${name}`, limits, path);
    }
  }
  const tree: LimitTree = { version: 1, scopes: Object.fromEntries(draft.scopes) };
  const problems = checkTree(tree, names);
  if (problems.length === 0) return { kind: 'tree', tree };
  const place = (path: string): string => draft.paths.get(path) ?? path;
  return { kind: 'invalid', problems: problems.map((p) => ({ ...p, path: place(p.path) })) };
}

/** Of the open orders of the system, for all strategies together: people need the rest. */
const STRATEGIES_SHARE = 0.8;

/** Each gets as much as another, unless its own limits say more: none keeps the others out. */
function shareOpenOrders(draft: Draft, { strategies }: ScopeNames): void {
  const most = draft.scopes.get('system')?.open_orders?.hard ?? 0;
  const sharing = strategies.filter((name) => name !== MANUAL);
  const share = Math.max(1, Math.floor((most * STRATEGIES_SHARE) / sharing.length));
  for (const name of sharing) {
    set(draft, `strategy:${name}`, 'open_orders', share, 'risk.maxOpenOrders');
  }
}

function setInstrument(draft: Draft, risk: Config['risk'], name: string): void {
  const scope = `instrument:${name}`;
  for (const [limit, key] of OF_INSTRUMENT) set(draft, scope, limit, risk[key], `risk.${key}`);
}

/** Of an instrument: the flat keys, and `risk.limits.instruments` over them. */
export function limitsOfInstrument(risk: Config['risk'], key: string): ScopeLimits {
  const draft: Draft = { softFraction: risk.softFraction, scopes: new Map(), paths: new Map() };
  setInstrument(draft, risk, key);
  const path = `risk.limits.instruments.${key}`;
  overlay(draft, `instrument:${key}`, risk.limits.instruments[key] ?? {}, path);
  return draft.scopes.get(`instrument:${key}`) ?? {};
}

type Wish = number | Limit | undefined;

function overlay(
  draft: Draft,
  scope: string,
  limits: Readonly<Partial<Record<LimitName, Wish>>>,
  path: string,
): void {
  for (const [limit, wish] of Object.entries(limits) as [LimitName, Wish][]) {
    if (wish !== undefined) set(draft, scope, limit, wish, `${path}.${limit}`);
  }
}

function set(
  { softFraction, scopes, paths }: Draft,
  scope: string,
  limit: LimitName,
  wish: number | Limit,
  path: string,
): void {
  const value = typeof wish === 'number' ? { hard: wish, soft: softFraction * wish } : wish;
  scopes.set(scope, { ...scopes.get(scope), [limit]: value });
  paths.set(`${scope}.${limit}`, path);
}

// ---- Contradictions -------------------------------------------------------------------------

/**
 * What is wrong with a tree, each under `scope.limit`; none when it may be written. Scopes nobody
 * has, limits a scope has not, levels that are no finite number above 0, soft above hard, and a
 * child above a parent: what it says would never hold.
 */
export function checkTree(tree: LimitTree, names: ScopeNames): FieldProblem[] {
  const known = new Set<string>(scopesOf(names));
  const venues = new Map(names.instruments.map(({ key, venue }) => [key, venue]));
  const problems: FieldProblem[] = [];
  if (!Number.isSafeInteger(tree.version) || tree.version < 1) {
    problems.push({ path: 'version', message: `${tree.version} is no version of a tree` });
  }
  for (const [scope, limits] of Object.entries(tree.scopes)) {
    if (!known.has(scope)) {
      problems.push({ path: scope, message: `there is no ${scope} in this run` });
      continue;
    }
    for (const [name, limit] of Object.entries(limits)) {
      const message =
        problemOfName(scope as LimitScope, name) ??
        problemOfLevels(scope, name as LimitName, limit) ??
        problemOfParents(tree, venues, scope as LimitScope, name as LimitName, limit);
      if (message !== null) problems.push({ path: `${scope}.${name}`, message });
    }
  }
  return problems;
}

function problemOfName(scope: LimitScope, name: string): string | null {
  const kind = kindOfScope(scope);
  const names: readonly string[] = LIMITS_OF[kind];
  if (names.includes(name)) return null;
  return `${scope} cannot have a limit ${name}; it may have ${names.join(', ')}`;
}

const isLevel = (value: unknown): value is number => Number.isFinite(value) && Number(value) > 0;

function problemOfLevels(scope: string, name: LimitName, limit: Limit): string | null {
  const { hard, soft } = limit;
  for (const [level, value] of Object.entries({ hard, soft })) {
    if (!isLevel(value)) return `${scope} ${name}: ${level} ${value} is no finite number above 0`;
  }
  if (soft > hard) return `${scope} ${name}: soft ${show(soft)} is above hard ${show(hard)}`;
  if (LIMIT_UNITS[name] !== 'count' || hard >= 1) return null;
  return `${scope} ${name} ${show(hard)} lets nothing out: to stop a scope, set its trading state`;
}

function problemOfParents(
  { scopes }: LimitTree,
  venues: ReadonlyMap<string, string>,
  scope: LimitScope,
  name: LimitName,
  { hard }: Limit,
): string | null {
  if (scope === 'system') return null;
  const venue = kindOfScope(scope) === 'instrument' ? venues.get(nameOfScope(scope)) : undefined;
  for (const parent of venue === undefined ? ['system'] : [`venue:${venue}`, 'system']) {
    const above = scopes[parent]?.[name]?.hard;
    if (above === undefined || !(hard > above)) continue;
    return `${scope} ${name} ${show(hard)} is above ${parent} ${name} ${show(above)}`;
  }
  return null;
}

// Fifteen digits are every digit of a decimal that somebody typed.
const FORMAT = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 15 });
const show = (value: number): string => FORMAT.format(value);

// ---- Into shared memory ---------------------------------------------------------------------

interface Table {
  readonly plan: MemoryPlan;
  readonly names: RiskNames;
  readonly places: Places;
  readonly words: Uint32Array;
  readonly numbers: Float64Array;
}

/**
 * Writes the tree, the ages and the buckets, which start full. Nodes and rows nobody has keep
 * limits that are not a number: they refuse. Asserts that the tree does not contradict itself.
 */
export function createLimits(options: LimitsOptions): Limits {
  const { buffer, plan, names, risk } = options;
  const places = placesOf(names);
  const words = new Uint32Array(buffer);
  const table: Table = { plan, names, places, words, numbers: new Float64Array(buffer) };
  let tree = options.tree;
  assertTree(tree, names);
  closeAll(table);
  writeRules(table, risk);
  writeTree(table, tree);
  for (const scope of scopesOf(names)) fillBucket(table, scope, risk);
  return {
    tree: () => tree,
    write(next, nowUs) {
      assertTree(next, names);
      for (const scope of scopesOf(names)) keepTokens(table, scope, hardIn(next, scope), nowUs);
      tree = next;
      writeTree(table, tree);
    },
    add(instrument) {
      takePlace(places, names, instrument);
      closeRow(table, instrument.index);
    },
    retire(instrument) {
      closeRow(table, instrument.index);
    },
    hardOf: (scope, limit) => tree.scopes[scope]?.[limit]?.hard ?? Number.POSITIVE_INFINITY,
  };
}

function assertTree(tree: LimitTree, names: RiskNames): void {
  const problems = checkTree(tree, names).map(({ message }) => message);
  assert(problems.length === 0, `a tree of limits contradicts itself: ${problems.join('; ')}`);
}

function closeAll({ plan, numbers }: Table): void {
  const { portfolios, strategies, venues, instruments } = plan.capacities;
  for (let node = 0; node < 1 + portfolios + strategies + venues; node += 1) {
    const at = plan.riskNodes + node * NODE_BYTES;
    numbers.fill(Number.NaN, (at + NODE_LIMITS) / 8, (at + NODE_BYTES) / 8);
  }
  for (let row = 0; row < instruments; row += 1) closeRow({ plan, numbers }, row);
}

function closeRow({ plan, numbers }: Pick<Table, 'plan' | 'numbers'>, row: number): void {
  const at = riskRowAt(plan, row);
  numbers.fill(Number.NaN, (at + ROW_ORDER_QTY) / 8, (at + ROW_PASSIVE_COLLAR + 16) / 8);
}

function writeRules({ plan, words, numbers }: Table, risk: Config['risk']): void {
  const put = (at: number, value: number): void => {
    numbers[(plan.riskSystem + at) / 8] = value;
  };
  put(RISK_MARK_AGE_US_MAX, risk.markAgeMsMax * 1000);
  put(RISK_EQUITY_AGE_US_MAX, risk.equityAgeMsMax * 1000);
  put(RISK_MARGIN_AGE_US_MAX, risk.marginAgeMsMax * 1000);
  put(RISK_DUPLICATE_US, risk.duplicateWindowMs * 1000);
  put(RISK_VAR_Z, Z_95);
  words[(plan.riskSystem + RISK_FLAGS) / 4] = risk.historicalVarOnOrders ? RISK_USES_HISTORY : 0;
}

function writeTree(table: Table, tree: LimitTree): void {
  for (const scope of scopesOf(table.names)) writeScope(table, tree, scope);
}

function writeScope(
  { plan, places, numbers }: Table,
  { scopes }: LimitTree,
  scope: LimitScope,
): void {
  const own: ScopeLimits = scopes[scope] ?? {};
  for (const name of LIMITS_OF[kindOfScope(scope)]) {
    const at = limitAt(plan, places, scope, name);
    assert(at !== null, `${scope} has no cell for ${name}`);
    numbers[at / 8] = own[name]?.hard ?? Number.POSITIVE_INFINITY;
    numbers[at / 8 + 1] = own[name]?.soft ?? Number.POSITIVE_INFINITY;
  }
}

const BURST = NODE_LIMITS + 16 * NODE_CHECK_RATE;
const hardIn = ({ scopes }: LimitTree, scope: LimitScope): number =>
  scopes[scope]?.message_rate?.hard ?? Number.POSITIVE_INFINITY;

/** The node of a scope in f64s; null for instruments, which have no bucket. */
function nodeOf({ plan, places }: Table, scope: LimitScope): number | null {
  const at = kindOfScope(scope) === 'instrument' ? null : scopeAt(plan, places, scope);
  return at === null ? null : at / 8;
}

function fillBucket(table: Table, scope: LimitScope, risk: Config['risk']): void {
  const { numbers } = table;
  const node = nodeOf(table, scope);
  if (node === null) return;
  numbers[node + NODE_RATE_PER_SECOND / 8] = risk.ordersPerSecond;
  numbers[node + NODE_TRADES_FLOOR / 8] = risk.orderToTradeFloor;
  numbers[node + NODE_TOKENS / 8] = numbers[node + BURST / 8] ?? Number.NaN;
  numbers[node + NODE_TOKENS_US / 8] = 0;
}

function keepTokens(table: Table, scope: LimitScope, burst: number, nowUs: number): void {
  const { numbers } = table;
  const node = nodeOf(table, scope);
  if (node === null) return;
  const read = (at: number): number => numbers[node + at / 8] ?? Number.NaN;
  const before = read(BURST);
  if (burst === before) return;
  const elapsedUs = Math.max(0, nowUs - read(NODE_TOKENS_US));
  const refilled = read(NODE_TOKENS) + (elapsedUs / 1e6) * read(NODE_RATE_PER_SECOND);
  numbers[node + NODE_TOKENS / 8] = Math.min(burst, before, refilled);
  numbers[node + NODE_TOKENS_US / 8] = Math.max(nowUs, read(NODE_TOKENS_US));
}
