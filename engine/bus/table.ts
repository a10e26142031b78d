// Owns how plain objects become FlatBuffers tables and back, led by a list of fields.
// Promise: bytes are what flatc's code would write; reading never leaves the bytes it was given.
import type { Builder, Offset } from 'flatbuffers';

// A field's place in its table is its place in the list, as in colin.fbs.
export type Scalar = 'double' | 'double?' | 'ulong' | 'ulong?' | 'bool' | 'time';
export type Field =
  | Scalar
  | 'text'
  | 'text?'
  | 'texts' // a vector of texts
  | { readonly names: readonly string[] } // an enum; the value is the place in the list
  | { readonly table: Fields }
  | { readonly rows: Fields } // a vector of tables
  | { readonly entries: Fields }; // a record, as a vector of tables of name and value
export type Fields = Readonly<Record<string, Field>>;

type Texts<V extends string> = string extends V ? 'text' | 'time' : { names: readonly V[] };

/** The field a value of type V needs: a list of fields that lacks one does not compile. */
export type FieldOf<V> = [V] extends [boolean]
  ? 'bool'
  : [V] extends [number]
    ? 'double' | 'ulong'
    : [V] extends [string]
      ? Texts<V>
      : [V] extends [string | null]
        ? 'text?'
        : [V] extends [number | null]
          ? 'ulong?' | 'double?'
          : [V] extends [readonly string[]]
            ? 'texts'
            : [V] extends [readonly (infer Row)[]]
              ? { rows: FieldsOf<Row> }
              : string extends keyof V
                ? { entries: Fields }
                : { table: FieldsOf<V> };
export type FieldsOf<T> = { readonly [Key in keyof T]-?: FieldOf<T[Key]> };

type Plain = Readonly<Record<string, unknown>>;

const EPOCH_DIGITS = 'T00:00:00.000000Z'.length + 10;

/** '2024-08-08T00:00:01.234567Z' in microseconds; 0 for anything else. */
function parseTime(text: string): number {
  const seconds = Date.parse(`${text.slice(0, 19)}Z`) / 1000;
  const micros = Number(text.slice(20, 26));
  if (text.length !== EPOCH_DIGITS || !Number.isFinite(seconds + micros)) return 0;
  return seconds * 1e6 + micros;
}

function formatTime(us: number): string {
  if (us === 0) return '';
  const micros = String(us % 1e6).padStart(6, '0');
  return `${new Date(Math.floor(us / 1e6) * 1000).toISOString().slice(0, 19)}.${micros}Z`;
}

// The same few lists are walked for every frame: their entries are made once.
const listed = new WeakMap<Fields, readonly (readonly [string, Field])[]>();

function listOf(fields: Fields): readonly (readonly [string, Field])[] {
  const known = listed.get(fields);
  if (known !== undefined) return known;
  const list = Object.entries(fields);
  listed.set(fields, list);
  return list;
}

/** Writes one table with all it refers to; the offset of its end. */
export function writeTable(builder: Builder, fields: Fields, value: Plain): Offset {
  const list = listOf(fields);
  const offsets = list.map(([name, field]) => writeChild(builder, field, value[name]));
  builder.startObject(list.length);
  for (const [slot, [name, field]] of list.entries()) {
    const offset = offsets[slot] ?? 0;
    if (offset !== 0) builder.addFieldOffset(slot, offset, 0);
    else writeScalar(builder, slot, field, value[name]);
  }
  return builder.endObject();
}

/** What lies outside the table is written before it: texts, vectors, tables. 0 where nothing is. */
function writeChild(builder: Builder, field: Field, value: unknown): Offset {
  if (field === 'text' || field === 'text?') {
    return value === null ? 0 : builder.createString(String(value));
  }
  if (field === 'texts') {
    const texts = value as readonly string[];
    return writeVector(
      builder,
      texts.map((text) => builder.createString(text)),
    );
  }
  if (typeof field === 'string' || 'names' in field) return 0;
  if ('table' in field) return writeTable(builder, field.table, value as Plain);
  const isRows = 'rows' in field;
  const rows = isRows
    ? (value as readonly Plain[])
    : Object.entries(value as Plain).map(([name, amount]) => ({ name, value: amount }));
  const fields = isRows ? field.rows : field.entries;
  return writeVector(
    builder,
    rows.map((row) => writeTable(builder, fields, row)),
  );
}

function writeVector(builder: Builder, ends: readonly Offset[]): Offset {
  builder.startVector(4, ends.length, 4);
  for (const end of ends.toReversed()) builder.addOffset(end);
  return builder.endVector();
}

