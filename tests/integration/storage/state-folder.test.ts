// Owns the proof that one state folder serves one engine, and that a dead one blocks nobody.
// Promise: real processes hold the lock and lose it by SIGKILL.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStateFolder } from '../../../engine/storage/state-folder.ts';
import { temporaryFolder } from './journal-fixture.ts';

const MODULE = join(import.meta.dirname, '../../../engine/storage/state-folder.ts');
const HOLDER = `
  const { openStateFolder } = await import(${JSON.stringify(MODULE)});
  process.stdout.write(openStateFolder(process.argv[1]).kind);
  setInterval(() => undefined, 1000);
`;

test('state: a second engine is refused, and told by whom, until that one dies', async () => {
  const dir = join(temporaryFolder(), 'new', 'state');
  const arguments_ = ['--disable-warning=ExperimentalWarning', '--input-type=module'];
  const child = spawn(process.execPath, [...arguments_, '-e', HOLDER, dir]);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  assert.equal(said.toString(), 'open');
  const refused = openStateFolder(dir);
  assert.ok(refused.kind === 'in_use');
  assert.equal(refused.pid, child.pid);
  assert.match(refused.message, new RegExp(`in use by process ${child.pid}`));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const taken = openStateFolder(dir);
  assert.ok(taken.kind === 'open', 'the lock of a dead process is free');
  taken.close();
});

test('state: the same process cannot open a folder twice, and can after closing it', () => {
  const dir = temporaryFolder();
  const first = openStateFolder(dir);
  assert.ok(first.kind === 'open');
  assert.ok(existsSync(first.paths.journal));
  assert.equal(openStateFolder(dir).kind, 'in_use');
  first.close();
  first.close();
  const second = openStateFolder(dir);
  assert.ok(second.kind === 'open');
  second.close();
});

test('state: a folder that cannot be made is a problem that names it', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const problem = openStateFolder(join(file, 'state'));
  assert.ok(problem.kind === 'unwritable');
  assert.match(problem.message, /cannot use the state folder .*file.*state: ENOTDIR.*--state/);
});

test('state: a lock file that somebody removes does not let a second engine in', () => {
  const dir = temporaryFolder();
  const first = openStateFolder(dir);
  assert.ok(first.kind === 'open');
  for (let times = 0; times < 2; times += 1) {
    rmSync(join(dir, 'engine.lock'));
    const refused = openStateFolder(dir);
    assert.ok(refused.kind === 'in_use');
    assert.equal(refused.pid, process.pid);
    assert.match(refused.message, /still uses .* although its engine\.lock was removed; stop/);
  }
  first.close();
  const second = openStateFolder(dir);
  assert.ok(second.kind === 'open', 'nobody has it open any more');
  second.close();
});
