// Owns one fact of each kind that people look for in tables and in the words of an audit.
// Promise: plain values; the same in every test, so that what is found can be told.
import type { FactOf } from '../../../engine/facts/fact.ts';
import { order } from './journal-fixture.ts';

const instrument = 'BTCUSDT.binance-usdm';
const venue = 'binance-usdm';
const orderId = order(4, 'open').id;
const owner = { account: 'main', strategy: 'manual' } as const;
const at = { account: 'main', venue } as const;

export const deposit: FactOf<'money'> = {
  kind: 'money',
  id: 'd1',
  movement: 'deposit',
  postings: [
    { ...at, book: 'balance', asset: 'USDT', amount: '1000' },
    { ...at, book: 'capital', asset: 'USDT', amount: '-1000' },
  ],
  instrument: null,
  by: 'anna',
  reason: 'opening',
  value: 1000,
};

export const capitalValued: FactOf<'capital_valued'> = {
  kind: 'capital_valued',
  id: 'd1',
  value: 998.5,
};

const held = {
  instrument,
  cost: '30900.1',
  entryPrice: '61800.2',
  realised: '0',
  fees: '1.25',
  funding: '0',
};

export const fill: FactOf<'fill'> = {
  kind: 'fill',
  fill: {
    id: 'v"1,2',
    number: 3,
    orderId,
    ...owner,
    instrument,
    side: 'buy',
    price: '61800.2',
    qty: '0.5',
    fee: '0.002',
    feeAsset: 'BNB',
    realised: '0',
    liquidity: 'taker',
  },
  postings: [
    { ...at, book: 'balance', asset: 'BNB', amount: '-0.002' },
    { ...at, book: 'fees', asset: 'BNB', amount: '0.002' },
  ],
  position: { ...held, account: 'main', strategy: null, qty: '0.7' },
  holding: { ...held, ...owner, qty: '0.5' },
};

export const signal: FactOf<'signal'> = {
  kind: 'signal',
  id: 4,
  instrument,
  direction: 'up',
  probability: 0.613,
  confidence: 0.226,
  strength: 0.2,
  horizonUs: 1e6,
  model: 'demo-1',
  bookSequence: 77,
  mid: 61800.25,
  action: 'trade',
};

export const verdict: FactOf<'verdict'> = {
  kind: 'verdict',
  amends: false,
  orderId,
  ...owner,
  parentId: null,
  instrument,
  side: 'buy',
  type: 'limit',
  qty: '0.5',
  price: '61800.2',
  timeInForce: 'GTC',
  postOnly: false,
  reduceOnly: false,
  origin: { kind: 'signal', signalId: 4 },
  client: { key: 'anna/k-1', bodyHash: 'ab' },
  metadata: null,
  bookSequence: 77,
  approved: false,
  by: 'risk',
  breaches: [{ limit: 'position', scope: `instrument:${instrument}`, asked: 2, allowed: 1 }],
  warnings: [{ limit: 'gross', scope: 'system', asked: 90, allowed: 80 }],
  notional: 30900.1,
  varAfter: 512.345,
  historicalVarAfter: 13,
  stressAfter: 14,
};

export const request: FactOf<'request'> = {
  kind: 'request',
  orderId,
  request: 'cancel',
  state: 'sent',
  attempt: 1,
  by: 'anna',
  reason: 'too far away',
  change: null,
};

export const strategy: FactOf<'strategy'> = {
  kind: 'strategy',
  name: 'mine',
  state: 'failed',
  module: './mine.ts',
  moduleHash: 'ab',
  reason: 'onBook threw: x is not a function',
  by: 'host',
};

export const refusals: FactOf<'refusals'> = {
  kind: 'refusals',
  strategy: 'mine',
  instrument,
  limits: ['trading_halted'],
  count: 40,
  fromUs: 1_700_000_000_000_000,
  toUs: 1_700_000_004_000_000,
};

export const instrumentAdded: FactOf<'instrument'> = {
  kind: 'instrument',
  change: 'added',
  instrument: {
    ...{ key: instrument, symbol: 'BTC/USDT', venue, kind: 'linear', base: 'BTC', quote: 'USDT' },
    ...{ settle: 'USDT', priceScale: 1, qtyScale: 3, tick: '0.1', lot: '0.001', multiplier: 1 },
    ...{ makerFee: 0.0002, takerFee: 0.0005 },
    rules: {
      ...{ minNotional: 5, minQty: '0.001', maxQty: '1000', maxMarketQty: '120' },
      ...{ marketLot: '0.001', priceBand: { low: 0.95, high: 1.05 } },
      ...{ feeIn: 'settle', maintenanceMargin: 0.004 },
    },
  },
  by: 'configuration',
};
