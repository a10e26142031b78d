// Owns which records of a journal are asked for: filters, and a verified pass over the files.
// Promise: what it yields comes from lines whose place in the chain was just checked.
import type { Fact, JournalRecord } from '../../engine/facts/fact.ts';
import type { Disk } from '../../engine/storage/disk.ts';
import type { Damage } from '../../engine/storage/journal-format.ts';
import { type JournalEntry, scanJournal } from '../../engine/storage/journal-scan.ts';
import { orderIdOf } from '../../engine/storage/rows.ts';
import { flagOption, type Options, stateDirOf, textOption } from '../invocation.ts';

const KINDS: Readonly<Record<Fact['kind'], true>> = {
  run_started: true,
  recovered: true,
  ids_reserved: true,
  checkpoint: true,
  instrument: true,
  book: true,
  run_stopped: true,
  signal: true,
  strategy: true,
  strategy_saved: true,
  refusals: true,
  verdict: true,
  order: true,
  request: true,
  fill: true,
  money: true,
  capital_valued: true,
  trading_state: true,
  limits: true,
  limits_configured: true,
  breaker: true,
  drawdown: true,
  reduction: true,
  kill: true,
  peaks: true,
  risk_report: true,
};

export interface Selection {
  readonly state: string;
  readonly json: boolean;
  readonly kind: string | null;
  readonly order: string | null;
  readonly fromUs: number;
  readonly toUs: number;
  readonly limit: number;
  readonly format: 'jsonl' | 'csv';
  readonly rest: readonly string[]; // positional arguments
}

export const SELECT_OPTIONS = {
  kind: { type: 'string' },
  order: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  limit: { type: 'string' },
  format: { type: 'string', default: 'jsonl' },
} as const;

/** '2024-08-08', '2024-08-08T12:00:00Z' or microseconds, as microseconds; NaN for others. */
export function parseTimeUs(text: string): number {
  if (/^\d{13,17}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return Number.NaN;
  const hasZone = /(Z|[+-]\d{2}:\d{2})$/.test(text) || !text.includes('T');
  return Date.parse(hasZone ? text : `${text}Z`) * 1000;
}

/** What is asked for, or one sentence that says what is wrong with it. */
export function readSelection(options: Options): Selection | string {
  const [kind, order, from, to, limit, format] = (
    ['kind', 'order', 'from', 'to', 'limit', 'format'] as const
  ).map((name) => textOption(options, name));
  const fromUs = from === undefined ? Number.NEGATIVE_INFINITY : parseTimeUs(from);
  const toUs = to === undefined ? Number.POSITIVE_INFINITY : parseTimeUs(to);
  const count = limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  if (kind !== undefined && !Object.hasOwn(KINDS, kind)) {
    return `there is no kind '${kind}'; kinds are ${Object.keys(KINDS).join(', ')}`;
  }
  if (Number.isNaN(fromUs) || Number.isNaN(toUs)) {
    return '--from and --to take a UTC time like 2024-08-08T12:00:00Z or microseconds';
  }
  if (!(count >= 1) || (limit !== undefined && !Number.isInteger(count))) {
    return `--limit takes a count from 1, not '${limit}'`;
  }
  if (format !== 'jsonl' && format !== 'csv') return `--format takes jsonl or csv, not '${format}'`;
  return {
    state: stateDirOf(options),
    json: flagOption(options, 'json'),
    kind: kind ?? null,
    order: order ?? null,
    fromUs,
    toUs,
    limit: count,
    format,
    rest: options.positionals,
  };
}

export interface Selected {
  readonly record: JournalRecord;
  readonly entry: JournalEntry;
  readonly text: string; // the record's JSON as written
}

export type SelectEnd = { readonly kind: 'end' } | { readonly kind: 'limit' } | Damage;

function matches(
  { kind, order, fromUs, toUs }: Selection,
  { timeUs, body }: JournalRecord,
): boolean {
  if (kind !== null && body.kind !== kind) return false;
  if (order !== null && orderIdOf(body) !== order) return false;
  return timeUs >= fromUs && timeUs <= toUs;
}

/** The records asked for, in order. A last line still being written ends it without complaint. */
export function* selectRecords(disk: Disk, selection: Selection): Generator<Selected, SelectEnd> {
  const entries = scanJournal(disk);
  let found = 0;
  for (let next = entries.next(); ; next = entries.next()) {
    if (next.done === true) {
      const end = next.value;
      return end.kind === 'damaged' && !end.isIncomplete ? end : { kind: 'end' };
    }
    const text = next.value.json.toString();
    // Cheap refusal first: most records do not name the order at all.
    if (selection.order !== null && !text.includes(selection.order)) continue;
    const record = JSON.parse(text) as JournalRecord;
    if (!matches(selection, record)) continue;
    yield { record, entry: next.value, text };
    found += 1;
    if (found >= selection.limit) return { kind: 'limit' };
  }
}
