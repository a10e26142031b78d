// Owns the one typed schema of the configuration: groups, units in the names, bounds, defaults.
// Promise: what passed it is complete, in range and has no unknown key; secrets are not in it.
import { z } from 'zod';
import { LIMITS_OF, type LimitName } from '../core/limit.ts';
import { MANUAL } from '../core/order.ts';

const fraction = z.number().min(0).max(1);
const share = z.number().gt(0).max(1); // a limit of 0 would be no limit anybody meant
const usd = z.number().positive();
const millis = z.number().int().min(0);
const port = z.number().int().min(0).max(65535);
const powerOfTwo = z
  .number()
  .int()
  .refine((n) => n > 0 && Number.isInteger(Math.log2(n)), 'must be a power of two');
const decimal = z.string().regex(/^\d+(\.\d+)?$/, 'must be a plain decimal like "1000.50"');

export const ENVIRONMENTS = ['development', 'staging', 'production'] as const;
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

const main = z.strictObject({
  environment: z.enum(ENVIRONMENTS).default('development'), // production runs no test market
  logLevel: z.enum(LOG_LEVELS).default('info'),
  maxPortfolioValueUsd: usd.default(10_000_000),
  defaultOrderNotionalUsd: usd.default(100_000),
  host: z.string().min(1).default('127.0.0.1'),
  apiPort: port.default(8000),
  webSocketPort: port.default(8001),
  concurrentSignalsMax: z.number().int().positive().default(100), // forecasts asked for at once
  signalIntervalMs: millis.min(10).default(5000),
  riskCheckTimeoutMs: millis.min(1).default(10), // a check that takes longer is counted: an alarm
  seed: z.string().min(1).default('colin'),
});

// A limit of the tree: a number is the hard level, and soft follows from softFraction.
const limit = z.union([
  z.number().positive(),
  z.strictObject({ hard: z.number().positive(), soft: z.number().positive() }),
]);
const limitSet = <Name extends LimitName>(names: readonly Name[]) =>
  z.partialRecord(z.enum(names), limit).default({});

const limits = z.strictObject({
  system: limitSet(LIMITS_OF.system),
  portfolios: z.record(z.string(), limitSet(LIMITS_OF.portfolio)).default({}),
  strategies: z.record(z.string(), limitSet(LIMITS_OF.strategy)).default({}),
  venues: z.record(z.string(), limitSet(LIMITS_OF.venue)).default({}),
  instruments: z.record(z.string(), limitSet(LIMITS_OF.instrument)).default({}), // by key
});

// Each breaker opens at its threshold, lets nothing but reductions through while it cools down,
// then lets a few small orders probe, and closes when nothing happened meanwhile.
const breakers = z.strictObject({
  volatilityMove: share.default(0.02), // an instrument's move within the window
  volatilityWindowMs: millis.min(100).default(60_000),
  lossFraction: share.default(0.01), // of equity, lost within the window
  lossWindowMs: millis.min(100).default(60_000),
  rejectShare: share.default(0.5), // of the orders sent to a venue within the window
  rejectOrdersMin: z.number().int().positive().default(20),
  rejectWindowMs: millis.min(100).default(60_000),
  staleShare: share.default(0.5), // of a venue's books
  staleMs: millis.min(10).default(5000),
  latencyMs: millis.min(1).default(1000), // 90th percentile of the last acknowledgements
  latencyOrdersMin: z.number().int().positive().default(20),
  venueFaults: z.number().int().positive().default(3), // disconnects and unknown orders
  venueWindowMs: millis.min(100).default(60_000),
  coolDownMs: millis.min(10).default(30_000), // doubles with each trip in a row, up to 16 times
  probeMs: millis.min(10).default(30_000),
  probeOrders: z.number().int().positive().default(3),
  probeNotionalUsd: usd.default(10_000),
});

