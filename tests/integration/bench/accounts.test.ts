// Owns the proof that the benchmark of accounts still runs and does the same work each time.
// Promise: no time is judged here.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runAccountsBench, TINY_ACCOUNTS } from '../../../bench/accounts.ts';

test('bench: the benchmark of accounts measures every size and repeats its work', () => {
  const first = runAccountsBench(TINY_ACCOUNTS);
  const second = runAccountsBench(TINY_ACCOUNTS);
  assert.deepEqual(
    first.map(({ instruments }) => instruments),
    TINY_ACCOUNTS.instruments,
  );
  for (const [k, row] of first.entries()) {
    assert.ok(row.fillUs > 0 && row.foldsPerSecond > 0 && row.equityUs > 0);
    assert.equal(row.workHash, second[k]?.workHash);
  }
});
