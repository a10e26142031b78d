// Owns the instruments over REST: which are traded, adding one to the run, retiring one.
// Promise: an answer comes when all rooms have it; what does not fit is refused with every reason.
import { z } from 'zod';
import { replyOf } from '../outcome.ts';
import { json } from '../reply.ts';
import { defineRoute, type Route } from '../route.ts';
import { instrumentsView } from '../view.ts';

// As engine/core/instrument.ts takes them: the symbol in capitals or not.
const symbol = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,31}$/, {
  error: 'must be 1 to 32 letters, digits, or . _ : -, like BTCUSDT',
});
const venue = z.string().regex(/^[a-z0-9][a-z0-9-]{0,30}$/, {
  error: 'must be 1 to 31 small letters, digits or dashes, like binance-spot',
});
const asset = z.string().regex(/^[A-Z0-9][A-Z0-9._-]{0,31}$/, {
  error: 'must be 1 to 32 capitals, digits, or . _ -, like USDT',
});
const decimal = z
  .string()
  .max(32)
  .regex(/^\d+(\.\d{1,12})?$/, { error: 'must be a plain decimal' });
const scale = z.number().int().min(0).max(12);
const fee = z.number().min(-0.1).max(0.1);
const reason = z.string().trim().min(1, { error: 'say why, for the journal' }).max(200);

const rules = z.strictObject({
  min_notional: z.number().min(0),
  min_quantity: decimal,
  max_quantity: decimal.nullish(),
  max_market_quantity: decimal.nullish(),
  market_lot: decimal,
  price_band: z.strictObject({ low: z.number(), high: z.number() }).nullish(),
  fee_in: z.enum(['received', 'quote', 'settle']),
  maintenance_margin: z.number().min(0).max(1),
});

const terms = z.strictObject({
  kind: z.enum(['spot', 'linear', 'inverse']),
  base: asset,
  quote: asset,
  settle: asset,
  price_scale: scale,
  quantity_scale: scale,
  tick: decimal,
  lot: decimal,
  multiplier: z.number().positive(),
  maker_fee: fee,
  taker_fee: fee,
  rules,
});

const addition = z.strictObject({
  symbol,
  venue,
  terms: terms.nullish(), // left out: as the venue's catalogue knows them
  reason,
});
const retirement = z.strictObject({ reason: reason.default('asked for over REST') });

function termsOf(given: z.infer<typeof terms>) {
  const { price_scale, quantity_scale, maker_fee, taker_fee, rules: asked, ...rest } = given;
  return {
    ...rest,
    priceScale: price_scale,
    qtyScale: quantity_scale,
    makerFee: maker_fee,
    takerFee: taker_fee,
    rules: {
      minNotional: asked.min_notional,
      minQty: asked.min_quantity,
      maxQty: asked.max_quantity ?? null,
      maxMarketQty: asked.max_market_quantity ?? null,
      marketLot: asked.market_lot,
      priceBand: asked.price_band ?? null,
      feeIn: asked.fee_in,
      maintenanceMargin: asked.maintenance_margin,
    },
  };
}

const list = defineRoute({
  method: 'GET',
  path: '/api/v2/instruments',
  access: 'read',
  summary: 'Every instrument that is traded now',
  replies: { 200: 'The instruments, each in the words of the `terms` that add one' },
  answer: ({ context }) => json(200, { instruments: instrumentsView(context.replica.slices) }),
});

const add = defineRoute({
  method: 'POST',
  path: '/api/v2/instruments',
  access: 'trade',
  summary: 'Add an instrument to the run, until its end; it trades once its book is in sequence',
  body: addition,
  replies: {
    201: 'It is there; how many slots there are, and how many are used',
    400: 'Fields that are not valid, or terms that nobody knows',
    422: 'It does not fit: no free slot, traded already, no price, no such venue',
  },
  async answer({ context, who, body }) {
    const { reason: why } = body;
    const given = body.terms ?? null;
    const outcome = await context.commands.ask({
      kind: 'instrument',
      change: 'added',
      symbol: body.symbol,
      venue: body.venue,
      terms: given === null ? null : termsOf(given),
      reason: why,
      by: who.name,
    });
    const instrument = `${body.symbol.toUpperCase()}.${body.venue}`;
    return replyOf(outcome, 'instrument', ({ slots, used }) =>
      json(201, { instrument, slots, used }),
    );
  },
});

const retire = defineRoute({
  method: 'DELETE',
  path: '/api/v2/instruments/{key}',
  access: 'trade',
  summary: 'Retire an instrument that nobody holds; its slot is free for another',
  body: retirement,
  isBodyOptional: true,
  replies: {
    200: 'It is gone; how many slots there are, and how many are used',
    404: 'It is not traded',
    422: 'Somebody holds some of it, an order of it is open, or it prices what is held',
  },
  async answer({ context, params, who, body }) {
    const key = params.key ?? '';
    const wish = { change: 'retired', key, reason: body.reason, by: who.name } as const;
    const outcome = await context.commands.ask({ kind: 'instrument', ...wish });
    return replyOf(outcome, 'instrument', ({ slots, used }) =>
      json(200, { instrument: key, slots, used }),
    );
  },
});

export const instrumentRoutes: readonly Route[] = [list, add, retire];