function writeScalar(builder: Builder, slot: number, field: Field, value: unknown): void {
  if (field === 'double') builder.addFieldFloat64(slot, Number(value), 0);
  else if (field === 'double?') {
    if (value === null) return;
    builder.addFloat64(Number(value)); // also 0 is written: absent means null
    builder.slot(slot);
  } else if (field === 'bool') builder.addFieldInt8(slot, value === true ? 1 : 0, 0);
  else if (field === 'ulong') builder.addFieldInt64(slot, BigInt(Number(value)), 0n);
  else if (field === 'time') builder.addFieldInt64(slot, BigInt(parseTime(String(value))), 0n);
  else if (field === 'ulong?' && value !== null) {
    builder.addInt64(BigInt(Number(value))); // also 0 is written: absent means null
    builder.slot(slot);
  } else if (typeof field === 'object' && 'names' in field) {
    builder.addFieldInt8(slot, field.names.indexOf(String(value)), 0);
  }
}

/** Thrown while reading, caught where decoding starts: the bytes are not what they should be. */
export class MalformedError extends Error {
  override name = 'MalformedError';
}

/** Bytes being read. A DataView refuses what lies outside them. */
export interface Source {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  /** Texts and rows may be shared between fields; what all of them take together is bounded. */
  left: number;
}

export const openSource = (bytes: Uint8Array): Source => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  bytes,
  left: bytes.byteLength,
});

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function spend(source: Source, bytes: number): void {
  source.left -= bytes;
  if (source.left < 0) throw new MalformedError('it refers to more than it holds');
}

/** Where the value of `slot` of the table at `table` lies; 0 when it is absent. */
export function fieldAt({ view }: Source, table: number, slot: number): number {
  const vtable = table - view.getInt32(table, true);
  const entry = 4 + 2 * slot;
  if (entry + 2 > view.getUint16(vtable, true)) return 0;
  const offset = view.getUint16(vtable + entry, true);
  return offset === 0 ? 0 : table + offset;
}

export const follow = ({ view }: Source, at: number): number => at + view.getUint32(at, true);

export function readText(source: Source, at: number): string {
  const start = follow(source, at);
  const length = source.view.getUint32(start, true);
  spend(source, length);
  if (start + 4 + length > source.bytes.length) throw new MalformedError('a text is cut short');
  return decoder.decode(source.bytes.subarray(start + 4, start + 4 + length));
}

export function readCount({ view }: Source, at: number): number {
  const value = at === 0 ? 0 : Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw new MalformedError(`the count ${value} is too large`);
  return value;
}

export function readName(source: Source, at: number, names: readonly string[]): string {
  const place = at === 0 ? 0 : source.view.getUint8(at);
  const name = names[place];
  if (name === undefined) throw new MalformedError(`there is no name ${place} in ${names.join()}`);
  return name;
}

/** Reads the table at `table` as the fields say; throws MalformedError, RangeError or TypeError. */
export function readTable(source: Source, fields: Fields, table: number): Plain {
  spend(source, 4);
  const value: Record<string, unknown> = {};
  for (const [slot, [name, field]] of listOf(fields).entries()) {
    value[name] = readField(source, field, fieldAt(source, table, slot), name);
  }
  return value;
}

function readField(source: Source, field: Field, at: number, name: string): unknown {
  if (field === 'double') return at === 0 ? 0 : source.view.getFloat64(at, true);
  if (field === 'double?') return at === 0 ? null : source.view.getFloat64(at, true);
  if (field === 'bool') return at !== 0 && source.view.getUint8(at) !== 0;
  if (field === 'ulong') return readCount(source, at);
  if (field === 'ulong?') return at === 0 ? null : readCount(source, at);
  if (field === 'time') return formatTime(readCount(source, at));
  if (field === 'text?' && at === 0) return null;
  if (typeof field === 'object' && 'names' in field) return readName(source, at, field.names);
  if (at === 0) throw new MalformedError(`'${name}' is missing`);
  if (field === 'text' || field === 'text?') return readText(source, at);
  if (field === 'texts') return readTexts(source, at);
  if ('table' in field) return readTable(source, field.table, follow(source, at));
  const rows = readRows(source, 'rows' in field ? field.rows : field.entries, at);
  return 'rows' in field ? rows : Object.fromEntries(rows.map((row) => [row.name, row.value]));
}

function readRows(source: Source, fields: Fields, at: number): Plain[] {
  return placesOf(source, at).map((place) => readTable(source, fields, follow(source, place)));
}

function readTexts(source: Source, at: number): string[] {
  const places = placesOf(source, at);
  spend(source, 4 * places.length);
  return places.map((place) => readText(source, place));
}

/** Where the offsets of a vector's members lie. */
function placesOf(source: Source, at: number): number[] {
  const start = follow(source, at);
  const count = source.view.getUint32(start, true);
  if (count > source.left / 4) throw new MalformedError(`${count} rows do not fit`);
  return Array.from({ length: count }, (_, row) => start + 4 + 4 * row);
}
