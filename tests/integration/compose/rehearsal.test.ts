// Owns the proof that the rehearsal before a run does not ask for more than its own small world.
// Promise: real kernels and a real journal thread; limits come from the settings of a user.
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
