// Owns the law that no training or calibration row knows anything of a later block.
// Promise: holds for any times, folds and embargo fast-check thinks of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitWalkForward } from '../../../engine/models/validation.ts';

const scenario = fc.record({
  gaps: fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 20, maxLength: 300 }),
  reachUs: fc.integer({ min: 1, max: 5000 }),
  folds: fc.integer({ min: 1, max: 8 }),
  embargoUs: fc.integer({ min: 0, max: 2000 }),
});

test('validation: labels of train and calibration rows end before the next block begins', () => {
  const run = fc.property(scenario, ({ gaps, reachUs, folds, embargoUs }) => {
    let time = 0;
    const timeUs = Float64Array.from(gaps, (gap) => {
      time += gap;
      return time;
    });
    const labelEndUs = timeUs.map((us) => us + reachUs);
    const options = { folds, firstTrainShare: 0.4, calibrateShare: 0.2, embargoUs };
    const seen = new Set<number>();
    for (const { train, calibrate, test: tested } of splitWalkForward(
      { timeUs, labelEndUs },
      options,
    )) {
      const testStart = Math.min(...[...tested].map((row) => timeUs[row]!));
      const calibrateStart = Math.min(...[...calibrate].map((row) => timeUs[row]!));
      for (const row of calibrate) assert.ok(labelEndUs[row]! + embargoUs < testStart);
      for (const row of train) assert.ok(labelEndUs[row]! + embargoUs < calibrateStart);
      for (const row of tested) {
        assert.ok(!seen.has(row), 'test blocks do not overlap');
        seen.add(row);
      }
    }
  });
  fc.assert(run, { seed: 20240808, numRuns: 300 });
});
