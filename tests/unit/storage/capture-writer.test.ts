// Owns the tests of recording: what was written is read back, rotated, bounded, crash-safe.
// Promise: compared with the reader, which has its own tests.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readCaptures } from '../../../engine/storage/capture-reader.ts';
import { createCaptureWriter } from '../../../engine/storage/capture-writer.ts';

let root = '';
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'colin-record-'));
});
after(() => rm(root, { recursive: true }));

const START = 1723161255030314;
const frameOf = (k: number): string =>
  `{"stream":"x","data":{"k":${k},"text":"é${'z'.repeat(k % 50)}"}}`;

async function readBack(paths: readonly string[]): Promise<[number, string][]> {
  const frames: [number, string][] = [];
  const fail = (problem: object): never => assert.fail(JSON.stringify(problem));
  for await (const batch of readCaptures(paths, fail)) {
    for (let k = 0; k < batch.count; k += 1) {
      const bytes = batch.buffers[batch.sources[k]!]!;
      frames.push([batch.receiveUs[k]!, bytes.toString('utf8', batch.starts[k], batch.ends[k])]);
    }
  }
  return frames;
}

test('capture writer: the reader gives back what was written, over rotated files', async () => {
  const folder = join(root, 'deep', 'round-trip');
  const name = 'binance-usdm';
  const writer = createCaptureWriter({ folder, name, rotateBytes: 60000, blockBytes: 20000 });
  const wanted: [number, string][] = [];
  for (let k = 0; k < 3000; k += 1) {
    const frame = frameOf(k);
    wanted.push([START + k * 7, frame]);
    assert.equal(writer.write(START + k * 7, k % 2 === 0 ? frame : Buffer.from(frame)), true);
  }
  await writer.close();
  assert.ok(writer.paths.length >= 4, String(writer.paths.length));
  assert.match(writer.paths[0] ?? '', /binance-usdm-20240808T235415-0001\.ndjson\.gz$/);
  assert.deepEqual(await readBack(writer.paths), wanted);
  assert.equal(writer.refused, 0);
});

test('capture writer: a frame larger than a block is recorded whole', async () => {
  const folder = join(root, 'large');
  const writer = createCaptureWriter({ folder, name: 'large', blockBytes: 100 });
  const frame = `{"x":"${'y'.repeat(5000)}"}`;
  writer.write(START, '{"a":1}');
  writer.write(START + 1, frame);
  writer.write(START + 2, '{"a":2}');
  await writer.close();
  assert.deepEqual(
    (await readBack(writer.paths)).map(([, text]) => text),
    ['{"a":1}', frame, '{"a":2}'],
  );
});

test('capture writer: after a crash the flushed blocks are readable', async () => {
  const folder = join(root, 'crash');
  const writer = createCaptureWriter({ folder, name: 'crash' });
  writer.write(START, '{"a":1}');
  await writer.flush();
  const bytes = await readFile(writer.paths[0]!); // what the disk holds without close()
  const copy = join(folder, 'copy.gz');
  await writeFile(copy, bytes);
  assert.deepEqual(await readBack([copy]), [[START, '{"a":1}']]);
  await writer.close();
});

test('capture writer: beyond its bound it refuses and counts', async () => {
  const folder = join(root, 'bound');
  const writer = createCaptureWriter({
    folder,
    name: 'bound',
    blockBytes: 1000,
    pendingBytesMax: 3000,
  });
  let accepted = 0;
  for (let k = 0; k < 1000; k += 1) if (writer.write(START + k, frameOf(1))) accepted += 1;
  assert.equal(writer.refused, 1000 - accepted);
  assert.ok(writer.refused > 0 && accepted > 20);
  await writer.flush();
  assert.equal(writer.write(START + 5000, frameOf(1)), true);
  await writer.close();
  assert.equal((await readBack(writer.paths)).length, accepted + 1);
});

test('capture writer: a folder that cannot be made is an error of flush', async () => {
  const blocked = join(root, 'file');
  await writeFile(blocked, 'not a folder');
  const told: string[] = [];
  const onFailure = ({ message }: Error): number => told.push(message);
  const writer = createCaptureWriter({ folder: join(blocked, 'inside'), name: 'x', onFailure });
  writer.write(START, '{"a":1}');
  await assert.rejects(writer.flush(), /ENOTDIR|EEXIST/);
  assert.equal(writer.write(START, '{"a":1}'), false);
  await assert.rejects(writer.close(), /ENOTDIR|EEXIST/);
  assert.match(told.join(), /^(ENOTDIR|EEXIST)[^,]+, mkdir [^,]+$/, 'once');
});
