// Owns what the gateway can be told at start, with its defaults and bounds.
// Promise: every queue, map, time-out and message size of the gateway has its bound named here.

import type { StateOptions } from '../engine/state.ts';

/** viewer reads; trader also trades and may halt; risk also resumes; admin may do everything. */
export type Role = 'viewer' | 'trader' | 'risk' | 'admin';

/** A key is known by the SHA-256 of its text only; the text itself never reaches the gateway. */
export interface ApiKey {
  readonly name: string;
  readonly role: Role;
  readonly sha256: string; // 64 lower-case hex digits
}

/** Fractions below a peak, from the configuration: where the gauge has its marks. */
export interface DrawdownMarks {
  readonly system: { readonly warning: number; readonly hard: number };
  readonly strategy: { readonly warning: number; readonly hard: number };
}

export interface GatewayOptions {
  readonly host: string;
  readonly restPort: number; // 0 = any free port
  readonly wsPort: number; // 0 = any free port
  readonly mode: string; // 'test', 'development', 'production', 'replay'
  readonly version: string;
  readonly keys: readonly ApiKey[];
  readonly loginToken: string | null; // works once, in the URL that signs a browser in
  readonly loginName: string; // of the person who gets the token, as four eyes count him
  readonly loginRole: Role; // of the session the token opens
  readonly isMetricsOpen: boolean; // /api/v2/metrics without a key
  readonly rateLimitPerMinute: number; // requests of one key
  readonly corsOrigins: readonly string[]; // [] = no cross-origin access
  readonly bodyBytesMax: number;
  readonly commandTimeoutMs: number; // how long the engine may take to answer
  readonly killTimeoutMs: number; // how long a kill may take to be confirmed or given up
  readonly signalWaitMs: number; // how long POST /signals/generate waits for forecasts
  readonly commandsPendingMax: number;
  readonly stateCapacity: StateOptions['capacity']; // the engine's own: it is folded here as well
  readonly sessionsMax: number;
  readonly sessionMs: number;
  readonly ordersMax: number; // kept in the replica; the journal has them all
  readonly fillsMax: number;
  readonly signalsMax: number;
  readonly equityPointsMax: number;
  readonly riskEventsMax: number; // breakers, drawdowns, states and reductions kept
  readonly killsMax: number;
  readonly proposalsMax: number; // pending and decided
  readonly softFraction: number; // soft level of a change that gives only its hard one
  readonly drawdownMarks: DrawdownMarks;
  readonly socketsMax: number; // WebSocket clients
  readonly socketUnreadBytesMax: number; // a client that leaves more unread is closed
  readonly socketPayloadBytesMax: number; // of a message from a client
  readonly socketIdleS: number; // pings are sent before it passes
  readonly metricsEveryMs: number; // of /ws/metrics
  readonly engineSilenceMsMax: number; // without a word from the engine: not ready
}

const DEFAULT_GATEWAY_OPTIONS: Omit<GatewayOptions, 'stateCapacity'> = {
  host: '127.0.0.1',
  restPort: 8000,
  wsPort: 8001,
  mode: 'test',
  version: '0.0.0',
  keys: [],
  loginToken: null,
  loginName: 'browser',
  loginRole: 'admin',
  isMetricsOpen: false,
  rateLimitPerMinute: 100,
  corsOrigins: [],
  bodyBytesMax: 64 * 1024,
  commandTimeoutMs: 5_000,
  killTimeoutMs: 12_000,
  signalWaitMs: 1_500,
  commandsPendingMax: 1024,
  sessionsMax: 64,
  sessionMs: 12 * 3_600_000,
  ordersMax: 10_000,
  fillsMax: 10_000,
  signalsMax: 10_000,
  equityPointsMax: 2_400,
  riskEventsMax: 200,
  killsMax: 50,
  proposalsMax: 100,
  softFraction: 0.8,
  drawdownMarks: {
    system: { warning: 0.03, hard: 0.05 },
    strategy: { warning: 0.02, hard: 0.03 },
  },
  socketsMax: 12_000,
  socketUnreadBytesMax: 1 << 20,
  socketPayloadBytesMax: 4096,
  socketIdleS: 60,
  metricsEveryMs: 1_000,
  engineSilenceMsMax: 10_000,
};

/** One has no default: of another capacity than the engine's, a replica evicts other orders. */
export type GivenOptions = Partial<GatewayOptions> & Pick<GatewayOptions, 'stateCapacity'>;

/** Options with every gap filled from the defaults. */
export const withGatewayDefaults = (given: GivenOptions): GatewayOptions => ({
  ...DEFAULT_GATEWAY_OPTIONS,
  ...given,
});
