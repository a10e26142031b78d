// Owns the proof that inference tells nobody: no client of Microsoft's starts with onnxruntime.
// Promise: a process with an empty home and an empty folder for temporary files leaves both empty.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '../../..');
const url = (path: string): string => JSON.stringify(pathToFileURL(join(ROOT, path)).href);

const OPEN = `
  const { openModel } = await import(${url('engine/models/session.ts')});
  const model = await openModel(${JSON.stringify(join(ROOT, 'models/demo'))});
  if (model.kind !== 'model') throw new Error(model.message);
  await model.close();`;

// A worker's process.env is a copy that the native library does not see.
const IN_WORKER = `
  import { once } from 'node:events';
  import { Worker } from 'node:worker_threads';
  await import(${url('workers/start.ts')});
  const code = ${JSON.stringify(`(async () => {${OPEN}})()`)};
  const [exitCode] = await once(new Worker(code, { eval: true }), 'exit');
  if (exitCode !== 0) throw new Error('the worker ended with ' + exitCode);`;

for (const [where, code] of [
  ['its process', OPEN],
  ['a worker', IN_WORKER],
] as const) {
  test(`no telemetry: a model that runs in ${where} leaves no trace of a client`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'colin-quiet-'));
    t.after(() => rm(folder, { recursive: true }));
    // The client is silent where CI is set: this process has nothing but a home.
    const env = { HOME: folder, TMPDIR: folder, ORT_DISABLE_TELEMETRY: '0' };
    const args = ['--no-warnings', '--input-type=module', '--eval', code];
    const run = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
    assert.deepEqual(await readdir(folder, { recursive: true }), []);
  });
}
