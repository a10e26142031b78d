// Owns the proof on recorded Binance data: reader, decoder, feed and kernel book together.
// Promise: every comparable update agrees with the venue's own ticker, and nothing is lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { inspectCaptures } from '../../../engine/storage/capture-inspect.ts';
import { readCaptures } from '../../../engine/storage/capture-reader.ts';
import { inferInstrument } from '../../../engine/venues/binance/catalogue.ts';
import { isDecodeProblem } from '../../../engine/venues/binance/decode.ts';
import { apply, createDesk, type Desk } from '../../market-fixture.ts';
import { sharedPath } from '../../shared-data.ts';

interface Replayed {
  readonly desk: Desk;
  readonly frames: number;
  readonly problems: readonly string[];
}

async function replay(paths: readonly string[]): Promise<Replayed> {
  const problems: string[] = [];
  const inventory = await inspectCaptures(paths, (problem) => problems.push(problem.kind));
  const instruments = listInstruments(
    inventory.instruments.map((one) =>
      inferInstrument(one.venue, one.symbol, one.priceScale, one.qtyScale),
    ),
  );
  const desk = createDesk(instruments, 8192);
  const venues = inventory.files.map((file) => file.instruments[0]?.venue ?? '');
  const sources = inventory.files.map(({ only }) =>
    instruments.find((one) => one.symbol === only?.symbol && one.venue === only?.venue),
  );
  let frames = 0;
  for await (const batch of readCaptures(paths, (problem) => problems.push(problem.kind))) {
    for (let k = 0; k < batch.count; k += 1) {
      const source = batch.sources[k] ?? 0;
      const decoder = desk.decoder(venues[source] ?? '');
      decoder.setSource(sources[source] ?? null);
      const bytes = batch.buffers[source]!;
      const event = decoder.decode(bytes, batch.starts[k]!, batch.ends[k]!, batch.receiveUs[k]!, 0);
      frames += 1;
      if (isDecodeProblem(event)) problems.push(event.kind);
      else apply(desk.market, event);
    }
  }
  return { desk, frames, problems };
}

const file = (name: string): string | null => sharedPath(`market-data/l2-raw/binance-${name}`);
const absent = file('usdm-btcusdt-20240808.ndjson.gz') === null;
const skip = absent ? 'recorded data is not here (COLIN_SHARED)' : false;

for (const [name, frames, applied, dropped, compared] of [
  ['usdm-btcusdt', 93954, 6547, 4, 629],
  ['usdm-ethusdt', 74655, 6581, 5, 551],
  ['spot-btcusdt', 41249, 3449, 2, 564],
  ['spot-ethusdt', 33618, 3432, 2, 577],
  ['cm-btcusd_perp', 48270, 26824, 23, 1124],
  ['cm-ethusd_perp', 40454, 22887, 22, 1345],
] as const) {
  test(`recorded: ${name} has ${compared} comparable updates, all equal`, { skip }, async () => {
    const { desk, ...got } = await replay([file(`${name}-20240808.ndjson.gz`)!]);
    assert.deepEqual(got, { frames, problems: [] });
    const { stats, crossCheck } = desk.market;
    assert.deepEqual(crossCheck.total(), { compared, mismatched: 0 });
    assert.deepEqual(
      [stats.applied, stats.dropped, stats.gaps, stats.crossed],
      [applied, dropped, 0, 0],
    );
  });
}

test('recorded: three venues merged give the sum of their comparisons', { skip }, async () => {
  const names = ['spot-btcusdt', 'usdm-btcusdt', 'cm-btcusd_perp'];
  const { desk, frames } = await replay(names.map((name) => file(`${name}-20240808.ndjson.gz`)!));
  assert.equal(frames, 41249 + 93954 + 48270);
  assert.deepEqual(desk.market.crossCheck.total(), { compared: 629 + 564 + 1124, mismatched: 0 });
  assert.equal(desk.market.stats.timeBackwards, 0);
});

test('recorded: a bare snapshot file goes first and the diffs of 2020 continue it', {
  skip,
}, async () => {
  const { desk, frames, problems } = await replay([
    file('spot-ethbtc-20201101T09-depth.ndjson.gz')!,
    file('spot-ethbtc-20201101T09-aggtrades.ndjson.gz')!,
    file('spot-ethbtc-20201101T09-snapshot.json.gz')!,
  ]);
  assert.equal(frames, 3600 + 1736 + 1);
  assert.deepEqual(problems, []);
  const { stats } = desk.market;
  assert.deepEqual([stats.snapshots, stats.gaps, stats.crossed], [1, 0, 0]);
  assert.equal(stats.applied + stats.dropped, 3600);
  assert.ok(stats.dropped <= 2);
});

test('recorded: without its snapshot a file leaves the book waiting', { skip }, async () => {
  const { desk } = await replay([file('spot-ethbtc-20201101T09-depth.ndjson.gz')!]);
  assert.equal(desk.market.stats.applied, 0);
  assert.deepEqual(desk.states, []);
});
