// Owns the proof that the rehearsal before a run does not ask for more than its own small world.
// Promise: real kernels and a real journal thread; limits come from the settings of a user.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readKernels } from '../../../cli/invocation.ts';
import { rehearse } from '../../../engine/surroundings/rehearsal.ts';
import { configOf } from '../../engine-fixture.ts';
import { openOrThrow, temporaryFolder } from '../../system-fixture.ts';

test('rehearsal: limits of a venue it does not play do not keep a run from starting', async (t) => {
  const limits = {
    venues: { 'binance-spot': { gross: 500_000 } },
    instruments: { 'BTCUSDT.binance-spot': { position: 50_000 } },
  };
  const settings = [`risk.limits=${JSON.stringify(limits)}`];
  const { system } = await openOrThrow({ stateDir: temporaryFolder(t), settings });
  const { hardOf } = system.rooms.limits;
  const hard = [
    hardOf('venue:binance-spot', 'gross'),
    hardOf('instrument:BTCUSDT.binance-spot', 'position'),
  ];
  await system.stop('test');
  assert.deepEqual(hard, [500_000, 50_000]);
});

test('rehearsal: its orders pass every limit of the default configuration and go out', () => {
  const orders = rehearse(readKernels(), configOf([]), () => performance.now() * 1e6);
  assert.ok(orders > 1400, `${orders} of 1,500 orders went out: refusals are rehearsed instead`);
});
