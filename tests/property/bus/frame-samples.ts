// Owns invented bus frames for the codec's tests.
// Promise: every field of every kind of frame takes all sorts of values.
import fc from 'fast-check';
import type { BusFrame } from '../../../engine/bus/frame.ts';

// -0 and 0 are the same default to FlatBuffers; what is not finite has no JSON to compare with.
const real = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => (value === 0 ? 0 : value));
const count = fc.maxSafeNat();
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const time = fc.option(fc.integer({ min: 1, max: 4_000_000_000_000_000 }), { nil: 0 }).map((us) => {
  if (us === 0) return '';
  const seconds = new Date(Math.floor(us / 1e6) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(us % 1e6).padStart(6, '0')}Z`;
});
const named = <V>(value: fc.Arbitrary<V>) =>
  fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), value, {
    maxKeys: 4,
    noNullPrototype: true,
  });
const side = fc.constantFrom('buy', 'sell');
const state = fc.constantFrom('active', 'reducing', 'halted');
const place = { symbol: text, venue: text };

const signal = fc.record({
  id: count,
  ...place,
  direction: fc.constantFrom('up', 'down', 'flat'),
  probability: real,
  confidence: real,
  strength: real,
  horizon_seconds: real,
  horizon_hours: real,
  model: text,
  mid: real,
  action: fc.constantFrom('trade', 'hold'),
  created_at: time,
});

const order = fc.record({
  id: text,
  ...place,
  side,
  order_type: fc.constantFrom('market', 'limit'),
  quantity: text,
  price: fc.option(text),
  time_in_force: fc.constantFrom('GTC', 'IOC', 'FOK'),
  post_only: fc.boolean(),
  reduce_only: fc.boolean(),
  status: fc.constantFrom(
    ...['created', 'sent', 'open', 'partially_filled', 'filled'],
    ...['cancelled', 'rejected', 'expired', 'unknown'],
  ),
  filled_quantity: text,
  average_price: fc.option(text),
  reason: text,
  account: text,
  strategy: text,
  origin: fc.constantFrom('signal', 'api', 'book', 'risk', 'strategy', 'external'),
  signal_id: fc.option(count),
  arrival_mid: real,
  created_at: time,
  updated_at: time,
  parent_id: fc.option(text),
});

const fill = fc.record({
  id: text,
  order_id: text,
  ...place,
  side,
  price: text,
  quantity: text,
  fee: text,
  fee_asset: text,
  realised_pnl: text,
  liquidity: fc.constantFrom('maker', 'taker'),
  created_at: time,
  account: text,
  strategy: text,
});

const position = fc.record({
  ...place,
  quantity: text,
  entry_price: text,
  mark_price: real,
  notional: real,
  unrealised_pnl: real,
  realised_pnl: real,
});

const strategy = fc.record({
  name: text,
  state: fc.option(fc.constantFrom('running', 'stopped', 'failed')),
  profit: text,
  positions: count,
  module: text,
  reason: text,
  by: text,
  changed_at: time,
});

const portfolio = fc.record({
  as_of: time,
  base_currency: text,
  equity: text,
  start_equity: text,
  pnl: text,
  cash: named(text),
  gross_exposure: real,
  net_exposure: real,
  exposure_fraction: fc.option(real),
  drawdown: real,
  value_at_risk: real,
  trading_state: state,
  open_orders: count,
  positions: fc.array(position, { maxLength: 3 }),
  equity_as_of: time,
  unpriced: fc.array(text, { maxLength: 3 }),
  accounts: fc.array(fc.record({ account: text, equity: text }), { maxLength: 3 }),
  balances: fc.array(fc.record({ account: text, venue: text, asset: text, balance: text }), {
    maxLength: 3,
  }),
  strategies: fc.array(strategy, { maxLength: 3 }),
});

const metrics = fc.record({
  stages: fc.array(
    fc.record({
      stage: text,
      count,
      p50_us: real,
      p99_us: real,
      p999_us: real,
      max_us: real,
    }),
    { maxLength: 3 },
  ),
  counters: named(real),
  rates: fc.record({ frames_per_second: real, signals_per_second: real, orders_per_second: real }),
  rss_mb: real,
  uptime_seconds: real,
  lost_records: count,
  is_healed: fc.boolean(),
});

const market = fc.record({
  ...place,
  bid: text,
  ask: text,
  mid: real,
  spread_bps: real,
  imbalance: real,
  ready: fc.boolean(),
  received_at: time,
});

const body = fc.oneof(
  fc.record({ type: fc.constant('signal'), data: signal }),
  fc.record({ type: fc.constant('order'), data: order }),
  fc.record({ type: fc.constant('fill'), data: fill }),
  fc.record({ type: fc.constant('portfolio'), data: portfolio }),
  fc.record({ type: fc.constant('metrics'), data: metrics }),
  fc.record({ type: fc.constant('markets'), data: fc.array(market, { maxLength: 3 }) }),
  fc.record({
    type: fc.constant('trading_state'),
    data: fc.record({ state, reason: text, by: text }),
  }),
);

export const frames: fc.Arbitrary<BusFrame> = fc
  .record({
    body,
    channel: fc.constantFrom('signals', 'orders', 'portfolio', 'metrics', 'market'),
    sequence: count,
    time_us: count,
  })
  // A clone has ordinary prototypes, as decoded frames have.
  .map(({ body: { type, data }, ...rest }) => structuredClone({ type, data, ...rest }) as BusFrame);
