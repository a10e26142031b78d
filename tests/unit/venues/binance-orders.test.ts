// Owns the tests of Binance order entry: what is sent, byte by byte, and how answers are read.
// Promise: signatures are checked by an HMAC computed here, from the query sorted here.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { Placement } from '../../../engine/core/decision.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import type { OrderIntent } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { createOrder } from '../../../engine/orders/order-state.ts';
import { inferInstrument } from '../../../engine/venues/binance/catalogue.ts';
import {
  decodeOrderMessage,
  encodeCancel,
  encodePlace,
} from '../../../engine/venues/binance/orders.ts';
import { SPOT } from '../../market-fixture.ts';
import { at, intentOf } from '../../trading-fixture.ts';

const [BTC] = listInstruments([inferInstrument('binance-usdm', 'BTCUSDT', 2, 3)]) as [Instrument];
const CREDENTIALS = { apiKey: 'key-of-the-account', secret: 'never shown' };
const ID = 'c0001x00000007';
const TIME_MS = 1_723_161_256_000;

interface Request {
  readonly id: string;
  readonly method: string;
  readonly params: Readonly<Record<string, string | number>>;
}

const btc = (parts: Partial<OrderIntent> = {}): OrderIntent =>
  intentOf({ instrument: BTC, qty: asQty(25), price: asPrice(6_000_010), ...parts });

function place(intent: OrderIntent): Request {
  const limitPrice = intent.price ?? asPrice(6_120_000);
  const placement = { id: ID, intent, limitPrice } as Placement; // branded by execution/place.ts
  return JSON.parse(encodePlace(placement, CREDENTIALS, TIME_MS)) as Request;
}

/** The documented way: all parameters but the signature, sorted by name, as name=value&... */
function signatureOf({ params }: Request): string {
  const names = Object.keys(params).filter((name) => name !== 'signature');
  const query = names.sort().map((name) => `${name}=${params[name]}`);
  return createHmac('sha256', CREDENTIALS.secret).update(query.join('&')).digest('hex');
}

test('binance-orders: a limit order has exact decimals and a signed query', () => {
  const request = place(btc({ timeInForce: 'IOC' }));
  const { signature, ...params } = request.params;
  assert.deepEqual(params, {
    apiKey: CREDENTIALS.apiKey,
    newClientOrderId: ID,
    price: '60000.1',
    quantity: '0.025',
    side: 'BUY',
    symbol: 'BTCUSDT',
    timeInForce: 'IOC',
    timestamp: TIME_MS,
    type: 'LIMIT',
  });
  assert.deepEqual([request.id, request.method], [`p${ID}`, 'order.place']);
  assert.equal(signature, signatureOf(request));
});

test('binance-orders: every kind of order is signed over the sorted query', () => {
  const spot = { instrument: SPOT, qty: asQty(2_500_000), price: asPrice(6_000_000_000_000) };
  const intents = [
    btc({ type: 'market', price: null, timeInForce: 'IOC', reduceOnly: true }),
    btc({ postOnly: true, reduceOnly: true, side: 'sell' }),
    btc({ ...spot, postOnly: true }),
    btc({ ...spot, timeInForce: 'FOK' }),
  ];
  for (const intent of intents) {
    const request = place(intent);
    assert.equal(request.params.signature, signatureOf(request));
    assert.deepEqual(Object.keys(request.params).slice(0, -1).sort(), [
      ...Object.keys(request.params).slice(0, -1),
    ]);
  }
});

test('binance-orders: the secret is nowhere in what is sent', () => {
  const placement = { id: ID, intent: btc(), limitPrice: asPrice(6_000_010) } as Placement;
  assert.doesNotMatch(encodePlace(placement, CREDENTIALS, TIME_MS), /never shown/);
});

test('binance-orders: a market order leaves as an immediate limit at its collar (F7)', () => {
  const { params } = place(btc({ type: 'market', price: null, timeInForce: 'IOC' }));
  assert.deepEqual(
    [params.type, params.price, params.timeInForce],
    ['LIMIT', '61200', 'IOC'], // 2 % beyond 60,000
  );
});

test('binance-orders: post-only is GTX on futures and LIMIT_MAKER on spot', () => {
  const futures = place(btc({ postOnly: true })).params;
  assert.deepEqual([futures.type, futures.timeInForce], ['LIMIT', 'GTX']);
  const spot = place(btc({ instrument: SPOT, postOnly: true })).params;
  assert.deepEqual([spot.type, spot.timeInForce], ['LIMIT_MAKER', undefined]);
});

test('binance-orders: reduce-only is said on futures and left out on spot, which has none', () => {
  assert.equal(place(btc({ reduceOnly: true })).params.reduceOnly, 'true');
  assert.equal(place(btc({ instrument: SPOT, reduceOnly: true })).params.reduceOnly, undefined);
});

test('binance-orders: a cancel names our own id and is signed', () => {
  const order = createOrder(btc(), {
    id: ID,
    limitPrice: asPrice(6_000_010),
    arrivalMid: 60_000,
    nowUs: at(0),
  });
  const request = JSON.parse(encodeCancel(order, CREDENTIALS, TIME_MS)) as Request;
  const { signature, ...params } = request.params;
  assert.deepEqual([request.id, request.method], [`x${ID}`, 'order.cancel']);
  assert.deepEqual(params, {
    apiKey: CREDENTIALS.apiKey,
    origClientOrderId: ID,
    symbol: 'BTCUSDT',
    timestamp: TIME_MS,
  });
  assert.equal(signature, signatureOf(request));
});

// ---- What comes back ------------------------------------------------------------------------

