// Owns the proof that our bytes are FlatBuffers of colin.fbs to a foreign reader, the flatc tool.
// Promise: skips with its reason where flatc is not installed.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeFrame, encodeFrame } from '../../../engine/bus/codec.ts';
import type { BusFrame } from '../../../engine/bus/frame.ts';
import { frames } from '../../property/bus/frame-samples.ts';

const SCHEMA = resolve(import.meta.dirname, '../../../engine/bus/colin.fbs');
const hasFlatc = spawnSync('flatc', ['--version']).status === 0;
const skip = hasFlatc ? false : 'flatc is not installed (Debian: flatbuffers-compiler)';

const TABLES = {
  signal: 'Signal',
  order: 'OrderUpdate',
  fill: 'Fill',
  portfolio: 'Portfolio',
  metrics: 'Metrics',
  markets: 'Markets',
  trading_state: 'TradingStateChange',
} as const;
const TIMES: Readonly<Record<string, string>> = {
  created_at: 'created_us',
  updated_at: 'updated_us',
  as_of: 'as_of_us',
  equity_as_of: 'equity_as_of_us',
  changed_at: 'changed_us',
  received_at: 'received_us',
};

/** The JSON flatc gives for a value of ours: times as numbers, records as lists, no nulls. */
function expected(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expected);
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    const time = TIMES[name];
    if (time !== undefined) {
      const text = String(child);
      const seconds = text === '' ? 0 : Date.parse(`${text.slice(0, 19)}Z`) / 1000;
      out[time] = text === '' ? 0 : seconds * 1e6 + Number(text.slice(20, 26));
    } else if (name === 'cash' || name === 'counters') {
      out[name] = Object.entries(child as object).map(([key, entry]) => ({
        name: key,
        value: entry,
      }));
    } else if (child !== null) out[name] = expected(child);
  }
  return out;
}

function expectedEnvelope(frame: BusFrame): unknown {
  const { channel, sequence, time_us } = frame;
  const body = expected(frame.type === 'markets' ? { markets: frame.data } : frame.data);
  return { channel, sequence, time_us, body_type: TABLES[frame.type], body };
}

/** flatc prints doubles with 12 digits; everything else must be equal to the letter. */
function assertSame(got: unknown, want: unknown, where: string): void {
  if (typeof want === 'number' && !Number.isSafeInteger(want)) {
    const error = Math.abs(Number(got) - want);
    assert.ok(error <= Math.abs(want) * 1e-11 + 1e-12, `${where}: ${got} is not ${want}`);
  } else if (typeof want === 'object' && want !== null) {
    assert.deepEqual(Object.keys(got as object), Object.keys(want), where);
    for (const [key, child] of Object.entries(want)) {
      assertSame((got as Record<string, unknown>)[key], child, `${where}.${key}`);
    }
  } else assert.equal(got, want, where);
}

const samples = fc
  .sample(frames, { seed: 7, numRuns: 400 })
  .filter((frame, at, all) => all.slice(0, at).filter((f) => f.type === frame.type).length < 4);

test('codec: flatc reads our frames with the schema, to the same values', { skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'colin-flatc-'));
  const files = samples.map((frame, at) => {
    writeFileSync(join(dir, `f${at}.bin`), encodeFrame(frame));
    return `f${at}.bin`;
  });
  assert.ok(new Set(samples.map((frame) => frame.type)).size === 7, 'a sample of each kind');
  const options = ['--json', '--strict-json', '--raw-binary', '--defaults-json'];
  execFileSync('flatc', [...options, SCHEMA, '--', ...files], { cwd: dir });
  for (const [at, frame] of samples.entries()) {
    const text = readFileSync(join(dir, `f${at}.json`), 'utf8');
    assertSame(JSON.parse(text), expectedEnvelope(frame), frame.type);
  }
  rmSync(dir, { recursive: true });
});

test('codec: frames that flatc made from JSON decode to the same values', { skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'colin-flatc-'));
  for (const [at, frame] of samples.entries()) {
    writeFileSync(join(dir, `f${at}.json`), JSON.stringify(expectedEnvelope(frame)));
    execFileSync('flatc', ['--binary', SCHEMA, `f${at}.json`], { cwd: dir });
    const bytes = readFileSync(join(dir, `f${at}.bin`));
    assert.deepEqual(decodeFrame(bytes), { kind: 'frame', frame });
  }
  rmSync(dir, { recursive: true });
});
