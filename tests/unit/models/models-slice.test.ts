// Owns the proof of the slice of models: which versions traded, since when, with how many signals.
// Promise: what is saved is what is loaded; a text at every bound stays within the size stated.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FactOf } from '../../../engine/facts/fact.ts';
import { JOURNAL_FORMAT } from '../../../engine/facts/run.ts';
import { MODEL_VERSION_LENGTH_MAX } from '../../../engine/models/model.ts';
import {
  createModelsSlice,
  MODELS_KEPT,
  modelsSizeMax,
} from '../../../engine/models/models-slice.ts';

const started = (model: string, epoch = 1): FactOf<'run_started'> => ({
  kind: 'run_started',
  format: JOURNAL_FORMAT,
  mode: 'test',
  version: 'test',
  configHash: '',
  seed: 'test',
  instruments: [],
  model,
  epoch,
});

const signal = (model: string, id: number): FactOf<'signal'> => ({
  kind: 'signal',
  id,
  instrument: 'BTCUSDT.binance-usdm',
  direction: 'up',
  probability: 0.6,
  confidence: 0.2,
  strength: 0.2,
  horizonUs: 1_000_000,
  model,
  bookSequence: 1,
  mid: 60_000,
  action: 'hold',
});

test('models: a version that traded says since when, until when and with how many signals', () => {
  const slice = createModelsSlice();
  slice.fold(started('a'), 10);
  slice.fold(signal('a', 1), 20);
  slice.fold(signal('a', 2), 30);
  slice.fold(started('b', 2), 40);
  slice.fold(started('a', 3), 50);
  assert.equal(slice.active, 'a');
  assert.deepEqual(slice.uses(), [
    { version: 'b', sinceUs: 40, lastUs: 40, signals: 0 },
    { version: 'a', sinceUs: 10, lastUs: 50, signals: 2 },
  ]);
  const other = createModelsSlice();
  other.load(slice.save());
  assert.equal(other.hash(), slice.hash());
  other.fold(signal('a', 3), 60);
  slice.fold(signal('a', 3), 60);
  assert.equal(other.hash(), slice.hash());
});

test('models: the one used longest ago is forgotten, and the text stays within its bound', () => {
  const slice = createModelsSlice();
  const us = 1_700_000_000_000_000;
  const versionOf = (k: number): string => String(k).padStart(MODEL_VERSION_LENGTH_MAX, '\u0001');
  for (let k = 0; k <= MODELS_KEPT; k += 1) slice.fold(signal(versionOf(k), k), us + k);
  slice.fold(started(versionOf(MODELS_KEPT)), us);
  assert.equal(slice.uses().length, MODELS_KEPT);
  assert.equal(slice.uses()[0]?.version, versionOf(1));
  const bytes = Buffer.byteLength(JSON.stringify(slice.save()));
  assert.ok(bytes <= modelsSizeMax(), `${bytes} of ${modelsSizeMax()}`);
  assert.ok(bytes > 0.8 * modelsSizeMax(), 'the bound is far from what can be');
});
