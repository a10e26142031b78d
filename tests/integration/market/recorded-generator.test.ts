// Owns the proof of record and replay without any recorded data: generator, writer, reader, books.
// Promise: a replay of two recorded days ends with the books the live run had.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { inspectCaptures } from '../../../engine/storage/capture-inspect.ts';
import { readCaptures } from '../../../engine/storage/capture-reader.ts';
import { createCaptureWriter } from '../../../engine/storage/capture-writer.ts';
import { inferInstrument, knownInstrument } from '../../../engine/venues/binance/catalogue.ts';
import { isDecodeProblem } from '../../../engine/venues/binance/decode.ts';
import { createGenerator, type Generator } from '../../../engine/venues/generated/generator.ts';
import { apply, createDesk, type Desk } from '../../market-fixture.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colin-days-'));
});
after(() => rm(folder, { recursive: true }));

const instruments = listInstruments(
  [
    knownInstrument('binance-usdm', 'BTCUSDT'),
    knownInstrument('binance-spot', 'BTCUSDT'),
    knownInstrument('binance-coinm', 'BTCUSD_PERP'),
  ].filter((spec) => spec !== null),
);
const START = 1723161255e6;

// Each instrument goes to a file of its own; frames, then a snapshot, then more frames.
async function record(day: string, generator: Generator, fromUs: number): Promise<string[]> {
  const writers = new Map(
    instruments.map((one) => [one.key, createCaptureWriter({ folder, name: nameOf(one, day) })]),
  );
  const write = (us: number, frame: string, one: Instrument): void => {
    assert.equal(writers.get(one.key)?.write(us, frame), true);
  };
  generator.advance(fromUs + 1e6, write);
  for (const one of instruments) write(fromUs + 1e6, generator.snapshot(one), one);
  generator.advance(fromUs + 4e6, write);
  for (const writer of writers.values()) await writer.close();
  return [...writers.values()].flatMap(({ paths }) => paths);
}

const nameOf = ({ venue, symbol }: Instrument, day: string): string =>
  `${venue}-${symbol.toLowerCase()}-${day}`;

async function replay(paths: readonly string[]): Promise<Desk> {
  const fail = (problem: object): never => assert.fail(JSON.stringify(problem));
  const inventory = await inspectCaptures(paths, fail);
  const desk = createDesk(
    listInstruments(
      inventory.instruments.map((one) =>
        inferInstrument(one.venue, one.symbol, one.priceScale, one.qtyScale),
      ),
    ),
  );
  for await (const batch of readCaptures(paths, fail)) {
    for (let k = 0; k < batch.count; k += 1) {
      const source = batch.sources[k]!;
      const bytes = batch.buffers[source]!;
      const venue = inventory.files[source]?.only?.venue ?? '';
      const decoder = desk.decoder(venue);
      const event = decoder.decode(bytes, batch.starts[k]!, batch.ends[k]!, batch.receiveUs[k]!, 0);
      if (isDecodeProblem(event)) fail(event);
      else apply(desk.market, event);
    }
  }
  return desk;
}

test('replay: two recorded days end with the generator’s books, with one gap a book', async () => {
  const generator = createGenerator({ seed: 'days', instruments, startUs: START });
  const first = await record('day1', generator, START);
  generator.advance(START + 100e6, () => undefined); // nobody records the night
  const second = await record('day2', generator, START + 100e6);
  const desk = await replay([...first, ...second]);
  for (const one of instruments) {
    assert.equal(desk.market.state(one), 'synchronised');
    const top = { bid: desk.books.bidPrice(one, 0), ask: desk.books.askPrice(one, 0) };
    assert.deepEqual(top, generator.top(one), one.key);
  }
  const { stats, crossCheck } = desk.market;
  assert.deepEqual([stats.gaps, stats.snapshots, stats.timeBackwards], [3, 6, 0]);
  assert.ok(crossCheck.total().compared > 60);
  assert.equal(crossCheck.total().mismatched, 0);
  assert.equal(desk.counter('staleBooks'), 0);
  const told = desk.states.filter((line) => line.startsWith('BTCUSDT.binance-usdm'));
  assert.deepEqual(told, [
    'BTCUSDT.binance-usdm synchronised snapshot_loaded',
    'BTCUSDT.binance-usdm stale sequence_gap',
    'BTCUSDT.binance-usdm synchronised snapshot_loaded',
  ]);
});
