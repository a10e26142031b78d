// Owns the binary form of bus frames: colin.fbs, encoded and decoded without generated code.
// Promise: what was encoded decodes to the same frame; foreign bytes give a reason, never a throw.
import { Builder } from 'flatbuffers';
import { assert } from '../core/assert.ts';
import type {
  BusChannel,
  BusFrame,
  FillFrame,
  MarketFrame,
  MetricsFrame,
  OrderFrame,
  PortfolioFrame,
  PositionFrame,
  SignalFrame,
  TradingStateFrame,
} from './frame.ts';
import {
  type Fields,
  type FieldsOf,
  fieldAt,
  follow,
  MalformedError,
  openSource,
  readCount,
  readName,
  readTable,
  type Source,
  writeTable,
} from './table.ts';

const IDENTIFIER = 'COL1';
const CHANNELS = ['signals', 'orders', 'portfolio', 'metrics', 'market'] as const;
const SIDES = { names: ['buy', 'sell'] } as const;
const TRADING_STATES = { names: ['active', 'reducing', 'halted'] } as const;

const SIGNAL: FieldsOf<SignalFrame> = {
  id: 'ulong',
  symbol: 'text',
  venue: 'text',
  direction: { names: ['up', 'down', 'flat'] },
  probability: 'double',
  confidence: 'double',
  strength: 'double',
  horizon_seconds: 'double',
  horizon_hours: 'double',
  model: 'text',
  mid: 'double',
  action: { names: ['trade', 'hold'] },
  created_at: 'time',
};

const ORDER: FieldsOf<OrderFrame> = {
  id: 'text',
  symbol: 'text',
  venue: 'text',
  side: SIDES,
  order_type: { names: ['market', 'limit'] },
  quantity: 'text',
  price: 'text?',
  time_in_force: { names: ['GTC', 'IOC', 'FOK'] },
  post_only: 'bool',
  reduce_only: 'bool',
  status: {
    names: [
      'created',
      'sent',
      'open',
      'partially_filled',
      'filled',
      'cancelled',
      'rejected',
      'expired',
      'unknown',
    ],
  },
  filled_quantity: 'text',
  average_price: 'text?',
  reason: 'text',
  account: 'text',
  strategy: 'text',
  origin: { names: ['signal', 'api', 'book', 'risk', 'strategy', 'external'] },
  signal_id: 'ulong?',
  arrival_mid: 'double',
  created_at: 'time',
  updated_at: 'time',
  parent_id: 'text?',
};

const FILL: FieldsOf<FillFrame> = {
  id: 'text',
  order_id: 'text',
  symbol: 'text',
  venue: 'text',
  side: SIDES,
  price: 'text',
  quantity: 'text',
  fee: 'text',
  fee_asset: 'text',
  realised_pnl: 'text',
  liquidity: { names: ['maker', 'taker'] },
  created_at: 'time',
  account: 'text',
  strategy: 'text',
};

const POSITION: FieldsOf<PositionFrame> = {
  symbol: 'text',
  venue: 'text',
  quantity: 'text',
  entry_price: 'text',
  mark_price: 'double',
  notional: 'double',
  unrealised_pnl: 'double',
  realised_pnl: 'double',
};

const PORTFOLIO: FieldsOf<PortfolioFrame> = {
  as_of: 'time',
  base_currency: 'text',
  equity: 'text',
  start_equity: 'text',
  pnl: 'text',
  cash: { entries: { name: 'text', value: 'text' } },
  gross_exposure: 'double',
  net_exposure: 'double',
  exposure_fraction: 'double?',
  drawdown: 'double',
  value_at_risk: 'double',
  trading_state: TRADING_STATES,
  open_orders: 'ulong',
  positions: { rows: POSITION },
  equity_as_of: 'time',
  unpriced: 'texts',
  accounts: { rows: { account: 'text', equity: 'text' } },
  balances: { rows: { account: 'text', venue: 'text', asset: 'text', balance: 'text' } },
  strategies: {
    rows: {
      name: 'text',
      state: 'text?',
      profit: 'text',
      positions: 'ulong',
      module: 'text',
      reason: 'text',
      by: 'text',
      changed_at: 'time',
    },
  },
};

const METRICS: FieldsOf<MetricsFrame> = {
  stages: {
    rows: {
      stage: 'text',
      count: 'ulong',
      p50_us: 'double',
      p99_us: 'double',
      p999_us: 'double',
      max_us: 'double',
    },
  },
  counters: { entries: { name: 'text', value: 'double' } },
  rates: {
    table: {
      frames_per_second: 'double',
      signals_per_second: 'double',
      orders_per_second: 'double',
    },
  },
  rss_mb: 'double',
  uptime_seconds: 'double',
  lost_records: 'ulong',
  is_healed: 'bool',
};

