// Owns one capture file as blocks of lines `<receive ns> <json>`, with their places.
// Promise: a bad line is skipped and named by file, line and byte; good lines are never lost.
import { type Inflater, openInflater } from './capture-inflate.ts';

export const CAPTURE_LINE_BYTES_MAX = 16 * 1024 * 1024;
const BLOCK_LINES = 8192;

export type CaptureProblemKind =
  | 'unreadable' // the file cannot be opened or read: the rest is lost
  | 'truncated' // gzip ends too early: the rest is lost
  | 'corrupt_gzip' // gzip is damaged: the rest is lost
  | 'line_too_long' // beyond CAPTURE_LINE_BYTES_MAX: the rest is lost
  | 'cut_line' // a line that does not end in a closing brace: skipped
  | 'missing_time' // a line without its 19-digit nanoseconds: skipped
  | 'missing_frame' // a time and nothing after it: skipped
  | 'time_backwards'; // received before the line above: kept, in file order

export interface CaptureProblem {
  readonly kind: CaptureProblemKind;
  readonly path: string;
  readonly line: number; // 1-based, of the uncompressed text
  readonly offset: number; // byte offset of the line in the uncompressed text
  readonly what: string;
}

export type OnCaptureProblem = (problem: CaptureProblem) => void;

/** Lines of one file that are in memory now; replaced by load(). */
export interface CaptureBlock {
  bytes: Buffer;
  count: number;
  next: number; // first line not yet taken
  readonly starts: Int32Array; // of the JSON, in `bytes`
  readonly ends: Int32Array; // exclusive
  readonly receiveUs: Float64Array; // NaN: the line has no time and none was seen before it
  readonly lines: Float64Array; // line numbers
}

export interface CaptureSource {
  readonly path: string;
  readonly block: CaptureBlock;
  /** Replaces the block by the next lines; false when there are no more. */
  load(): Promise<boolean>;
  close(): Promise<void>;
}

interface Reading {
  readonly path: string;
  readonly report: OnCaptureProblem;
  readonly block: CaptureBlock;
  rest: Buffer; // bytes not yet scanned
  offset: number; // of rest[0] in the text
  line: number; // of rest[0]
  hasTimes: boolean; // lines of this file begin with nanoseconds
  lastUs: number;
  isEnded: boolean;
}

/** Nothing is read until load(). */
export function createCaptureSource(path: string, report: OnCaptureProblem): CaptureSource {
  let inflater: Inflater | null = null;
  const reading: Reading = {
    path,
    report,
    block: {
      bytes: Buffer.alloc(0),
      count: 0,
      next: 0,
      starts: new Int32Array(BLOCK_LINES),
      ends: new Int32Array(BLOCK_LINES),
      receiveUs: new Float64Array(BLOCK_LINES),
      lines: new Float64Array(BLOCK_LINES),
    },
    rest: Buffer.alloc(0),
    offset: 0,
    line: 1,
    hasTimes: false,
    lastUs: Number.NaN,
    isEnded: false,
  };
  return {
    path,
    block: reading.block,
    async load() {
      inflater ??= await open(reading);
      reading.block.count = 0;
      reading.block.next = 0;
      while (reading.block.count === 0 && inflater !== null) {
        scanBlock(reading);
        if (reading.block.count > 0) return true;
        if (reading.isEnded) break;
        await readMore(reading, inflater);
      }
      return reading.block.count > 0;
    },
    async close() {
      await inflater?.close();
      inflater = null;
      reading.isEnded = true;
    },
  };
}

async function open(reading: Reading): Promise<Inflater | null> {
  if (reading.isEnded) return null;
  const opened = await openInflater(reading.path);
  if (!('kind' in opened)) return opened;
  reading.isEnded = true;
  note(reading, opened.kind, 0, opened.what);
  return null;
}

