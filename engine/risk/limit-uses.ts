// Owns how full the limits are: what is in use of each one that is set, as the kernel would see it.
// Promise: read from the same cells the kernel reads; what cannot be told is left out, never 0.
import {
  ASSET_BYTES,
  ASSET_LONG,
  ASSET_SHORT,
  NODE_CHECK_RATE,
  NODE_GROSS,
  NODE_LIMITS,
  NODE_LONG,
  NODE_MESSAGES,
  NODE_OPEN_ORDERS,
  NODE_RATE_PER_SECOND,
  NODE_SHORT,
  NODE_TOKENS,
  NODE_TOKENS_US,
  NODE_TRADES,
  NODE_TRADES_FLOOR,
  RISK_EQUITY,
  RISK_EQUITY_US,
  ROW_EXPOSURE,
} from '../../wasm/layout.ts';
import type { LimitName, LimitScope } from '../core/limit.ts';
import type { LimitUse } from '../core/risk.ts';
import { riskRowAt } from '../memory/plan.ts';
import type { BookTable } from './book-table.ts';
import { limitAt, nodeScopesOf, scopeAt } from './places.ts';

/** The losses of the book as it stands, base currency. */
export interface Losses {
  valueAtRisk(): number;
  historicalVar(): number;
  stressLoss(): number;
}

type Used = readonly (readonly [LimitName, number])[];

const USES_MAX = 64;

/** Scopes with something in use, fullest first. Limits of a single order are never in use. */
export function listUses(table: BookTable, losses: Losses): readonly LimitUse[] {
  const { plan, names, places } = table;
  const uses: LimitUse[] = [];
  for (const scope of nodeScopesOf(names)) {
    const node = scopeAt(plan, places, scope);
    if (node === null) continue;
    addUses(table, uses, scope, usedByNode(table, node));
    if (scope === 'system') addUses(table, uses, scope, usedBySystem(table, losses));
  }
  // A thousand rows, most of them empty: no name is made for those.
  for (const { index, key } of names.instruments) {
    const used = table.numbers[(riskRowAt(plan, index) + ROW_EXPOSURE) / 8] ?? Number.NaN;
    if (used > 0) addUses(table, uses, `instrument:${key}`, [['position', used]]);
  }
  uses.sort((a, b) => b.used / b.hard - a.used / a.hard);
  return uses.slice(0, USES_MAX);
}

function addUses(table: BookTable, uses: LimitUse[], scope: LimitScope, all: Used): void {
  for (const [limit, used] of all) {
    const at = limitAt(table.plan, table.places, scope, limit);
    if (at === null || !(used > 0 && used < Number.POSITIVE_INFINITY)) continue;
    const hard = table.numbers[at / 8] ?? Number.NaN;
    const soft = table.numbers[at / 8 + 1] ?? Number.NaN;
    if (Number.isFinite(hard)) uses.push({ scope, limit, used, hard, soft });
  }
}

function usedByNode(table: BookTable, at: number): Used {
  const read = (column: number): number => table.numbers[(at + column) / 8] ?? Number.NaN;
  const gross = read(NODE_GROSS);
  const equity = equityOf(table);
  return [
    ['gross', gross],
    ['net', Math.max(Math.abs(read(NODE_LONG)), Math.abs(read(NODE_SHORT)))],
    ['exposure', gross / equity],
    ['leverage', gross / equity],
    ['open_orders', table.words[(at + NODE_OPEN_ORDERS) / 4] ?? Number.NaN],
    ['message_rate', tokensUsed(table, read)],
    ['order_to_trade', read(NODE_MESSAGES) / Math.max(read(NODE_TRADES), read(NODE_TRADES_FLOOR))],
  ];
}

/** Tokens missing from a bucket at the time of the last equity, which every clock event renews. */
function tokensUsed({ plan, numbers }: BookTable, read: (column: number) => number): number {
  const burst = read(NODE_LIMITS + 16 * NODE_CHECK_RATE);
  const nowUs = numbers[(plan.riskSystem + RISK_EQUITY_US) / 8] ?? Number.NaN;
  const elapsedUs = Math.max(0, nowUs - read(NODE_TOKENS_US));
  return (
    burst - Math.min(burst, read(NODE_TOKENS) + (elapsedUs / 1e6) * read(NODE_RATE_PER_SECOND))
  );
}

function usedBySystem(table: BookTable, losses: Losses): Used {
  const { plan, numbers, places } = table;
  const equity = equityOf(table);
  let largest = 0;
  for (let asset = 0; asset < places.assets.size; asset += 1) {
    const at = plan.riskAssets + asset * ASSET_BYTES;
    const long = numbers[(at + ASSET_LONG) / 8] ?? Number.NaN;
    const short = numbers[(at + ASSET_SHORT) / 8] ?? Number.NaN;
    largest = Math.max(largest, Math.abs(long), Math.abs(short));
  }
  return [
    ['concentration', largest / equity],
    ['value_at_risk', losses.valueAtRisk() / equity],
    ['historical_var', losses.historicalVar() / equity],
    ['stress_loss', losses.stressLoss() / equity],
  ];
}

const equityOf = ({ plan, numbers }: BookTable): number =>
  numbers[(plan.riskSystem + RISK_EQUITY) / 8] ?? Number.NaN;
