// Owns the proof that requests for forecasts are bounded: a real worker, real rings, no model.
// Promise: what waits is the answer of the worker, never a time.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { compileKernels } from '../../../engine/memory/kernels.ts';
import { startForecastWorkers } from '../../../engine/surroundings/forecasts.ts';
import { layGround } from '../../../engine/surroundings/ground.ts';
import { at, BTC, configOf, ETH } from '../../engine-fixture.ts';

const wasm = compileKernels(
  readFileSync(resolve(import.meta.dirname, '../../../build/colin.wasm')),
);

test('forecasts: no more are asked for at once than may be, and an answer makes room', async () => {
  const ground = layGround(configOf(), [BTC, ETH], wasm);
  const answered: string[] = [];
  let onAnswer = (): void => undefined;
  const forecasts = await startForecastWorkers({
    ground,
    instruments: [BTC, ETH],
    modelDir: null,
    modelVersion: 'none',
    inFlightMax: 2,
    nowNs: () => performance.now() * 1e6,
    onFault: (reason) => assert.fail(reason),
    deliver({ instrument }) {
      answered.push(instrument.key);
      onAnswer();
    },
  });
  try {
    const refused = (): number => ground.telemetry.read('forecastsRefused');
    for (let k = 0; k < 5; k += 1) forecasts.request(k % 2 === 0 ? BTC : ETH, at(k), 0);
    assert.equal(refused(), 3);
    while (answered.length < 2) {
      await new Promise<void>((done) => {
        onAnswer = done;
      });
    }
    assert.deepEqual(answered, [BTC.key, ETH.key]);
    forecasts.request(ETH, at(9), 0);
    assert.equal(refused(), 3);
  } finally {
    await forecasts.close();
  }
});