const MARKET: FieldsOf<MarketFrame> = {
  symbol: 'text',
  venue: 'text',
  bid: 'text',
  ask: 'text',
  mid: 'double',
  spread_bps: 'double',
  imbalance: 'double',
  ready: 'bool',
  received_at: 'time',
};

const MARKETS: FieldsOf<{ markets: readonly MarketFrame[] }> = { markets: { rows: MARKET } };

const TRADING_STATE: FieldsOf<TradingStateFrame> = {
  state: TRADING_STATES,
  reason: 'text',
  by: 'text',
};

// In the order of the union in the schema, where 0 stands for no body.
const BODIES: readonly { readonly type: BusFrame['type']; readonly fields: Fields }[] = [
  { type: 'signal', fields: SIGNAL },
  { type: 'order', fields: ORDER },
  { type: 'fill', fields: FILL },
  { type: 'portfolio', fields: PORTFOLIO },
  { type: 'metrics', fields: METRICS },
  { type: 'markets', fields: MARKETS },
  { type: 'trading_state', fields: TRADING_STATE },
];

// Slots of Envelope: a union takes two, its type and its value.
const [CHANNEL, SEQUENCE, TIME_US, BODY_TYPE, BODY] = [0, 1, 2, 3, 4];
const ENVELOPE_SLOTS = 5;

let builder: Builder | null = null; // kept between frames, so that its buffer is grown once

/** One frame as an Envelope of colin.fbs. The bytes are the caller's own. */
export function encodeFrame(frame: BusFrame): Uint8Array {
  builder ??= new Builder(4096);
  builder.clear();
  const place = BODIES.findIndex(({ type }) => type === frame.type);
  const body = BODIES[place];
  assert(body !== undefined, `no table for a frame of type ${frame.type}`);
  const data = frame.type === 'markets' ? { markets: frame.data } : frame.data;
  const end = writeTable(builder, body.fields, data as Readonly<Record<string, unknown>>);
  builder.startObject(ENVELOPE_SLOTS);
  builder.addFieldInt8(CHANNEL, CHANNELS.indexOf(frame.channel), 0);
  builder.addFieldInt64(SEQUENCE, BigInt(frame.sequence), 0n);
  builder.addFieldInt64(TIME_US, BigInt(Math.floor(frame.time_us)), 0n);
  builder.addFieldInt8(BODY_TYPE, place + 1, 0);
  builder.addFieldOffset(BODY, end, 0);
  builder.finish(builder.endObject(), IDENTIFIER);
  return builder.asUint8Array().slice();
}

export type DecodedFrame =
  | { readonly kind: 'frame'; readonly frame: BusFrame }
  | { readonly kind: 'malformed'; readonly reason: string };

/** Reads one frame. Fields added by a later version are ignored; a body added later is refused. */
export function decodeFrame(bytes: Uint8Array): DecodedFrame {
  try {
    return { kind: 'frame', frame: readEnvelope(openSource(bytes)) };
  } catch (error) {
    if (error instanceof MalformedError) return { kind: 'malformed', reason: error.message };
    // A read beyond the bytes, or a text that is not UTF-8.
    if (error instanceof RangeError || error instanceof TypeError) {
      return {
        kind: 'malformed',
        reason: `the bytes end too early or are changed: ${error.message}`,
      };
    }
    throw error;
  }
}

function readEnvelope(source: Source): BusFrame {
  const identifier = String.fromCharCode(...source.bytes.subarray(4, 8));
  if (identifier !== IDENTIFIER) throw new MalformedError(`no ${IDENTIFIER} frame`);
  const table = follow(source, 0);
  const place = fieldAt(source, table, BODY_TYPE);
  const number = place === 0 ? 0 : source.view.getUint8(place);
  const body = BODIES[number - 1];
  const at = fieldAt(source, table, BODY);
  if (body === undefined || at === 0)
    throw new MalformedError(`no body of kind ${number} is known`);
  const data = readTable(source, body.fields, follow(source, at));
  const channel = readName(source, fieldAt(source, table, CHANNEL), CHANNELS) as BusChannel;
  const sequence = readCount(source, fieldAt(source, table, SEQUENCE));
  const time_us = readCount(source, fieldAt(source, table, TIME_US));
  const payload = body.type === 'markets' ? data.markets : data;
  // The fields lists were checked against the frames' types when they were compiled.
  return { type: body.type, data: payload, channel, sequence, time_us } as BusFrame;
}
