// Owns the shapes a client may send, strict: an unknown field is a problem, not a surprise.
// Promise: what comes out is in the engine's words; decimals stay exact text from end to end.
import { z } from 'zod';

const DECIMAL = /^\d{1,15}(?:\.\d{1,18})?$/;

/** 1e-7 is '0.0000001': the shortest decimal of a positive double, without an exponent. */
export function toPlainDecimal(value: number): string {
  const [mantissa = '0', exponent] = String(value).split('e');
  if (exponent === undefined) return mantissa;
  const [whole = '0', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return digits.padEnd(point, '0');
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

const positiveDecimal = z
  .union([z.number(), z.string()], { error: 'give a decimal: 0.25 or "0.25"' })
  .transform((value) => (typeof value === 'number' ? toPlainDecimal(value) : value))
  .refine((text) => DECIMAL.test(text) && /[1-9]/.test(text), {
    error: 'must be a plain decimal above 0, such as 0.25 or "0.25"',
  });

const oneOf = <const T extends string>(names: readonly [T, ...T[]], fold: 'lower' | 'upper') =>
  z
    .string()
    .max(32)
    .transform((text) => (fold === 'lower' ? text.toLowerCase() : text.toUpperCase()))
    .pipe(z.enum(names, { error: `must be one of ${names.join(', ')}` }));

const symbol = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9/._:-]+$/, { error: 'must look like BTC/USDT or BTCUSDT.binance-usdm' });

// As the engine keeps them with the order: engine/orders/client-keys.ts.
const METADATA_KEYS_MAX = 16;
const METADATA_BYTES_MAX = 1024;

export const newOrder = z
  .strictObject({
    symbol,
    side: oneOf(['buy', 'sell'], 'lower'),
    order_type: oneOf(['market', 'limit'], 'lower'),
    quantity: positiveDecimal,
    price: positiveDecimal.nullish(),
    time_in_force: oneOf(['GTC', 'IOC', 'FOK'], 'upper').nullish(),
    post_only: z.boolean().default(false),
    reduce_only: z.boolean().default(false),
    account: z.string().min(1).max(64).nullish(),
    metadata: z.record(z.string(), z.json()).default({}),
  })
  .superRefine((order, check) => {
    const complain = (path: string, message: string): void =>
      check.addIssue({ code: 'custom', path: [path], message });
    const hasPrice = order.price !== undefined && order.price !== null;
    if (order.order_type === 'limit' && !hasPrice) complain('price', 'a limit order needs a price');
    if (order.order_type === 'market' && hasPrice) {
      complain('price', 'a market order takes no price; leave it out or send a limit order');
    }
    if (order.order_type === 'market' && order.post_only) {
      complain('post_only', 'a market order cannot be post only');
    }
    if (order.order_type === 'market' && order.time_in_force === 'GTC') {
      complain('time_in_force', 'a market order is IOC or FOK');
    }
    if (order.post_only && order.time_in_force !== 'GTC' && order.time_in_force != null) {
      complain('time_in_force', 'a post-only order is GTC');
    }
    if (Object.keys(order.metadata).length > METADATA_KEYS_MAX) {
      complain('metadata', `at most ${METADATA_KEYS_MAX} keys`);
    }
    const bytes = Buffer.byteLength(JSON.stringify(order.metadata));
    if (bytes > METADATA_BYTES_MAX) {
      complain('metadata', `is ${bytes} bytes as JSON: at most ${METADATA_BYTES_MAX} are kept`);
    }
  });
export type NewOrder = z.output<typeof newOrder>;

export const generateSignals = z.strictObject({
  symbols: z.array(symbol).min(1).max(100),
  confidence_threshold: z.number().min(0).max(1).default(0),
  time_horizon_hours: z.number().positive().max(8760).nullish(),
});

const whole = (least: number, most: number, normal: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, { error: `must be a whole number from ${least} to ${most}` })
    .default(String(normal))
    .transform(Number)
    .pipe(z.number().min(least).max(most));

const limit = whole(1, 500, 100);
const cursor = z.string().max(64).optional();

const ORDER_STATES = [
  'open', // every state that is not final
  'closed', // every final one
  'created',
  'sent',
  'partially_filled',
  'filled',
  'cancelled',
  'rejected',
  'expired',
  'unknown',
] as const;

export const orderQuery = z.strictObject({
  state: oneOf([...ORDER_STATES], 'lower').optional(),
  symbol: symbol.optional(),
  limit,
  cursor,
});

export const signalQuery = z.strictObject({
  symbol: symbol.optional(),
  action: oneOf(['trade', 'hold'], 'lower').optional(),
  min_confidence: z.coerce.number().min(0).max(1).default(0),
  limit,
  cursor,
});

export const fillQuery = z.strictObject({
  symbol: symbol.optional(),
  order_id: z.string().max(64).optional(),
  limit,
  cursor,
});
