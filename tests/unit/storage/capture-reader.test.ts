// Owns the tests of reading capture files: order, times, and every way a file can be damaged.
// Promise: each fault names file and line, and the good lines before it are all delivered.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readCaptures } from '../../../engine/storage/capture-reader.ts';
import {
  CAPTURE_LINE_BYTES_MAX,
  type CaptureProblem,
} from '../../../engine/storage/capture-source.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'colin-capture-'));
});
after(() => rm(folder, { recursive: true }));

interface Frame {
  readonly source: number;
  readonly us: number;
  readonly line: number;
  readonly text: string;
}

async function readAll(
  paths: readonly string[],
): Promise<{ readonly frames: Frame[]; readonly problems: CaptureProblem[] }> {
  const frames: Frame[] = [];
  const problems: CaptureProblem[] = [];
  for await (const batch of readCaptures(paths, (problem) => problems.push(problem))) {
    for (let k = 0; k < batch.count; k += 1) {
      const source = batch.sources[k]!;
      const text = batch.buffers[source]!.toString('utf8', batch.starts[k]!, batch.ends[k]!);
      frames.push({ source, us: batch.receiveUs[k]!, line: batch.lines[k]!, text });
    }
  }
  return { frames, problems };
}

async function put(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const lineOf = (us: number, text = `{"n":${us}}`): string => `${us}123 ${text}\n`;
const BASE = 1723161255030314;
const lines = (count: number, step = 10): string =>
  Array.from({ length: count }, (_, k) => lineOf(BASE + k * step, `{"k":${k}}`)).join('');
const kinds = (problems: readonly CaptureProblem[]): string[] => problems.map(({ kind }) => kind);

test('capture reader: gzip and plain give the same frames, whatever the name', async () => {
  const text = lines(20000);
  const plain = await readAll([await put('plain.gz', text)]);
  const packed = await readAll([await put('packed.ndjson', gzipSync(text))]);
  assert.equal(plain.frames.length, 20000);
  assert.deepEqual(packed, plain);
  assert.deepEqual(plain.problems, []);
  assert.deepEqual(plain.frames[19999], {
    source: 0,
    us: BASE + 199990,
    line: 20000,
    text: '{"k":19999}',
  });
});

test('capture reader: gzip members behind each other are one file', async () => {
  const members = Buffer.concat([gzipSync(lineOf(BASE)), gzipSync(lineOf(BASE + 1))]);
  const { frames, problems } = await readAll([await put('members.gz', members)]);
  assert.deepEqual([frames.length, problems.length], [2, 0]);
});

test('capture reader: several files merge by time, ties to the file named first', async () => {
  const first = await put('first', lineOf(BASE + 1) + lineOf(BASE + 3) + lineOf(BASE + 3));
  const second = await put('second', lineOf(BASE) + lineOf(BASE + 3) + lineOf(BASE + 4));
  const { frames } = await readAll([first, second]);
  assert.deepEqual(
    frames.map(({ source, us }) => [source, us - BASE]),
    [
      [1, 0],
      [0, 1],
      [0, 3],
      [0, 3],
      [1, 3],
      [1, 4],
    ],
  );
  const swapped = await readAll([second, first]);
  assert.deepEqual(
    swapped.frames.map(({ source, us }) => [source, us - BASE]),
    [
      [0, 0],
      [1, 1],
      [0, 3],
      [1, 3],
      [1, 3],
      [0, 4],
    ],
  );
});

test('capture reader: many interleaved lines come in order, none lost', async () => {
  const paths = [];
  for (let n = 0; n < 3; n += 1) {
    const text = Array.from({ length: 9000 }, (_, k) => lineOf(BASE + k * 3 + n)).join('');
    paths.push(await put(`many-${n}`, gzipSync(text)));
  }
  const { frames } = await readAll(paths);
  assert.equal(frames.length, 27000);
  assert.ok(frames.every(({ us }, k) => us === BASE + k));
});

test('capture reader: lines without a receive time take their event time', async () => {
  const { frames, problems } = await readAll([
    await put(
      'events',
      '{"e":"aggTrade","E":1604221200091,"s":"X"}\n{"e":"x","E":1604221200092}\n',
    ),
  ]);
  assert.deepEqual(
    frames.map(({ us }) => us),
    [1604221200091000, 1604221200092000],
  );
  assert.deepEqual(problems, []);
});

test('capture reader: frames without a time go first, at the earliest other time', async () => {
  const book = '{"lastUpdateId": 5, "bids": [], "asks": []}';
  const diffs = await put('diffs', lineOf(BASE) + lineOf(BASE + 1));
  const one = await put('book-1.json', book);
  const two = await put('book-2.json.gz', gzipSync(book));
  const { frames } = await readAll([diffs, one, two]);
  assert.deepEqual(
    frames.map(({ source, us }) => [source, us - BASE]),
    [
      [1, 0],
      [2, 0],
      [0, 0],
      [0, 1],
    ],
  );
});

test('capture reader: a truncated gzip gives its whole lines, then says where', async () => {
  const random = Array.from({ length: 5000 }, (_, k) => lineOf(BASE + k, `{"x":${Math.sin(k)}}`));
  const packed = gzipSync(random.join(''));
  const path = await put('truncated.gz', packed.subarray(0, packed.length - 5000));
  const { frames, problems } = await readAll([path]);
  assert.deepEqual(kinds(problems), ['truncated']);
  assert.ok(frames.length > 1000 && frames.length < 5000, String(frames.length));
  assert.equal(problems[0]?.line, frames.length + 1);
  assert.equal(problems[0]?.offset, random.slice(0, frames.length).join('').length);
  assert.equal(problems[0]?.path, path);
});

test('capture reader: a corrupt gzip keeps what was read before the damage', async () => {
  const random = Array.from({ length: 40000 }, (_, k) => lineOf(BASE + k, `{"x":${Math.sin(k)}}`));
  const packed = gzipSync(random.join(''));
  packed.fill(0xff, packed.length - 30000, packed.length - 29000);
  const { frames, problems } = await readAll([await put('corrupt.gz', packed)]);
  // Deflate may decode damage to garbage lines before its check sum shows it: they are named too.
  assert.equal(kinds(problems).at(-1), 'corrupt_gzip');
  const damaged = Math.min(...problems.map(({ line }) => line));
  assert.ok(damaged > 20000, String(damaged));
  const before = frames.slice(0, damaged - 2);
  assert.ok(before.every(({ us, line }, k) => us === BASE + k && line === k + 1));
});

test('capture reader: a file that only looks like gzip is corrupt, not empty', async () => {
  const { frames, problems } = await readAll([
    await put('fake.gz', Buffer.from([0x1f, 0x8b, 1, 2])),
  ]);
  assert.equal(frames.length, 0);
  assert.equal(problems.length, 1);
});

test('capture reader: a missing file is named and does not stop the others', async () => {
  const good = await put('good', lineOf(BASE));
  const { frames, problems } = await readAll([join(folder, 'absent.gz'), good]);
  assert.equal(frames.length, 1);
  assert.deepEqual(kinds(problems), ['unreadable']);
  assert.match(problems[0]?.what ?? '', /ENOENT/);
});

for (const [name, line, kind] of [
  ['a JSON line cut in half', `${BASE}123 {"k":1`, 'cut_line'],
  ['a line without its number', '{"k":1}', 'missing_time'],
  ['a number of seconds', '1723161255 {"k":1}', 'missing_time'],
  ['a word for the number', 'now {"k":1}', 'missing_time'],
  ['a number and nothing else', `${BASE}123`, 'missing_time'],
  ['a number, a space and nothing else', `${BASE}123 `, 'missing_frame'],
] as const) {
  test(`capture reader: ${name} is ${kind} with its line, and the rest is read`, async () => {
    const text = `${lineOf(BASE)}${line}\n${lineOf(BASE + 2)}`;
    const { frames, problems } = await readAll([await put('damaged', text)]);
    assert.equal(frames.length, 2);
    assert.deepEqual(
      problems.map((problem) => [problem.kind, problem.line, problem.offset]),
      [[kind, 2, lineOf(BASE).length]],
    );
    assert.equal(frames[1]?.line, 3);
  });
}

test('capture reader: a last line without its line break is read, or named as cut', async () => {
  const whole = await readAll([await put('whole', lineOf(BASE).trimEnd())]);
  assert.deepEqual([whole.frames.length, whole.problems.length], [1, 0]);
  const cut = await readAll([await put('cut', lineOf(BASE).slice(0, -3))]);
  assert.deepEqual([cut.frames.length, kinds(cut.problems)], [0, ['cut_line']]);
});

test('capture reader: time that runs backwards is named, the line keeps its place', async () => {
  const text = lineOf(BASE + 5) + lineOf(BASE) + lineOf(BASE + 6);
  const { frames, problems } = await readAll([await put('back', text)]);
  assert.deepEqual(
    frames.map(({ us }) => us - BASE),
    [5, 0, 6],
  );
  assert.deepEqual(
    problems.map(({ kind, line }) => [kind, line]),
    [['time_backwards', 2]],
  );
});

test('capture reader: Windows line ends and empty lines do no harm', async () => {
  const text = `${lineOf(BASE).trimEnd()}\r\n\n\r\n${lineOf(BASE + 1)}`;
  const { frames, problems } = await readAll([await put('windows', text)]);
  assert.deepEqual(
    frames.map(({ line, text: json }) => [line, json]),
    [
      [1, `{"n":${BASE}}`],
      [4, `{"n":${BASE + 1}}`],
    ],
  );
  assert.deepEqual(problems, []);
});

test('capture reader: an empty file has no frames and no faults', async () => {
  assert.deepEqual(await readAll([await put('empty', '')]), { frames: [], problems: [] });
});

test('capture reader: a reader that stops early leaves no file open', async () => {
  const path = await put('early.gz', gzipSync(lines(50000)));
  for await (const batch of readCaptures([path], () => undefined)) {
    assert.ok(batch.count > 0);
    break;
  }
  await rm(path); // a handle left open would be reported by node at garbage collection
});

test('capture reader: a line beyond the bound ends its file', async () => {
  const endless = gzipSync(Buffer.alloc(CAPTURE_LINE_BYTES_MAX + 1_000_000, 0x31));
  const { frames, problems } = await readAll([await put('endless.gz', endless)]);
  assert.deepEqual([frames.length, kinds(problems)], [0, ['line_too_long']]);
});