async function readMore(reading: Reading, inflater: Inflater): Promise<void> {
  const bytes = await inflater.next();
  if (bytes.length > 0) {
    reading.rest = reading.rest.length === 0 ? bytes : Buffer.concat([reading.rest, bytes]);
    if (reading.rest.length <= CAPTURE_LINE_BYTES_MAX) return;
    if (reading.rest.indexOf(NEWLINE) >= 0) return;
    note(reading, 'line_too_long', 0, `no end of line in ${CAPTURE_LINE_BYTES_MAX} bytes`);
    reading.rest = Buffer.alloc(0);
    reading.isEnded = true;
    return;
  }
  reading.isEnded = true;
  const fault = inflater.fault();
  if (fault !== null) {
    note(reading, fault.kind, 0, fault.what);
    reading.rest = Buffer.alloc(0); // the half line before the fault
  } else if (reading.rest.length > 0) {
    reading.rest = Buffer.concat([reading.rest, Buffer.from('\n')]); // an unended last line
  }
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const ZERO = 0x30;
const NINE = 0x39;
const NS_DIGITS = 19; // of nanoseconds from 2001 to 2286

// Whole lines of `rest` into the block, up to its capacity; what is left stays in `rest`.
function scanBlock(reading: Reading): void {
  const { block, rest } = reading;
  block.bytes = rest;
  let at = 0;
  while (block.count < BLOCK_LINES) {
    const newline = rest.indexOf(NEWLINE, at);
    if (newline < 0) break;
    const end = newline > at && rest[newline - 1] === RETURN ? newline - 1 : newline;
    if (end > at) scanLine(reading, at, end);
    reading.line += 1;
    at = newline + 1;
  }
  reading.offset += at;
  reading.rest = rest.subarray(at);
}

function scanLine(reading: Reading, start: number, end: number): void {
  const { rest: bytes, block } = reading;
  const first = bytes[start] ?? 0;
  const isTimed = first >= ZERO && first <= NINE;
  const json = isTimed ? start + NS_DIGITS + 1 : start;
  if (isTimed) reading.hasTimes = true;
  const us = isTimed ? scanTimeUs(bytes, start) : eventTimeUs(reading, start, end);
  if (us < 0 || (!isTimed && (reading.hasTimes || first !== OPEN_BRACE))) {
    note(reading, 'missing_time', start, 'a line must begin with 19 digits of nanoseconds');
    return;
  }
  if (json >= end) {
    note(reading, 'missing_frame', start, 'a receive time and no frame');
    return;
  }
  if (bytes[end - 1] !== CLOSE_BRACE) {
    note(reading, 'cut_line', start, `the line ends in the middle, after ${end - start} bytes`);
    return;
  }
  if (us < reading.lastUs) {
    const back = reading.lastUs - us;
    note(reading, 'time_backwards', start, `received ${back} us before the line above`);
  }
  if (!Number.isNaN(us)) reading.lastUs = us;
  block.starts[block.count] = json;
  block.ends[block.count] = end;
  block.receiveUs[block.count] = us;
  block.lines[block.count] = reading.line;
  block.count += 1;
}

// Sixteen digits are microseconds (exact); the last three must be digits too, then a space.
function scanTimeUs(bytes: Buffer, start: number): number {
  let us = 0;
  for (let at = start; at < start + NS_DIGITS; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    if (at < start + NS_DIGITS - 3) us = us * 10 + digit;
  }
  return bytes[start + NS_DIGITS] === SPACE ? us : -1;
}

// Files without receive times: the frame's "E" (ms), else the time of the line above.
function eventTimeUs(reading: Reading, start: number, end: number): number {
  const bytes = reading.rest;
  const last = Math.min(end - 5, start + 1024);
  for (let at = start; at < last; at += 1) {
    if (bytes[at] !== 0x22 || bytes[at + 1] !== 0x45) continue; // "E
    if (bytes[at + 2] !== 0x22 || bytes[at + 3] !== 0x3a) continue; // ":
    let ms = 0;
    for (let k = at + 4; k < end; k += 1) {
      const digit = (bytes[k] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      ms = ms * 10 + digit;
    }
    return ms * 1000;
  }
  return reading.lastUs;
}

function note(reading: Reading, kind: CaptureProblemKind, start: number, what: string): void {
  const { path, line, offset } = reading;
  reading.report({ kind, path, line, offset: offset + start, what });
}
