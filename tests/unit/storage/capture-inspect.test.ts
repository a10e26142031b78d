// Owns the tests of finding out what a capture holds.
// Promise: venues are told from names or from the fields only they print.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { expandCapturePaths, inspectCaptures } from '../../../engine/storage/capture-inspect.ts';
import { spotDepth, tickerText, tradeText, usdmDepth } from '../../market-fixture.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colin-inspect-'));
});
after(() => rm(folder, { recursive: true }));

const US = 1723161255030314;

async function inspect(name: string, frames: readonly string[]) {
  const path = join(folder, name);
  await writeFile(path, gzipSync(frames.map((frame, k) => `${US + k}000 ${frame}\n`).join('')));
  const problems: string[] = [];
  const inventory = await inspectCaptures([path], (problem) => problems.push(problem.what));
  return { ...inventory, problems };
}

const spotTicker = '{"u":5,"s":"ETHUSDT","b":"2683.80000000","B":"3.1","a":"2683.9","A":"1.0"}';
const coinDepth =
  '{"stream":"x","data":{"e":"depthUpdate","E":1,"T":1,"s":"ETHUSD_PERP","ps":"ETHUSD",' +
  '"U":1,"u":2,"pu":0,"b":[["2657.70","10"]],"a":[]}}';

for (const [name, frame, venue, symbol, scales] of [
  [
    'USD-M diff',
    usdmDepth(1, 2, 0, [['61800.20', '0.014']], []),
    'binance-usdm',
    'BTCUSDT',
    [2, 3],
  ],
  ['USD-M ticker', tickerText(1, '1.00', '2.0', '3.00', '4.0'), 'binance-usdm', 'BTCUSDT', [2, 1]],
  ['USD-M trade', tradeText(1, 1, '1.000', '2.0', true), 'binance-usdm', 'BTCUSDT', [3, 1]],
  ['spot diff', spotDepth(1, 2, [['1.00000000', '2.0']], []), 'binance-spot', 'BTCUSDT', [8, 1]],
  ['spot ticker', spotTicker, 'binance-spot', 'ETHUSDT', [8, 1]],
  ['COIN-M diff', coinDepth, 'binance-coinm', 'ETHUSD_PERP', [2, 0]],
] as const) {
  test(`capture inspect: a ${name} tells venue, symbol and scales`, async () => {
    const { instruments, files, problems } = await inspect('capture.ndjson.gz', [frame]);
    const [priceScale, qtyScale] = scales;
    assert.deepEqual(instruments, [{ venue, symbol, priceScale, qtyScale }]);
    assert.deepEqual(files[0]?.only, instruments[0]);
    assert.equal(files[0]?.firstUs, US);
    assert.equal(files[0]?.hasSnapshot, false);
    assert.deepEqual(problems, []);
  });
}

test('capture inspect: a snapshot without names is named by its file', async () => {
  const book = '{"lastUpdateId":1,"bids":[["387.50000000","0.00098000"]],"asks":[]}';
  const { instruments, files } = await inspect('binance-spot-ethusdt-2020-snapshot.json.gz', [
    book,
  ]);
  assert.deepEqual(instruments, [
    { venue: 'binance-spot', symbol: 'ETHUSDT', priceScale: 8, qtyScale: 8 },
  ]);
  assert.equal(files[0]?.hasSnapshot, true);
});

test('capture inspect: a coin counted in billions loses zeros that carry nothing', async () => {
  const [book, diff] = [
    '{"lastUpdateId":1,"bids":[["0.00000912","1843220911.00000000"]],"asks":[]}',
    spotDepth(2, 2, [['0.00000912', '1843220911.50000000']], []).replaceAll('BTCUSDT', 'PEPEUSDT'),
  ];
  const scales = async (frames: string[]): Promise<number[]> => {
    const { instruments } = await inspect('binance-spot-pepeusdt.ndjson', frames);
    return instruments.flatMap(({ priceScale, qtyScale }) => [priceScale, qtyScale]);
  };
  // 1,843,220,911 x 1024 x 10^3 is below 2^53, with 10^4 it is not.
  assert.deepEqual(await scales([book]), [8, 3]);
  assert.deepEqual(await scales([book, diff]), [8, 3]);
  const fine = diff.replace('.50000000', '.12345000');
  assert.deepEqual(await scales([book, fine]), [8, 5]); // what carries something is kept
});

test('capture inspect: several symbols in one file are all found', async () => {
  const other = usdmDepth(1, 2, 0, [['0.61', '1.0']], []).replaceAll('BTCUSDT', 'XRPUSDT');
  const frames = [usdmDepth(1, 2, 0, [['1.00', '1.000']], []), other];
  const { instruments, files } = await inspect('binance-usdm-2024.ndjson.gz', frames);
  assert.deepEqual(
    instruments.map(({ symbol }) => symbol),
    ['BTCUSDT', 'XRPUSDT'],
  );
  assert.equal(files[0]?.only, null);
});

test('capture inspect: two days of one instrument are one, at the finest scales', async () => {
  const a = join(folder, 'binance-usdm-day1.ndjson');
  const b = join(folder, 'binance-usdm-day2.ndjson');
  await writeFile(a, `${US}000 ${usdmDepth(1, 2, 0, [['1.0', '1.000']], [])}\n`);
  await writeFile(b, `${US}000 ${usdmDepth(1, 2, 0, [['1.00', '1.0']], [])}\n`);
  const { instruments } = await inspectCaptures([a, b], () => undefined);
  assert.deepEqual(instruments, [
    { venue: 'binance-usdm', symbol: 'BTCUSDT', priceScale: 2, qtyScale: 3 },
  ]);
});

test('capture inspect: data of another venue is reported, not guessed', async () => {
  const bybit = '{"topic":"orderbook.500.XRPUSDT","data":{"s":"XRPUSDT","b":[["1.9","1"]],"u":1}}';
  const { files, problems } = await inspect('other.ndjson.gz', [bybit]);
  assert.deepEqual(files, []);
  assert.match(problems[0] ?? '', /no Binance market data/);
});

test('capture inspect: a missing file is reported', async () => {
  const problems: string[] = [];
  const path = join(folder, 'absent.gz');
  const { files } = await inspectCaptures([path], (problem) => problems.push(problem.path));
  assert.deepEqual([files.length, problems], [0, [path]]);
});

test('capture inspect: a folder stands for its captures in order of name', async () => {
  const inside = join(folder, 'inside');
  await mkdir(inside);
  for (const name of ['b.ndjson.gz', 'a.ndjson', 'c.json.gz', 'notes.txt']) {
    await writeFile(join(inside, name), '');
  }
  const got = await expandCapturePaths([inside, join(folder, 'absent.gz')]);
  assert.deepEqual(
    got.map((path) => path.slice(folder.length + 1)),
    ['inside/a.ndjson', 'inside/b.ndjson.gz', 'inside/c.json.gz', 'absent.gz'],
  );
});
