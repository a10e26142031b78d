// Owns the tests of the Binance decoder on frames as the three venues print them.
// Promise: every problem kind is met once, and no cut frame ever becomes an event.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asQty } from '../../../engine/core/units.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { inferInstrument } from '../../../engine/venues/binance/catalogue.ts';
import { isDecodeProblem } from '../../../engine/venues/binance/decode.ts';
import { BATCH_LEVELS_MAX } from '../../../wasm/layout.ts';
import {
  COINM,
  createDesk,
  type Desk,
  SPOT,
  SPOT_ONLY,
  snapshotText,
  spotDepth,
  tickerText,
  tradeText,
  USDM,
  USDM_ONLY,
  usdmDepth,
} from '../../market-fixture.ts';

const desk = createDesk([SPOT, USDM, COINM]);

const batchOf = ({ buffer, plan }: Desk, rows: number): number[] => [
  ...new Float64Array(buffer, plan.batch, rows * 2),
];

test('decode: a USD-M diff gives ids, times and levels in steps, bids first', () => {
  const frame = usdmDepth(11, 15, 9, [['61800.20', '0.014']], [['61800.30', '0.000']]);
  const event = desk.decode(frame, USDM, 1723161255030314);
  assert.equal(event.kind, 'depth');
  assert.deepEqual(event, {
    kind: 'depth',
    instrument: USDM,
    firstId: 11,
    lastId: 15,
    previousId: 9,
    bidCount: 1,
    askCount: 1,
    eventUs: 1723161256299000,
    receiveUs: 1723161255030314,
    tickNs: 7,
  });
  assert.deepEqual(batchOf(desk, 2), [6180020, 14, 6180030, 0]);
});

test('decode: a spot diff has no predecessor and eight decimals', () => {
  const frame = spotDepth(4, 6, [['61737.63000000', '0.00000001']], []);
  const event = desk.decode(frame, SPOT);
  assert.equal(event.kind, 'depth');
  assert.equal(event.kind === 'depth' && event.previousId, -1);
  assert.deepEqual(batchOf(desk, 1), [6173763000000, 1]);
});

test('decode: a COIN-M diff with its pair decodes in contracts', () => {
  const frame =
    '{"stream":"btcusd_perp@depth@0ms","data":{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSD_PERP",' +
    '"ps":"BTCUSD","U":3,"u":5,"pu":2,"b":[["61773.6","1001"]],"a":[["61801.4","0"]]}}';
  const event = desk.decode(frame, COINM);
  assert.equal(event.kind === 'depth' && event.instrument, COINM);
  assert.deepEqual(batchOf(desk, 2), [617736, 1001, 618014, 0]);
});

test('decode: a spot book ticker without an event name is a quote', () => {
  const frame =
    '{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000",' +
    '"a":"61837.64000000","A":"1.54698000"}';
  const event = desk.decode(frame, SPOT, 5);
  assert.deepEqual(event, {
    kind: 'quote',
    instrument: SPOT,
    updateId: 50093239212,
    bid: 6183763000000,
    bidQty: 378826000,
    ask: 6183764000000,
    askQty: 154698000,
    receiveUs: 5,
  });
});

test('decode: trade and aggTrade name the aggressor and their ids', () => {
  const trade = desk.decode(tradeText(77, 1723161256322, '61800.30', '0.006', false), USDM);
  assert.equal(trade.kind === 'trade' && trade.tradeId, 77);
  assert.equal(trade.kind === 'trade' && trade.buyerIsMaker, false);
  const frame =
    '{"e":"aggTrade","E":1604221200091,"s":"BTCUSDT","a":408202367,"p":"13748.62000000",' +
    '"q":"0.00836900","f":448745700,"l":448745700,"T":1604221200090,"m":true,"M":true}';
  const event = desk.decode(frame, SPOT);
  assert.equal(event.kind, 'trade');
  if (event.kind !== 'trade') return;
  assert.equal(event.tradeId, 408202367);
  assert.equal(event.qty, asQty(836900));
  assert.equal(event.buyerIsMaker, true);
  assert.equal(event.eventUs, 1604221200091000);
});

test('decode: a snapshot without a symbol belongs to the source, or to the only instrument', () => {
  const fresh = createDesk([SPOT, USDM]);
  const frame = snapshotText(9, [['1.00000000', '2.00000000']], [['1.50000000', '1.00000000']]);
  const lost = fresh.decode(frame, SPOT);
  assert.equal(lost.kind, 'no_instrument');
  fresh.decode(spotDepth(4, 6, [], []), SPOT);
  const only = fresh.decode(frame, SPOT);
  assert.equal(only.kind === 'snapshot' && only.instrument, SPOT);
  const other = createDesk([SPOT_ONLY]);
  other.decoder('binance-spot').setSource(SPOT_ONLY);
  assert.equal(other.decode(frame, SPOT_ONLY).kind, 'snapshot');
});

