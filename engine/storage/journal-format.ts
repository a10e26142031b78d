// Owns the form of the journal: its lines, its hash chain, its files and their names.
// Promise: a line is whole and in its place exactly when checkLine says so; no damage passes.
import { hash } from 'node:crypto';
import { assert } from '../core/assert.ts';
import type { Disk } from './disk.ts';

// A line: 64 hex digits, a space, the record's JSON, a line feed. The digits are
// sha256(digits of the line before + line feed + JSON), so each line vouches for all before it.
export const GENESIS = '0'.repeat(64); // stands before the first line of the first file
export const JSON_AT = 65;
/** Longest line a journal may hold, bytes: readers buffer one line, never a file. */
export const LINE_BYTES_MAX = 32 * 1024 * 1024;

const LINE_FEED = 10;
const SPACE = 32;
const FILE_NAME = /^(\d{6,9})\.log$/;

export const chainHash = (previous: string, json: string): string =>
  hash('sha256', `${previous}\n${json}`, 'hex');

export const journalFileName = (number: number): string => `${String(number).padStart(6, '0')}.log`;

/** Numbers of the journal files on `disk`, ascending; [] when the folder does not exist. */
export const listJournalFiles = (disk: Disk): number[] =>
  disk
    .list()
    .map((name) => Number(FILE_NAME.exec(name)?.[1] ?? Number.NaN))
    .filter((number) => Number.isInteger(number))
    .sort((a, b) => a - b);

/** What every JSON of record `seq` begins with: the order the engine writes its fields in. */
export const jsonStart = (seq: number): string => `{"seq":${seq},"timeUs":`;

/** The seq a line's JSON claims, or null where there is none. */
export function claimedSeq(json: Buffer): number | null {
  const found = /^\{"seq":(\d{1,16}),/.exec(json.toString('latin1', 0, 32));
  return found === null ? null : Number(found[1]);
}

// Bytes, not decoded text, are hashed: two different byte strings can decode to the same text.
let work = Buffer.alloc(1 << 16);

function hashBytes(previous: string, json: Buffer): string {
  const length = JSON_AT + json.length;
  if (work.length < length) work = Buffer.alloc(2 * length);
  work.write(previous, 0, 'latin1');
  work[JSON_AT - 1] = LINE_FEED;
  json.copy(work, JSON_AT);
  return hash('sha256', work.subarray(0, length), 'hex');
}

export type LineCheck =
  | { readonly kind: 'whole'; readonly hash: string; readonly json: Buffer }
  | { readonly kind: 'bad'; readonly reason: string };

/**
 * Is `line` (with its line feed) record `seq`, following a line whose hash is `previous`?
 * The JSON returned is a view on `line`.
 */
export function checkLine(line: Buffer, previous: string, seq: number): LineCheck {
  assert(previous.length === 64, `a hash has 64 digits, not ${previous.length}`);
  const bad = (reason: string): LineCheck => ({ kind: 'bad', reason });
  if (line[line.length - 1] !== LINE_FEED) return bad('the line is incomplete');
  if (line.length < JSON_AT + 2 || line[JSON_AT - 1] !== SPACE) return bad('not a journal line');
  const json = line.subarray(JSON_AT, line.length - 1);
  const expected = hashBytes(previous, json);
  if (line.toString('latin1', 0, JSON_AT - 1) !== expected) {
    return bad('the hash does not match the record and the line before it');
  }
  const start = `{"seq":${seq},`;
  if (json.toString('latin1', 0, start.length) !== start) {
    return bad(`the record says seq ${claimedSeq(json) ?? 'nothing'}, expected ${seq}`);
  }
  return { kind: 'whole', hash: expected, json };
}

/** Where and how a journal stopped being one. */
export interface Damage {
  readonly kind: 'damaged';
  readonly file: string; // name within the journal folder
  readonly line: number; // from 1
  readonly offset: number; // bytes from the start of the file to the start of the line
  readonly seq: number; // of the record that should be there
  readonly reason: string;
}

/** One sentence for a person. */
export const describeDamage = (damage: Damage): string =>
  `journal damaged at record ${damage.seq} (${damage.file} line ${damage.line}, ` +
  `byte offset ${damage.offset}): ${damage.reason}`;
