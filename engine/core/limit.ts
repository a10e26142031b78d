// Owns the words of the limit tree: its scopes, the limits each scope may set, and its plain form.
// Promise: a limit always has both levels, hard and soft, and soft is never above hard.

/** A node: 'strategy:manual', 'venue:binance-usdm', 'instrument:BTCUSDT.binance-usdm'. */
export type LimitScope =
  | 'system'
  | `portfolio:${string}`
  | `strategy:${string}`
  | `venue:${string}`
  | `instrument:${string}`;

/** Limits that can be set, with the unit of their values. */
export const LIMIT_UNITS = {
  order_notional: 'usd',
  order_quantity: 'units', // base asset or contracts
  price_collar: 'fraction', // how far a buy may be above the mark, a sale below it
  passive_collar: 'fraction', // how far a buy may be below the mark, a sale above it
  position: 'usd', // worst case of one instrument
  gross: 'usd', // sum of the worst cases
  net: 'usd', // the larger of all long and all short ends
  exposure: 'fraction', // gross, of equity
  leverage: 'ratio', // gross / equity
  open_orders: 'count',
  message_rate: 'count', // burst of the bucket; refilled by ordersPerSecond
  order_to_trade: 'ratio', // messages a fill, over the day
  concentration: 'fraction', // net worst case of one base asset, of equity
  value_at_risk: 'fraction', // normal, 95 %, 1 day, of equity
  historical_var: 'fraction', // historical, 95 %, 1 day, of equity
  stress_loss: 'fraction', // worst stress scenario, of equity
} as const;
export type LimitName = keyof typeof LIMIT_UNITS;

/** Which limits a node of each kind may set. */
const OF_NODE = [
  'order_notional',
  'gross',
  'net',
  'exposure',
  'leverage',
  'open_orders',
  'message_rate',
  'order_to_trade',
] as const satisfies readonly LimitName[];
export const LIMITS_OF = {
  system: [...OF_NODE, 'concentration', 'value_at_risk', 'historical_var', 'stress_loss'],
  portfolio: OF_NODE,
  strategy: OF_NODE,
  venue: OF_NODE,
  instrument: ['order_quantity', 'order_notional', 'position', 'price_collar', 'passive_collar'],
} as const satisfies Record<string, readonly LimitName[]>;
export type LimitKind = keyof typeof LIMITS_OF;

/** Beyond `soft` is told, beyond `hard` is refused; at either is within. */
export interface Limit {
  readonly hard: number;
  readonly soft: number;
}

export type ScopeLimits = Readonly<Partial<Record<LimitName, Limit>>>;

/** What is set, by scope; a limit that is absent is the parent's. Plain JSON. */
export interface LimitTree {
  readonly version: number; // 1 at the start, + 1 with each change
  readonly scopes: Readonly<Record<string, ScopeLimits>>; // by LimitScope
}

/** One wish to change one limit. */
export interface LimitChange {
  readonly scope: LimitScope;
  readonly limit: LimitName;
  readonly hard: number;
  readonly soft: number;
}

export const kindOfScope = (scope: LimitScope): LimitKind =>
  (scope === 'system' ? scope : scope.slice(0, scope.indexOf(':'))) as LimitKind;

export const nameOfScope = (scope: LimitScope): string =>
  scope === 'system' ? scope : scope.slice(scope.indexOf(':') + 1);