test('decode: once two instruments were seen, a snapshot without a symbol is nobody’s', () => {
  const two = listInstruments([
    inferInstrument('binance-spot', 'BTCUSDT', 8, 8),
    inferInstrument('binance-spot', 'ETHUSDT', 8, 8),
  ]);
  const fresh = createDesk(two);
  const [btc, eth] = two as [typeof SPOT, typeof SPOT];
  fresh.decode(spotDepth(4, 6, [], []), btc);
  fresh.decode(spotDepth(4, 6, [], []).replaceAll('BTC', 'ETH'), eth);
  assert.equal(fresh.decode(snapshotText(9, [], []), btc).kind, 'no_instrument');
});

test('decode: white space between tokens changes nothing', () => {
  const tight = snapshotText(9, [['1.5', '2.0']], [['2.5', '1.0']]);
  const loose = tight.replaceAll(',', ', ').replaceAll(':', ': ');
  desk.decoder('binance-spot').setSource(SPOT);
  const event = desk.decode(` ${loose} `, SPOT);
  desk.decoder('binance-spot').setSource(null);
  assert.equal(event.kind === 'snapshot' && event.bidCount, 1);
});

test('decode: no prefix of a frame becomes an event', () => {
  const frames = [
    usdmDepth(11, 15, 9, [['61800.20', '0.014']], [['61800.30', '0.000']]),
    tradeText(77, 1723161256322, '61800.30', '0.006', false),
    tickerText(5, '61800.20', '2.507', '61800.30', '2.510'),
    snapshotText(9, [['1.5', '2.0']], [['2.5', '1.0']]),
  ];
  desk.decoder('binance-usdm').setSource(USDM);
  for (const frame of frames) {
    const bytes = Buffer.from(`${frame}\n${frame}`); // what follows must not be read
    const decoder = desk.decoder('binance-usdm');
    assert.ok(!isDecodeProblem(decoder.decode(bytes, 0, frame.length, 0, 0)));
    for (let end = 0; end < frame.length; end += 1) {
      const answer = decoder.decode(bytes, 0, end, 0, 0);
      assert.ok(isDecodeProblem(answer), `${frame.slice(0, end)} gave ${answer.kind}`);
    }
  }
  desk.decoder('binance-usdm').setSource(null);
});

test('decode: a reordered frame gives what the ordered one gives', () => {
  const data = {
    a: [['61800.30', '0.002']],
    b: [['61800.20', '0.014']],
    pu: 9,
    u: 15,
    U: 11,
    s: 'BTCUSDT',
    E: 1723161256299,
    e: 'depthUpdate',
  };
  const event = desk.decode(JSON.stringify({ data, stream: 'x@depth' }), USDM);
  assert.equal(event.kind === 'depth' && event.lastId, 15);
  assert.deepEqual(batchOf(desk, 2), [6180020, 14, 6180030, 2]);
});

test('decode: prices before the symbol are read at the scale of that symbol, not the last', () => {
  const two = listInstruments([
    inferInstrument('binance-usdm', 'BTCUSDT', 2, 3),
    inferInstrument('binance-usdm', 'XRPUSDT', 4, 1),
  ]);
  const fresh = createDesk(two);
  const [btc, xrp] = two as [typeof SPOT, typeof SPOT];
  fresh.decode(tickerText(5, '61800.20', '2.507', '61800.30', '2.510'), btc);
  const frame = '{"u":6,"b":"0.61","B":"5.0","a":"0.62","A":"1.0","s":"XRPUSDT"}';
  const event = fresh.decode(frame, xrp);
  assert.equal(event.kind === 'quote' && event.instrument, xrp);
  assert.equal(event.kind === 'quote' && event.bid, 6100);
});

