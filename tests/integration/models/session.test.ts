// Owns the proof that onnxruntime says what our arithmetic says, and that bad models are refused.
// Promise: every kind of model problem is provoked on a real folder.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createRandom } from '../../../engine/core/random.ts';
import type { Manifest } from '../../../engine/models/model.ts';
import { sha256Of, writeModel } from '../../../engine/models/registry.ts';
import { openModel } from '../../../engine/models/session.ts';
import { drawGolden } from '../../../engine/models/training.ts';
import { buildTestModel } from '../../unit/models/model-fixture.ts';

const folders: string[] = [];
after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

async function store(change: (manifest: Manifest, bytes: Uint8Array) => [Manifest, Uint8Array]) {
  const folder = await mkdtemp(join(tmpdir(), 'colin-model-'));
  folders.push(folder);
  const { manifest, bytes } = buildTestModel();
  await writeModel(folder, ...change(manifest, bytes));
  return folder;
}

const problemOf = async (folder: string): Promise<string> => {
  const opened = await openModel(folder);
  assert.notEqual(opened.kind, 'model');
  if (opened.kind === 'model') return '';
  assert.ok(opened.message.includes(opened.file), 'the message names the file');
  assert.match(opened.message, /train/, 'the message says what to do');
  return opened.kind;
};

test('session: onnxruntime agrees with plain arithmetic to 1e-6 in any batch', async () => {
  const opened = await openModel(await store((manifest, bytes) => [manifest, bytes]));
  assert.equal(opened.kind, 'model');
  if (opened.kind !== 'model') return;
  const { parameters } = opened.manifest;
  const golden = drawGolden(
    { model: parameters, calibration: parameters },
    createRandom('parity'),
    opened.batchMax,
  );
  const columns = opened.manifest.features.length;
  for (const [row, values] of golden.inputs.entries()) opened.input.set(values, row * columns);
  const batch = Array.from(await opened.run(opened.batchMax));
  for (const [row, expected] of golden.outputs.entries()) {
    assert.ok(Math.abs(batch[row]! - expected) < 1e-6);
    opened.input.set(golden.inputs[row]!);
    assert.ok(Math.abs((await opened.run(1))[0]! - expected) < 1e-6);
  }
  opened.input.fill(Number.NaN);
  assert.ok(Number.isNaN((await opened.run(1))[0]));
  await opened.close();
});

test('session: a folder without a model is missing', async () => {
  assert.equal(await problemOf(join(tmpdir(), 'colin-no-such-model')), 'model_missing');
  const folder = await store((manifest, bytes) => [manifest, bytes]);
  await rm(join(folder, 'model.onnx'));
  assert.equal(await problemOf(folder), 'model_missing');
});

test('session: one flipped byte of the model file is corrupt', async () => {
  const folder = await store((manifest, bytes) => [manifest, bytes]);
  const file = join(folder, 'model.onnx');
  const bytes = await readFile(file);
  bytes[100]! ^= 1;
  await writeFile(file, bytes);
  assert.equal(await problemOf(folder), 'model_corrupt');
});

test('session: a file that is no ONNX model is corrupt even when its hash is right', async () => {
  const junk = new TextEncoder().encode('not a model');
  const folder = await store((manifest) => [{ ...manifest, sha256: sha256Of(junk) }, junk]);
  assert.equal(await problemOf(folder), 'model_corrupt');
});

test('session: a manifest that is cut or has unknown keys is invalid', async () => {
  const folder = await store((manifest, bytes) => [manifest, bytes]);
  const file = join(folder, 'manifest.json');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.slice(0, 200));
  assert.equal(await problemOf(folder), 'manifest_invalid');
  await writeFile(file, JSON.stringify({ ...JSON.parse(text), colour: 'red' }));
  assert.equal(await problemOf(folder), 'manifest_invalid');
});

test('session: a model for other features is refused', async () => {
  const hash = await store((manifest, bytes) => [{ ...manifest, featureSchemaHash: 'x' }, bytes]);
  assert.equal(await problemOf(hash), 'schema_mismatch');
  const name = await store((manifest, bytes) => [
    { ...manifest, features: ['phase_of_the_moon', ...manifest.features.slice(1)] },
    bytes,
  ]);
  assert.equal(await problemOf(name), 'schema_mismatch');
});

test('session: a golden vector with another answer fails the self-test', async () => {
  const folder = await store((manifest, bytes) => {
    const outputs = manifest.golden.outputs.map((output) => (output > 0.5 ? 0.1 : 0.9));
    return [{ ...manifest, golden: { ...manifest.golden, outputs } }, bytes];
  });
  assert.equal(await problemOf(folder), 'self_test_failed');
});

test('session: the shipped demo model loads and passes its self-test', async () => {
  const opened = await openModel(join(import.meta.dirname, '../../../models/demo'));
  assert.equal(opened.kind, 'model', opened.kind === 'model' ? '' : opened.message);
  if (opened.kind === 'model') await opened.close();
});
