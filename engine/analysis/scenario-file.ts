// Owns reading stress scenarios that a user wrote as JSON.
// Promise: every problem is named at once with its path; nothing is guessed, dropped or clamped.
import { CALM, GROUP_KEYS, NAMED_ASSETS, type Scenario } from './scenario.ts';

export type ScenarioFileResult =
  | { readonly kind: 'read'; readonly scenarios: readonly Scenario[] }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

export const SCENARIOS_MAX = 200;
const SHOCKS_MAX = 2_000; // of one scenario
const PROBLEMS_MAX = 100;
const SHOCK_MAX = 100; // times today's price, risen
const TEXT_MAX = 500; // characters of a name or description

interface NumberKey {
  readonly key: string;
  readonly field: 'basis' | 'funding' | 'spreadMultiplier' | 'depthMultiplier' | 'durationDays';
  readonly min: number;
  readonly max: number;
}

const NUMBERS: readonly NumberKey[] = [
  { key: 'basis', field: 'basis', min: -0.9, max: 10 },
  { key: 'funding', field: 'funding', min: -1, max: 1 },
  { key: 'spread_multiplier', field: 'spreadMultiplier', min: 1, max: 10_000 },
  { key: 'depth_multiplier', field: 'depthMultiplier', min: 1e-6, max: 1 },
  { key: 'duration_days', field: 'durationDays', min: 1e-4, max: 3_650 },
];

const KEYS = ['name', 'description', 'shocks', ...NUMBERS.map(({ key }) => key)];

type Add = (path: string, message: string) => void;

/**
 * Reads one scenario, a list of them, or `{"scenarios": [...]}`:
 * `{"name", "description"?, "shocks": {"BTC": -0.3, "@large_cap": -0.4, "*": -0.5, "USDT": -0.02},
 * "basis"?, "funding"?, "spread_multiplier"?, "depth_multiplier"?, "duration_days"?}`.
 * Shocks are simple returns in US dollars and at least -1: a price cannot fall below zero. An asset
 * that is neither in `assets` (those of the book, upper case) nor known by name is a problem.
 */
export function parseScenarios(text: string, assets: ReadonlySet<string>): ScenarioFileResult {
  let document: unknown;
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'invalid', problems: [`is not JSON: ${reason}`] };
  }
  const problems: string[] = [];
  let count = 0;
  const add: Add = (path, message) => {
    count += 1;
    if (problems.length < PROBLEMS_MAX) problems.push(`${path}: ${message}`);
  };
  const items = listOf(document, add);
  const scenarios = items.map(({ path, value }) => parseOne(path, value, assets, add));
  findTwins(scenarios, add);
  if (count > problems.length) problems.push(`and ${count - problems.length} more`);
  return count > 0 ? { kind: 'invalid', problems } : { kind: 'read', scenarios };
}

interface Item {
  readonly path: string;
  readonly value: unknown;
}

function listOf(document: unknown, add: Add): readonly Item[] {
  const isWrapped = isRecord(document) && 'scenarios' in document;
  if (isWrapped) {
    for (const key of Object.keys(document)) {
      if (key !== 'scenarios') add(key, 'stands beside "scenarios", where nothing else may');
    }
  }
  const list = isWrapped ? document.scenarios : document;
  if (isWrapped && !Array.isArray(list)) {
    add('scenarios', 'is not a list');
    return [];
  }
  if (!Array.isArray(list)) return [{ path: 'scenario', value: list }];
  if (list.length === 0) add('scenarios', 'the list is empty');
  if (list.length > SCENARIOS_MAX) {
    add('scenarios', `${list.length} of them; at most ${SCENARIOS_MAX} are taken`);
    return [];
  }
  return list.map((value, i) => ({ path: `scenarios[${i}]`, value }));
}

function parseOne(path: string, value: unknown, assets: ReadonlySet<string>, add: Add): Scenario {
  const empty = { ...CALM, name: '', description: '', shocks: new Map<string, number>() };
  if (!isRecord(value)) {
    add(path, `${show(value)} is not an object with "name" and "shocks"`);
    return empty;
  }
  for (const key of Object.keys(value)) {
    if (!KEYS.includes(key)) add(`${path}.${key}`, `is not known; keys are ${KEYS.join(', ')}`);
  }
  const numbers: { -readonly [Field in NumberKey['field']]: number } = { ...CALM };
  for (const { key, field, min, max } of NUMBERS) {
    if (value[key] === undefined) continue;
    numbers[field] = parseNumber(`${path}.${key}`, value[key], min, max, add);
  }
  return {
    ...numbers,
    name: parseText(`${path}.name`, value.name, 1, add),
    description: parseText(`${path}.description`, value.description ?? '', 0, add),
    shocks: parseShocks(`${path}.shocks`, value.shocks, assets, add),
  };
}

function parseShocks(
  path: string,
  value: unknown,
  assets: ReadonlySet<string>,
  add: Add,
): ReadonlyMap<string, number> {
  const shocks = new Map<string, number>();
  const entries = isRecord(value) ? Object.entries(value) : [];
  if (!isRecord(value)) add(path, `${show(value)} is not an object of asset and shock`);
  else if (entries.length === 0) add(path, 'names no asset: a scenario that moves nothing');
  if (entries.length > SHOCKS_MAX) {
    add(path, `${entries.length} of them; at most ${SHOCKS_MAX} are taken`);
    return shocks;
  }
  for (const [asset, shock] of entries) {
    const at = `${path}.${asset}`;
    if (!isKnown(asset, assets)) add(at, whyUnknown(asset, assets));
    shocks.set(asset, parseNumber(at, shock, -1, SHOCK_MAX, add));
  }
  return shocks;
}

const isKnown = (asset: string, assets: ReadonlySet<string>): boolean =>
  assets.has(asset) || NAMED_ASSETS.has(asset) || GROUP_KEYS.some((key) => key === asset);

function whyUnknown(asset: string, assets: ReadonlySet<string>): string {
  const upper = asset.toUpperCase();
  if (upper !== asset && isKnown(upper, assets)) return `is not known; write ${upper}`;
  if (asset.includes('/')) return 'is a pair; shocks name one asset, as BTC';
  if (asset.startsWith('@')) return `is no group; groups are ${GROUP_KEYS.join(', ')}`;
  return 'is an asset that neither the book nor Colin knows';
}

function parseNumber(path: string, value: unknown, min: number, max: number, add: Add): number {
  if (typeof value !== 'number') {
    add(path, `${show(value)} is not a number`);
    return 0;
  }
  if (!(value >= min && value <= max)) add(path, `${value} is not within ${min} and ${max}`);
  return value;
}

function parseText(path: string, value: unknown, min: number, add: Add): string {
  if (typeof value !== 'string') {
    add(path, `${show(value)} is not a text`);
    return '';
  }
  const text = value.trim();
  if (text.length < min) add(path, 'is empty');
  if (text.length > TEXT_MAX) add(path, `${text.length} characters; at most ${TEXT_MAX}`);
  return text;
}

function findTwins(scenarios: readonly Scenario[], add: Add): void {
  const seen = new Set<string>();
  scenarios.forEach(({ name }, i) => {
    if (name !== '' && seen.has(name)) add(`scenarios[${i}].name`, `"${name}" comes twice`);
    seen.add(name);
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const show = (value: unknown): string =>
  value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)).slice(0, 60);
