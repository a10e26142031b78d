// Owns the one typed schema of the configuration: groups, units in the names, bounds, defaults.
// Promise: what passed it is complete, in range and has no unknown key; secrets are not in it.
import { z } from 'zod';

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
  environment: z.enum(ENVIRONMENTS).default('development'),
  logLevel: z.enum(LOG_LEVELS).default('info'),
  maxPortfolioValueUsd: usd.default(10_000_000),
  defaultOrderNotionalUsd: usd.default(100_000),
  host: z.string().min(1).default('127.0.0.1'),
  apiPort: port.default(8000),
  webSocketPort: port.default(8001),
  concurrentSignalsMax: z.number().int().positive().default(100),
  signalIntervalMs: millis.min(10).default(5000),
  riskCheckTimeoutMs: millis.default(10),
  seed: z.string().min(1).default('colin'),
});

const risk = z.strictObject({
  maxPositionUsd: usd.default(100_000),
  maxOrderNotionalUsd: usd.default(100_000),
  maxOrderQuantity: z.number().positive().default(1_000_000_000),
  maxPortfolioExposure: share.default(0.2),
  maxLeverage: z.number().positive().max(125).default(3),
  drawdownWarning: share.default(0.03),
  drawdownHard: share.default(0.05),
  varLimit95OneDay: share.default(0.02),
  priceCollar: share.default(0.02),
  maxOpenOrders: z.number().int().positive().default(200),
  ordersPerSecond: z.number().positive().default(50),
  ordersBurst: z.number().int().positive().default(100),
  markAgeMsMax: millis.min(1).default(5000),
  equityAgeMsMax: millis.min(1).default(5000),
});

const ai = z.strictObject({
  modelDir: z.string().default('models/demo'),
  confidenceThreshold: fraction.default(0.2),
  strongConfidence: fraction.default(0.5), // from here on a signal takes liquidity
  forecastIntervalMs: millis.default(200), // five looks within the demo model's horizon of 1 s
  signalSpacingMsMin: millis.default(1000),
  shards: z.number().int().min(1).max(16).default(1),
});

const execution = z.strictObject({
  strategy: z.enum(['signal-follower', 'imbalance-taker']).default('signal-follower'),
  imbalanceThreshold: fraction.default(0.6),
  paperLatencyMs: z.number().min(0).default(5),
  restingOrderMsMax: millis.default(3000),
  deposits: z.record(z.string(), decimal).default({ USDT: '10000000' }),
});

const compliance = z.strictObject({
  restricted: z.array(z.string()).default([]),
  accounts: z.array(z.string()).default(['main']),
});

const storage = z.strictObject({
  groupCommitMs: millis.max(1000).default(10),
  journalFileBytes: z
    .number()
    .int()
    .min(4096)
    .default(64 * 1024 * 1024),
  logFile: z.string().default('logs/colin.log'),
});

const gateway = z.strictObject({
  requestsPerMinute: z.number().int().positive().default(100),
  corsOrigins: z.array(z.string()).default([]),
  metricsOpen: z.boolean().default(true),
});

const capacity = z.strictObject({
  instruments: z.number().int().min(1).max(4096).default(64),
  levels: z.number().int().min(64).max(65536).default(8192),
  forecastSlots: powerOfTwo.default(1024),
  journalRingBytes: powerOfTwo.default(1 << 22),
  gatewayRingBytes: powerOfTwo.default(1 << 22),
  commandRingBytes: powerOfTwo.default(1 << 18),
});

export const configSchema = z.strictObject({
  main: main.prefault({}),
  risk: risk.prefault({}),
  ai: ai.prefault({}),
  execution: execution.prefault({}),
  compliance: compliance.prefault({}),
  storage: storage.prefault({}),
  gateway: gateway.prefault({}),
  capacity: capacity.prefault({}),
});

export type Config = z.infer<typeof configSchema>;

/** JSON Schema of the file colin.config.json, for editors and `colin config schema`. */
export const configJsonSchema = (): unknown => z.toJSONSchema(configSchema, { io: 'input' });
