// Owns the tests of the keys of a gateway, of a run's recorder, and of what is said about frames.
// Promise: every file lies in a temporary folder.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openAccess } from '../../../cli/control/access.ts';
import { createFrameFaults } from '../../../cli/trade/frame-faults.ts';
import { openRecorder } from '../../../cli/trade/recorder.ts';
import { SPOT, USDM } from '../../market-fixture.ts';
import { capture } from './captured.ts';

function temporary(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'colin-cli-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test("access: the local key is made once, is the owner's alone, and leaves as a hash", (t) => {
  const dir = temporary(t);
  const access = openAccess(dir, []);
  const key = readFileSync(access.keyPath, 'utf8').trim();
  assert.match(key, /^colin_[\w-]{43}$/);
  assert.equal(statSync(access.keyPath).mode & 0o777, 0o600);
  assert.deepEqual(access.keys, [{ name: 'local', role: 'admin', sha256: sha256(key) }]);
  assert.doesNotMatch(JSON.stringify(access.keys), new RegExp(key));
  const again = openAccess(dir, []);
  assert.deepEqual(again.keys, access.keys);
  assert.notEqual(again.token, access.token, 'a sign-in token serves one start');
});

test('access: keys of the environment are added by number, as hashes', (t) => {
  const { keys } = openAccess(temporary(t), ['first', 'second']);
  assert.deepEqual(
    keys.slice(1).map(({ name, sha256: digest }) => [name, digest]),
    [
      ['admin-1', sha256('first')],
      ['admin-2', sha256('second')],
    ],
  );
});

test('recorder: frames of each venue end up in its file, as they came', async (t) => {
  const dir = temporary(t);
  const recorder = openRecorder(dir);
  recorder.write(1_723_161_256_000_001, '{"a":1}', USDM);
  recorder.write(1_723_161_256_000_002, '{"b":2}', SPOT);
  recorder.write(1_723_161_256_000_003, '{"c":3}', USDM);
  await recorder.close();
  const files = readdirSync(dir).sort();
  assert.deepEqual(
    files.map((name) => /^binance-(spot|usdm)/.exec(name)?.[0]),
    ['binance-spot', 'binance-usdm'],
  );
  const text = gunzipSync(readFileSync(join(dir, files[1] ?? ''))).toString();
  assert.equal(text, '1723161256000001000 {"a":1}\n1723161256000003000 {"c":3}\n');
});

test('recorder: without a folder nothing is recorded', async () => {
  const recorder = openRecorder(null);
  recorder.write(1, '{}', USDM);
  await recorder.close();
});

test('frame faults: the first three of a kind and file are told, all are counted', async () => {
  const faults = createFrameFaults();
  const problem = { kind: 'not_a_number', what: 'price', at: 7 } as never;
  const { err } = await capture(() => {
    for (let line = 1; line <= 5; line += 1) faults.onFrame('a.ndjson', line, problem);
    faults.onFrame('b.ndjson', 9, problem);
    return 0;
  });
  const lines = err.trimEnd().split('\n');
  assert.equal(lines.length, 5);
  assert.match(lines[0] ?? '', /a\.ndjson:1: character 7 of the frame: not_a_number: price/);
  assert.match(lines[3] ?? '', /further 'not_a_number' are only counted/);
  assert.match(lines[4] ?? '', /b\.ndjson:9:/);
  assert.deepEqual(faults.summary(), { not_a_number: 6 });
  assert.ok(faults.isDamaged);
});

test("frame faults: a stream nobody decodes and a recorder's clock are no damage", async () => {
  const faults = createFrameFaults();
  await capture(() => {
    faults.onFrame('a', 1, { kind: 'unknown_stream', what: 'x', at: 0 } as never);
    const where = { path: 'a', line: 2, offset: 9, what: 'x' };
    faults.onCapture({ kind: 'time_backwards', ...where } as never);
    return 0;
  });
  assert.equal(faults.isDamaged, false);
  assert.deepEqual(faults.summary(), { unknown_stream: 1, time_backwards: 1 });
});
