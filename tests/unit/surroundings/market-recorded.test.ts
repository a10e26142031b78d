// Owns the cases of recordings as a source: whose a frame is, and what is told of a bad one.
// Promise: files are the generator's, in a folder that ends with the test.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { inspectCaptures } from '../../../engine/storage/capture-inspect.ts';
import { openRecordedMarket } from '../../../engine/surroundings/market-recorded.ts';
import { captureLines, oneInstrument, writeCapture } from '../../capture-fixture.ts';

interface Line {
  readonly instruments: readonly Instrument[];
  source: Instrument | null;
  readonly frames: string[];
}

/** Two files of the same market; lines refuse the frames that `isBad` names. */
async function openFiles(t: TestContext, isBad: (line: number, frame: number) => boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'colin-recorded-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const paths = ['a', 'b'].map((seed) =>
    writeCapture(join(folder, `${seed}.ndjson`), captureLines(1, seed)),
  );
  const lines: Line[] = [];
  const told: string[] = [];
  const source = openRecordedMarket({
    paths,
    inventory: await inspectCaptures(paths, ({ what }) => told.push(what)),
    instruments: [oneInstrument(), oneInstrument('binance-spot')],
    onCapture: ({ what }) => told.push(what),
    onFrame: (path, line, { what }) =>
      told.push(`${path.slice(folder.length + 1)}:${line} ${what}`),
  });
  source.connect((instruments) => {
    const line: Line = { instruments, source: null, frames: [] };
    const number = lines.push(line);
    return {
      list: () => undefined,
      unlist: () => undefined,
      setSource(instrument) {
        line.source = instrument;
      },
      take(bytes, start, end) {
        const count = line.frames.push(Buffer.from(bytes.subarray(start, end)).toString());
        return isBad(number, count) ? { kind: 'cut', what: 'cut', at: 0 } : null;
      },
    };
  });
  return { source, lines, told };
}

const textOf = (line: string): string => line.slice(line.indexOf(' ') + 1);

test('recorded market: files merge by time, each a line of its own venue', async (t) => {
  const { source, lines, told } = await openFiles(t, () => false);
  assert.equal(source.nextUs(), Number.POSITIVE_INFINITY, 'nothing was fetched yet');
  let lastUs = 0;
  while (await source.load()) {
    for (; source.nextUs() < Number.POSITIVE_INFINITY; source.step()) {
      assert.ok(source.nextUs() >= lastUs);
      lastUs = source.nextUs();
    }
  }
  await source.close();
  for (const [k, seed] of ['a', 'b'].entries()) {
    assert.deepEqual(lines[k]?.frames, captureLines(1, seed).map(textOf));
    assert.deepEqual(lines[k]?.instruments, [oneInstrument()]);
    assert.deepEqual(lines[k]?.source, oneInstrument(), 'it holds one: whose snapshots are');
  }
  assert.deepEqual(told, []);
});

test('recorded market: a frame that is refused is told with its file and line', async (t) => {
  const { source, told } = await openFiles(t, (line, frame) => line === 2 && frame === 3);
  while (await source.load()) {
    while (source.nextUs() < Number.POSITIVE_INFINITY) source.step();
  }
  await source.close();
  assert.deepEqual(told, ['b.ndjson:3 cut']);
});
