// Owns the proof that `colin train` turns capture files into a model folder that loads.
// Promise: the real command in its own process, on a generated market; nothing recorded.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { listInstruments } from '../../../engine/market/instruments.ts';
import type { Manifest } from '../../../engine/models/model.ts';
import { openModel } from '../../../engine/models/session.ts';
import { inferInstrument } from '../../../engine/venues/binance/catalogue.ts';
import { createGenerator } from '../../../engine/venues/generated/generator.ts';

const MAIN = join(import.meta.dirname, '../../../cli/main.ts');
const START_US = 1_700_000_000e6;
const SECONDS = 100;

let folder = '';
const captures: string[] = [];

/** One file an instrument: a snapshot, then every frame with its receive time in nanoseconds. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colin-train-'));
  const instruments = listInstruments([
    inferInstrument('binance-usdm', 'BTCUSDT', 2, 3),
    inferInstrument('binance-usdm', 'ETHUSDT', 2, 3),
  ]);
  const generator = createGenerator({ seed: 'train', instruments, startUs: START_US });
  const line = (us: number, frame: string): string => `${Math.round(us)}000 ${frame}\n`;
  const texts = instruments.map((instrument) => line(START_US, generator.snapshot(instrument)));
  generator.advance(START_US + SECONDS * 1e6, (us, frame, instrument) => {
    texts[instrument.index] += line(us, frame);
  });
  for (const [index, text] of texts.entries()) {
    const symbol = instruments[index]!.symbol.toLowerCase();
    const path = join(folder, `binance-usdm-${symbol}-generated.ndjson`);
    await writeFile(path, text);
    captures.push(path);
  }
});
after(() => rm(folder, { recursive: true }));

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const colin = (...args: string[]): Promise<Run> =>
  new Promise((resolve) => {
    execFile(process.execPath, [MAIN, 'train', ...args], (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, stdout, stderr });
    });
  });

test('train: generated captures become a model that loads, with its provenance', async () => {
  const out = join(folder, 'model');
  const data = captures.flatMap((path) => ['--data', path]);
  const { code, stdout, stderr } = await colin(...data, '--out', out, '--json');
  assert.equal(code, 0, stderr);
  const { manifest } = JSON.parse(stdout) as { manifest: Manifest };
  assert.equal(manifest.folds.length, 5);
  assert.equal(manifest.horizonUs, 1e6);
  assert.deepEqual(
    manifest.data.map(({ instrument }) => instrument),
    ['BTCUSDT.binance-usdm', 'ETHUSDT.binance-usdm'],
  );
  assert.ok(manifest.data.every(({ rows }) => rows > 50));
  assert.ok(manifest.caveats.length > 2);
  const text = await readFile(join(out, 'manifest.json'), 'utf8');
  assert.ok(!text.includes(folder), 'no path of this machine in the manifest');
  const opened = await openModel(out);
  assert.equal(opened.kind, 'model');
  if (opened.kind === 'model') await opened.close();
});

test('train: the same files give the same bytes, and a report for people on stdout', async () => {
  const [path = ''] = captures;
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  const first = await colin('--data', path, '--out', one, '--horizon', '500ms');
  const second = await colin('--data', path, '--out', two, '--horizon', '500ms');
  assert.equal(first.code, 0, first.stderr);
  assert.equal(second.code, 0, second.stderr);
  for (const file of ['model.onnx', 'manifest.json']) {
    assert.deepEqual(await readFile(join(one, file)), await readFile(join(two, file)));
  }
  assert.match(first.stdout, /up or down over 500ms, starting 100ms after/);
  assert.match(first.stdout, /fold 5 /);
});

test('train: no data, a missing file and wrong options are usage errors', async () => {
  const cases: readonly (readonly [string[], RegExp])[] = [
    [[], /give --data FILE/],
    [['--data', join(folder, 'absent.ndjson')], /no such file/],
    [['--data', captures[0]!, '--horizon', 'soon'], /--horizon soon/],
    [['--data', captures[0]!, '--model', 'oracle'], /can be trained are: linear/],
    [['--colour'], /colin help train/],
  ];
  for (const [args, expected] of cases) {
    const { code, stderr, stdout } = await colin(...args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, expected);
    assert.equal(stdout, '');
  }
});

test('train: files that cannot carry a model end with exit code 4', async () => {
  const junk = join(folder, 'junk.ndjson');
  await writeFile(junk, '1700000000000000000 {"hello":"world"}\n');
  assert.equal((await colin('--data', junk)).code, 4);
  const short = join(folder, 'binance-usdm-btcusdt-short.ndjson');
  const text = await readFile(captures[0]!, 'utf8');
  await writeFile(short, text.split('\n').slice(0, 60).join('\n'));
  const { code, stderr } = await colin('--data', short, '--out', join(folder, 'never'));
  assert.equal(code, 4, stderr);
  assert.match(stderr, /no model/);
});