const problems: readonly (readonly [name: string, frame: string, kind: string])[] = [
  [
    'an unknown stream',
    '{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1}}',
    'unknown_stream',
  ],
  [
    'an unknown symbol',
    tickerText(1, '1', '1', '2', '1').replace('BTCUSDT"', 'XUSDT"'),
    'unknown_symbol',
  ],
  ['an answer to a subscription', '{"result":null,"id":1}', 'not_market_data'],
  ['a trade of nothing', tradeText(1, 1, '0', '0', true), 'not_market_data'],
  ['a word for a price', tickerText(1, 'one', '1', '2', '1'), 'bad_number'],
  ['a negative quantity', tickerText(1, '1', '-1', '2', '1'), 'bad_number'],
  ['an exponent', tickerText(1, '1e3', '1', '2', '1'), 'bad_number'],
  ['a price of zero in a diff', usdmDepth(1, 2, 0, [['0.00', '1']], []), 'bad_number'],
  ['a decimal finer than the scale', tickerText(1, '1.001', '1', '2', '1'), 'too_fine'],
  ['2^53 steps', tickerText(1, '90071992547409.92', '1', '2', '1'), 'too_large'],
  [
    'a missing field',
    '{"e":"trade","E":1,"s":"BTCUSDT","t":1,"p":"1.0","m":true}',
    'missing_field',
  ],
  ['bytes after the frame', `${tickerText(1, '1', '1', '2', '1')}}`, 'malformed'],
  ['no JSON at all', 'hello', 'malformed'],
  ['an escape that hides a key', '{"\\u0065":"trade"}', 'no_instrument'],
];
for (const [name, frame, kind] of problems) {
  test(`decode: ${name} is ${kind}`, () => {
    const answer = createDesk([USDM_ONLY]).decode(frame, USDM_ONLY);
    assert.equal(answer.kind, kind, JSON.stringify(answer));
  });
}

test('decode: a problem says where in the frame', () => {
  const frame = tickerText(1, '1.0', '1', 'x', '1');
  const answer = desk.decode(frame, USDM);
  assert.ok(isDecodeProblem(answer));
  assert.equal(answer.at, frame.indexOf('x'));
  assert.match(answer.what, /"a":"x"/);
});

test('decode: zeros finer than the scale are exact and pass', () => {
  const event = desk.decode(tickerText(1, '61800.2000', '1.0000', '61800.3', '1'), USDM);
  assert.equal(event.kind === 'quote' && event.bid, 6180020);
});

test('decode: the largest exact count passes, one more does not', () => {
  const event = desk.decode(tickerText(1, '90071992547409.91', '1', '1', '1'), USDM);
  assert.equal(event.kind === 'quote' && event.bid, Number.MAX_SAFE_INTEGER);
});

test('decode: a full level batch passes, one level more is a batch overflow', () => {
  const level = ['61800.20', '0.014'] as const;
  const full = Array.from({ length: BATCH_LEVELS_MAX }, () => level);
  const event = desk.decode(usdmDepth(1, 2, 0, full, []), USDM);
  assert.equal(event.kind === 'depth' && event.bidCount, BATCH_LEVELS_MAX);
  assert.equal(desk.decode(usdmDepth(1, 2, 0, full, [level]), USDM).kind, 'batch_overflow');
});

test('decode: a data object nested without end is a problem, not a stack overflow', () => {
  const frame = `${'{"data":'.repeat(50000)}1${'}'.repeat(50000)}`;
  assert.ok(isDecodeProblem(desk.decode(frame, USDM)));
});

const markText = (parts: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    stream: 'btcusdt@markPrice@1s',
    data: {
      e: 'markPriceUpdate',
      E: 1562305380000,
      s: 'BTCUSDT',
      p: '11794.15123456',
      i: '11784.62659091',
      P: '11784.25641265',
      r: '0.00038167',
      T: 1562306400000,
      ...parts,
    },
  });

test("decode: a mark price is the venue's own, finer than any tick, in the quote asset", () => {
  assert.deepEqual(desk.decode(markText(), USDM, 1723161255030314), {
    kind: 'mark',
    instrument: USDM,
    price: 11794.15123456,
    eventUs: 1562305380000000,
    receiveUs: 1723161255030314,
  });
});

test('decode: a mark price that is none is a problem, whatever it is', () => {
  for (const p of ['', 'NaN', '-1', '1e5', '0x10', '1.', '.5', '1,5', ' 1', 'Infinity', 5, null]) {
    const answer = desk.decode(markText({ p }), USDM);
    assert.ok(isDecodeProblem(answer), String(p));
    assert.ok(answer.kind === 'bad_number' || answer.kind === 'malformed', `${p} ${answer.kind}`);
  }
  for (const p of ['0', '0.000']) {
    assert.equal(desk.decode(markText({ p }), USDM).kind, 'not_market_data');
  }
  assert.equal(desk.decode(markText({ p: undefined }), USDM).kind, 'missing_field');
  for (const p of ['9007199254740992', '9'.repeat(400)]) {
    assert.equal(desk.decode(markText({ p }), USDM).kind, 'too_large');
  }
  for (const p of ['9007199254740991', '0.1', '61234.56789012', '0.00001234567891234', '7.0']) {
    const event = desk.decode(markText({ p }), USDM);
    assert.ok(event.kind === 'mark' && Math.abs(event.price / Number(p) - 1) < 1e-6, p);
  }
});
