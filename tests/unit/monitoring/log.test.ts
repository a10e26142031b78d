// Owns the tests of the log: where it goes, what it hides, when it starts anew.
// Promise: every log lies in a temporary folder that is removed again.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Log, openLog } from '../../../engine/monitoring/log.ts';

function temporary(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'colin-log-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const flush = (log: Log): Promise<void> =>
  new Promise((resolve, reject) => log.flush((error) => (error ? reject(error) : resolve())));

type Line = Readonly<Record<string, unknown>>;

const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

test('log: a line is one JSON object, in folders made for it', async (t) => {
  const file = join(temporary(t), 'a', 'b', 'colin.log');
  const log = openLog({ level: 'info', file, rotateBytes: 1000 });
  log.info({ orders: 3 }, 'stopped');
  await flush(log);
  const [line] = linesOf(file);
  assert.deepEqual([line?.msg, line?.orders, line?.level], ['stopped', 3, 30]);
  assert.match(String(line?.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(line?.pid, undefined);
});

test('log: what is below the level is not written', async (t) => {
  const file = join(temporary(t), 'colin.log');
  const log = openLog({ level: 'warn', file, rotateBytes: 1000 });
  log.debug('no');
  log.info('no');
  log.warn('yes');
  log.error('yes');
  await flush(log);
  assert.deepEqual(
    linesOf(file).map(({ msg }) => msg),
    ['yes', 'yes'],
  );
});

const SECRET_NAMES = [
  'key',
  'apiKey',
  'secret',
  'apiSecret',
  'token',
  'loginToken',
  'password',
  'passphrase',
  'authorization',
  'cookie',
  'signature',
  'adminApiKeys',
  'jwtSecretKey',
];

test('log: fields that hold secrets are redacted, one level down as well', async (t) => {
  const file = join(temporary(t), 'colin.log');
  const log = openLog({ level: 'info', file, rotateBytes: 1000 });
  for (const name of SECRET_NAMES) {
    log.info({ [name]: 'hush-hush', headers: { [name]: 'hush-hush' }, host: 'seen' }, name);
  }
  await flush(log);
  const lines = linesOf(file);
  assert.equal(lines.length, SECRET_NAMES.length);
  for (const line of lines) {
    assert.doesNotMatch(JSON.stringify(line), /hush/, String(line.msg));
    assert.equal(line.host, 'seen');
  }
});

test('log: a large file is put aside when the log opens, a small one is continued', async (t) => {
  const file = join(temporary(t), 'colin.log');
  writeFileSync(file, `{"msg":"${'x'.repeat(100)}"}\n`);
  const first = openLog({ level: 'info', file, rotateBytes: 1000 });
  first.info('second');
  await flush(first);
  assert.equal(linesOf(file).length, 2);
  const second = openLog({ level: 'info', file, rotateBytes: 50 });
  second.info('third');
  await flush(second);
  assert.deepEqual(
    linesOf(file).map(({ msg }) => msg),
    ['third'],
  );
  assert.equal(linesOf(`${file}.1`).length, 2);
});

test('log: a warning is in the file at once, with what was said before it', async (t) => {
  const file = join(temporary(t), 'colin.log');
  const log = openLog({ level: 'info', file, rotateBytes: 1000 });
  log.info('first');
  log.warn('second');
  while (readFileSync(file, 'utf8') === '') await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    linesOf(file).map(({ msg }) => msg),
    ['first', 'second'],
  );
});
