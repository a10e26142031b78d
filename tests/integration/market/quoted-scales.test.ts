// Owns the proof that recordings of any pair are read at what they quote, or refused by name.
// Promise: frames of our own, written to files, inspected, decoded and applied like a recording.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { inspectCaptures } from '../../../engine/storage/capture-inspect.ts';
import { isUnknownInstrument, readInstrument } from '../../../engine/venues/binance/catalogue.ts';
import { createDesk, type Desk, snapshotText, spotDepth } from '../../market-fixture.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colin-scales-'));
});
after(() => rm(folder, { recursive: true }));

type Row = readonly [price: string, qty: string];

/** The book after a snapshot and two diffs of a spot pair; or why there is none. */
async function follow(symbol: string, bid: Row, ask: Row): Promise<Desk | string> {
  const frames = [
    snapshotText(100, [bid], [ask]),
    spotDepth(101, 101, [bid], []).replaceAll('BTCUSDT', symbol),
    spotDepth(102, 102, [], [ask]).replaceAll('BTCUSDT', symbol),
  ];
  const path = join(folder, `binance-spot-${symbol.toLowerCase()}.ndjson`);
  const lines = frames.map((frame, k) => `${1722945600 + k}000000000 ${frame}\n`);
  await writeFile(path, lines.join(''));
  const { instruments } = await inspectCaptures([path], ({ what }) => assert.fail(what));
  assert.equal(instruments.length, 1);
  const [found] = instruments;
  assert.ok(found !== undefined);
  const read = readInstrument(found.venue, found.symbol, found.priceScale, found.qtyScale);
  if (isUnknownInstrument(read)) return read.message;
  const [instrument] = listInstruments([read]);
  assert.ok(instrument !== undefined);
  const desk = createDesk([instrument]);
  for (const frame of frames) desk.take(frame, instrument);
  assert.equal(desk.books.updateId(instrument), 102);
  const shown = desk.books.bidQty(instrument, 0) / 10 ** instrument.qtyScale;
  assert.equal(shown, Number(bid[1]));
  return desk;
}

for (const [symbol, bid, ask] of [
  ['PEPEUSDT', ['0.00000912', '1843220911.00000000'], ['0.00000913', '998877665.00000000']],
  ['SHIBUSDT', ['0.00001412', '90071992548.00000000'], ['0.00001413', '1.00000000']],
  ['DOGEUSDT', ['0.10400000', '123456789012.00000000'], ['0.10401000', '5.00000000']], // known
  ['BTCUSDT', ['61800.00000000', '1.00000000'], ['61801.00000000', '2.00000000']],
  ['BTCIDR', ['1234567890.00000000', '0.00100000'], ['1234567891.00000000', '0.00200000']],
] as const) {
  test(`quoted scales: ${symbol} is read exactly, however it is counted`, async () => {
    assert.notEqual(typeof (await follow(symbol, bid, ask)), 'string');
  });
}

test('quoted scales: a pair whose quote the venue does not list is refused by name', async () => {
  const message = await follow('BTCXYZ', ['9.00000000', '1.00000000'], ['9.10000000', '1.0']);
  assert.match(String(message), /^BTCXYZ: its quote asset is not in the list of binance-spot/);
});