// When a price may value positions and pull triggers (docs/decisions/0015): a book wider than
// min(spreadMax, max(spreadMin, spreadTimes x its usual spread)) and a price further than jumpMax
// from where it stood have to last so long and through so many updates.
const marks = z
  .strictObject({
    spreadMin: share.default(0.0005), // of the mid: narrow, however calm the book usually is
    spreadMax: share.default(0.01), // wide, whatever is usual
    spreadTimes: z.number().min(1).max(1000).default(20),
    jumpMax: z.number().positive().max(100).default(0.005),
    lastMs: millis.min(1).max(60_000).default(500),
    lastUpdates: z.number().int().min(1).max(1000).default(3),
    venueMarkMs: millis.min(1).max(60_000).default(3000), // how long the venue's own mark is used
  })
  .refine(({ spreadMin, spreadMax }) => spreadMin <= spreadMax, {
    path: ['spreadMin'],
    message: 'must not be above spreadMax',
  });

const risk = z.strictObject({
  maxPositionUsd: usd.default(100_000),
  maxOrderNotionalUsd: usd.default(100_000),
  maxOrderQuantity: z.number().positive().default(1_000_000_000),
  maxPortfolioExposure: z.number().positive().max(125).default(0.2),
  maxLeverage: z.number().positive().max(125).default(3),
  maxConcentration: z.number().positive().max(125).default(0.1),
  drawdownWarning: share.default(0.03),
  drawdownHard: share.default(0.05),
  // Of the first equity of the UTC day, and of the first ever: no person's word takes these back.
  dailyLossLimit: share.default(0.1),
  totalLossLimit: share.default(0.25),
  drawdownCoolOffMs: millis.default(900_000), // before one person alone starts a halted one again
  // A fall that marks in doubt may explain stops what adds; after so long it is believed and sold.
  drawdownDoubtMs: millis.default(120_000),
  strategyDrawdownWarning: share.default(0.02), // of the system's equity
  strategyDrawdownHard: share.default(0.03),
  varLimit95OneDay: z.number().positive().max(125).default(0.02),
  historicalVarLimit95OneDay: z.number().positive().max(125).default(0.025),
  stressLossLimit: z.number().positive().max(125).default(0.15),
  historicalVarOnOrders: z.boolean().default(true), // and the stress loss
  priceCollar: share.default(0.02), // towards the other side: a buy above the mark
  passiveCollar: share.default(0.2), // away from it: a buy below the mark
  maxOpenOrders: z.number().int().positive().default(200),
  ordersPerSecond: z.number().positive().default(50),
  ordersBurst: z.number().int().positive().default(100),
  maxOrderToTrade: z.number().positive().default(1000), // messages a fill, over the UTC day
  orderToTradeFloor: z.number().int().positive().default(10), // fills assumed at least
  duplicateWindowMs: millis.default(250), // 0 takes equal orders
  markAgeMsMax: millis.min(1).default(5000),
  equityAgeMsMax: millis.min(1).default(5000),
  marginAgeMsMax: millis.min(1).default(60_000),
  marks: marks.prefault({}),
  initialMargin: z
    .strictObject({
      spot: share.default(1),
      linear: share.default(0.1),
      inverse: share.default(0.1),
    })
    .prefault({}),
  softFraction: share.default(0.8), // soft level of a limit that gives only its hard one
  limits: limits.prefault({}),
  breakers: breakers.prefault({}),
  reductionSteps: z.number().int().min(1).max(20).default(4),
  reductionIntervalMs: millis.min(10).default(5000),
  returnsFile: z.string().nullable().default(null), // history for VaR, CSV as `colin risk var`
  stressFile: z.string().nullable().default(null), // scenarios besides the built-in crises
  scenarios: z.number().int().min(100).max(10_000).default(1000),
  analysisIntervalMs: millis.min(100).default(10_000),
});

const ai = z.strictObject({
  modelDir: z.string().default('models/demo'),
  confidenceThreshold: fraction.default(0.2),
  strongConfidence: fraction.default(0.5), // from here on a signal takes liquidity
  forecastAgeShareMax: share.default(0.5), // of its horizon: an older forecast is no signal
  forecastIntervalMs: millis.default(200), // five looks within the demo model's horizon of 1 s
  signalSpacingMsMin: millis.default(1000),
  shards: z.number().int().min(1).max(16).default(1),
});

// Parameters of a strategy are its module's to check (engine/strategies/parameters.ts).
const parameters = z.record(z.string().max(48), z.union([z.number(), z.boolean(), z.string()]));