const scalesOf = ({ priceScale, qtyScale }: Instrument) => ({ price: priceScale, qty: qtyScale });
const read = (text: string) =>
  decodeOrderMessage(Buffer.from(text), at(3), (id) => (id === ID ? scalesOf(BTC) : null));
const answer = (parts: object) => read(JSON.stringify({ id: `p${ID}`, ...parts }));
const refused = (code: unknown) => answer({ status: 400, error: { code, msg: 'because' } });

test('binance-orders: 200 is accepted, and ended too when the order is over already', () => {
  assert.deepEqual(answer({ status: 200, result: { status: 'NEW' } }), [
    { kind: 'accepted', orderId: ID, timeUs: at(3) },
  ]);
  const [accepted, ended] = answer({ status: 200, result: { status: 'EXPIRED' } });
  assert.equal(accepted?.kind, 'accepted');
  assert.ok(ended?.kind === 'ended');
  assert.equal(ended.state, 'expired');
});

test('binance-orders: -2010 is rejected, with the words of the venue', () => {
  assert.deepEqual(refused(-2010), [
    { kind: 'ended', orderId: ID, state: 'rejected', reason: 'because (-2010)', timeUs: at(3) },
  ]);
});

test('binance-orders: where the venue itself does not know, the order is unclear', () => {
  for (const code of [-1006, -1007]) assert.equal(refused(code)[0]?.kind, 'unclear', `${code}`);
});

test('binance-orders: a 5xx answer is unclear whatever it says (the status is unknown)', () => {
  const text = { status: 503, error: { code: -1000, msg: 'Unknown error' } };
  assert.equal(answer(text)[0]?.kind, 'unclear');
});

test('binance-orders: an answer without a code that is a number is unclear, never failed', () => {
  for (const code of [undefined, null, '', 'x', [], {}, true]) {
    assert.equal(refused(code)[0]?.kind, 'unclear', JSON.stringify(code));
  }
  assert.equal(answer({})[0]?.kind, 'unclear');
  assert.equal(answer({ status: 400, error: 'no' })[0]?.kind, 'unclear');
  assert.equal(answer({ status: 400, error: null })[0]?.kind, 'unclear');
});

test('binance-orders: what is no message at all reports nothing and throws nothing', () => {
  for (const text of [
    '',
    '{',
    'null',
    '7',
    '"p1"',
    '[]',
    '{"id":7}',
    '{"e":"x"}',
    '\u0000\u00ff',
  ]) {
    assert.deepEqual(read(text), [], text);
  }
});

test('binance-orders: the answer to a cancel reports nothing: the stream tells the end', () => {
  assert.deepEqual(read(`{"id":"x${ID}","status":200,"result":{"status":"CANCELED"}}`), []);
  const text = `{"id":"x${ID}","status":400,"error":{"code":-2011,"msg":"Unknown order sent."}}`;
  assert.deepEqual(read(text), []);
});

const UPDATE = { c: ID, x: 'TRADE', X: 'FILLED', L: '60000.10', l: '0.025', t: 991, m: false };
const update = (o: object) =>
  read(JSON.stringify({ e: 'ORDER_TRADE_UPDATE', o: { ...UPDATE, ...o } }));

test('binance-orders: a trade of the user stream is a fill in steps', () => {
  assert.deepEqual(update({}), [
    {
      kind: 'fill',
      orderId: ID,
      fillId: '991',
      price: 6_000_010,
      qty: 25,
      liquidity: 'taker',
      fee: null,
      timeUs: at(3),
    },
  ]);
  const [fill] = update({ m: true });
  assert.equal(fill?.kind === 'fill' && fill.liquidity, 'maker');
});

test('binance-orders: a fee is told as charged, in whatever asset, or not at all', () => {
  const feeOf = (o: object): unknown => {
    const [fill] = update(o);
    return fill?.kind === 'fill' ? fill.fee : 'no fill';
  };
  assert.deepEqual(feeOf({ n: '0.00001234', N: 'BNB' }), { asset: 'BNB', amount: '0.00001234' });
  assert.deepEqual(feeOf({ n: '-0.5', N: 'USDT' }), { asset: 'USDT', amount: '-0.5' }); // a rebate
  for (const o of [{ n: '0', N: null }, { n: 'x', N: 'BNB' }, { N: 'BNB' }]) {
    assert.equal(feeOf(o), null);
  }
});

test('binance-orders: an update of an order that is not ours reports nothing', () => {
  assert.deepEqual(update({ c: 'web_somebody' }), []);
});

test('binance-orders: a fill finer than the instrument is unclear, not rounded', () => {
  const [report] = update({ l: '0.0255' });
  assert.ok(report?.kind === 'unclear');
  assert.match(report.reason, /fill 991 unreadable/);
  assert.equal(update({ L: undefined })[0]?.kind, 'unclear');
});

test('binance-orders: NEW, CANCELED and EXPIRED of the stream move the order', () => {
  const kinds = [
    update({ x: 'NEW', X: 'NEW' }),
    update({ x: 'CANCELED', X: 'CANCELED' }),
    update({ x: 'EXPIRED', X: 'EXPIRED' }),
    update({ x: 'EXPIRED', X: 'EXPIRED_IN_MATCH' }),
    update({ x: 'AMENDMENT', X: 'NEW' }),
  ].map(([report]) => (report?.kind === 'ended' ? report.state : (report?.kind ?? 'nothing')));
  assert.deepEqual(kinds, ['accepted', 'cancelled', 'expired', 'expired', 'nothing']);
});

test('binance-orders: an update whose parts are not there reports nothing', () => {
  assert.deepEqual(read('{"e":"ORDER_TRADE_UPDATE"}'), []);
  assert.deepEqual(read('{"e":"ORDER_TRADE_UPDATE","o":null}'), []);
});
