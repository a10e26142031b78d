// Owns the cases of the way of a frame: taken or refused, counted, timed and stamped.
// Promise: real decoders on a memory of its own; the clock is a variable.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketEvent } from '../../../engine/core/event.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { createMemory, DEFAULT_CAPACITIES, planMemory } from '../../../engine/memory/plan.ts';
import { createTelemetry } from '../../../engine/memory/telemetry.ts';
import { createLines } from '../../../engine/surroundings/frames.ts';
import { testInstruments } from '../../../engine/venues/binance/test-instruments.ts';
import { snapshotText, usdmDepth } from '../../market-fixture.ts';

const instruments = listInstruments(testInstruments(2));
const RECEIVED = 1_700_000_000_000_000;

function openLines() {
  const plan = planMemory({ ...DEFAULT_CAPACITIES, instruments: 2, levels: 64 });
  const { buffer } = createMemory(plan);
  assert.ok(buffer instanceof SharedArrayBuffer);
  const telemetry = createTelemetry(buffer, plan.counters, plan.histograms);
  const told: string[] = [];
  let ns = 0;
  const apply = (event: MarketEvent): void => {
    const stamp = 'tickNs' in event ? ` at ${event.tickNs}` : '';
    told.push(`${event.kind} ${event.instrument.key} ${event.receiveUs - RECEIVED}${stamp}`);
  };
  const nowNs = (): number => {
    ns += 1000;
    return ns;
  };
  const openLine = createLines({ ground: { buffer, plan, telemetry }, apply }, nowNs);
  return { openLine, telemetry, told };
}

const depth = usdmDepth(2, 2, 1, [['60000.0', '1']], []);
const snapshot = snapshotText(1, [['60000.0', '1']], [['60000.1', '1']]);

test('frames: an event is stamped at its entry and counted; decoding alone is timed', () => {
  const { openLine, telemetry, told } = openLines();
  const line = openLine(instruments.filter(({ venue }) => venue === 'binance-usdm'));
  const bytes = Buffer.from(`noise ${depth} noise`);
  assert.equal(line.take(bytes, 6, 6 + depth.length, RECEIVED + 7), null);
  assert.deepEqual(told, ['depth BTCUSDT.binance-usdm 7 at 1000']);
  assert.deepEqual([telemetry.read('frames'), telemetry.read('framesRefused')], [1, 0]);
  const { decode } = telemetry.stages;
  assert.equal(decode.count, 1);
  assert.ok(Math.abs(decode.max - 1000) <= 16, `${decode.max} ns`); // within a bucket
});

test('frames: what does not decode is answered and counted, and nobody takes it', () => {
  const { openLine, telemetry, told } = openLines();
  const line = openLine(instruments);
  const cut = Buffer.from(depth.slice(0, -4));
  assert.equal(line.take(cut, 0, cut.length, RECEIVED)?.kind, 'cut');
  assert.deepEqual(told, []);
  assert.deepEqual([telemetry.read('frames'), telemetry.read('framesRefused')], [1, 1]);
});

test('frames: a symbol of another venue is unknown on this line', () => {
  const { openLine, told } = openLines();
  const line = openLine([]);
  const bytes = Buffer.from(depth);
  assert.equal(line.take(bytes, 0, bytes.length, RECEIVED)?.kind, 'unknown_symbol');
  assert.deepEqual(told, []);
});

test('frames: a snapshot without a symbol is whose the source said last, or nobody’s', () => {
  const { openLine, told } = openLines();
  const line = openLine(instruments);
  const bytes = Buffer.from(snapshot);
  const take = () => line.take(bytes, 0, bytes.length, RECEIVED)?.kind ?? null;
  assert.equal(take(), 'no_instrument');
  for (const one of instruments) {
    line.setSource(one);
    assert.equal(take(), null);
  }
  line.setSource(null);
  assert.equal(take(), 'no_instrument');
  assert.deepEqual(
    told,
    instruments.map(({ key }) => `snapshot ${key} 0`),
  );
});