const execution = z.strictObject({
  // Short for one instance of that name on all instruments; not looked at when `strategies` are.
  strategy: z
    .enum(['signal-follower', 'imbalance-taker', 'buy-and-hold', 'none'])
    .default('signal-follower'),
  parameters: parameters.default({}), // of that one
  paperLatencyMs: z.number().min(0).default(5),
  // By asset: a decimal, spread over the venues that can use it, or decimals by venue. null: USDT,
  // and in test mode the coins that inverse contracts settle in (surroundings/deposits.ts).
  deposits: z
    .record(z.string().min(1), z.union([decimal, z.record(z.string().min(1), decimal)]))
    .nullable()
    .default(null),
});

const strategy = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'must be 1 to 48 small letters, digits and dashes')
    .refine((name) => name !== MANUAL, `'${MANUAL}' is the name of orders by hand`),
  module: z.string().min(1).max(1024), // a built-in one, or a .ts, .mts, .js or .mjs file
  account: z.string().min(1).optional(), // default: the first of compliance.accounts
  instruments: z.array(z.string().min(1)).min(1).max(4096).default(['*']), // keys or symbols
  parameters: parameters.default({}),
  isolated: z.boolean().default(true), // a file in a worker of its own
  limits: limitSet(LIMITS_OF.strategy), // short for risk.limits.strategies.NAME
});

// What every strategy is held to.
const strategyHost = z.strictObject({
  intentsPerSecond: z.number().positive().nullable().default(null), // null: risk.ordersPerSecond
  intentsBurst: z.number().int().positive().nullable().default(null), // null: risk.ordersBurst
  callMsMax: z.number().positive().max(60_000).default(50), // of a file on the engine's thread
  loadMsMax: millis.min(100).max(60_000).default(10_000),
  isolatedTimeoutMs: millis.min(50).max(60_000).default(1000), // no answer: it is ended
  isolatedMemoryMb: z.number().int().min(16).max(4096).default(128),
});

// A byte a character wherever it is written: the largest checkpoint counts on it.
const account = z
  .string()
  .regex(
    /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/,
    'must be 1 to 64 visible ASCII characters, no space, quote or backslash',
  );

const compliance = z.strictObject({
  restricted: z.array(z.string()).default([]),
  accounts: z.array(account).default(['main']),
});

const storage = z.strictObject({
  groupCommitMs: millis.max(1000).default(10),
  journalFileBytes: z
    .number()
    .int()
    .min(4096)
    .default(64 * 1024 * 1024),
  logFile: z.string().nullable().default(null), // null: colin.log in the state folder
});

const gateway = z.strictObject({
  requestsPerMinute: z.number().int().positive().default(100),
  corsOrigins: z.array(z.string()).default([]),
  metricsOpen: z.boolean().default(true),
});

const capacity = z.strictObject({
  instruments: z.number().int().min(1).max(4096).default(64), // slots, those of the start included
  levels: z.number().int().min(64).max(65536).default(8192), // of a side, at most
  bookBytesMax: z // of all books: with many instruments each has fewer levels
    .number()
    .int()
    .min(1 << 20)
    .max(1 << 30)
    .default(1 << 26),
  forecastSlots: powerOfTwo.default(1024),
  orders: z.number().int().min(16).max(16384).default(1024), // kept, living and ended together
  clientKeys: z.number().int().min(16).max(65536).default(1024), // idempotency keys kept
  // null: what the largest checkpoint of this run needs.
  journalRingBytes: powerOfTwo.nullable().default(null),
  gatewayRingBytes: powerOfTwo.nullable().default(null),
  commandRingBytes: powerOfTwo.default(1 << 18),
});

export const configSchema = z.strictObject({
  main: main.prefault({}),
  risk: risk.prefault({}),
  ai: ai.prefault({}),
  execution: execution.prefault({}),
  strategies: z.array(strategy).max(32).default([]),
  strategyHost: strategyHost.prefault({}),
  compliance: compliance.prefault({}),
  storage: storage.prefault({}),
  gateway: gateway.prefault({}),
  capacity: capacity.prefault({}),
});

export type Config = z.infer<typeof configSchema>;

/** JSON Schema of the file colin.config.json, for editors and `colin config schema`. */
export const configJsonSchema = (): unknown => z.toJSONSchema(configSchema, { io: 'input' });
