// Owns the laws of the binary frames: nothing is changed on the way, nothing foreign throws.
// Promise: the same seed draws the same frames.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeFrame, encodeFrame } from '../../../engine/bus/codec.ts';
import { frames } from './frame-samples.ts';

test('codec: any frame decodes to what was encoded', () => {
  fc.assert(
    fc.property(frames, (frame) => {
      assert.deepEqual(decodeFrame(encodeFrame(frame)), { kind: 'frame', frame });
    }),
    { seed: 20240808, numRuns: 500 },
  );
});

test('codec: a frame with bytes changed or cut off decodes or is refused, and never throws', () => {
  let refused = 0;
  fc.assert(
    fc.property(frames, fc.nat(), fc.integer({ min: 1, max: 255 }), (frame, at, by) => {
      const bytes = encodeFrame(frame);
      bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ by;
      if (decodeFrame(bytes).kind === 'malformed') refused += 1;
      assert.equal(decodeFrame(bytes.subarray(0, at % 12)).kind, 'malformed');
    }),
    { seed: 20240808, numRuns: 2000 },
  );
  assert.ok(refused > 100, `${refused} refused`);
});

test('codec: bytes that are no frame at all are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      assert.equal(decodeFrame(noise).kind, 'malformed');
      noise.set(
        [67, 79, 76, 49].slice(0, Math.max(0, noise.length - 4)),
        Math.min(4, noise.length),
      );
      assert.ok(['malformed', 'frame'].includes(decodeFrame(noise).kind));
    }),
    { seed: 20240808, numRuns: 2000 },
  );
});
