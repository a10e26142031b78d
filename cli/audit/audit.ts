// Owns `colin audit`: verify, search, export and explain, all straight from the journal files.
// Promise: reads only; a damaged record is named and ends the command with exit 4.
import type { JournalRecord } from '../../engine/facts/fact.ts';
import { type Disk, openDisk } from '../../engine/storage/disk.ts';
import { describeDamage, listJournalFiles } from '../../engine/storage/journal-format.ts';
import { describeFormat, findOtherFormat } from '../../engine/storage/journal-version.ts';
import { orderIdOf } from '../../engine/storage/rows.ts';
import { statePaths } from '../../engine/storage/state-folder.ts';
import { verifyJournal } from '../../engine/storage/verify.ts';
import { readOptions } from '../invocation.ts';
import { complain, EXIT, printDocument, printText, say } from '../terminal.ts';
import {
  readSelection,
  SELECT_OPTIONS,
  type SelectEnd,
  type Selected,
  type Selection,
  selectRecords,
} from './select.ts';
import { describeRecord, formatTimeUs } from './words.ts';

type Command = (journal: Disk, selection: Selection) => Promise<number>;

const COMMANDS: Readonly<Record<string, Command>> = { verify, search, explain, export: exportAll };

/** Runs one subcommand; its exit code. Unexpected faults of the file system are thrown. */
export async function runAudit(args: string[]): Promise<number> {
  const [name = '', ...rest] = args;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const wrong = name === '' ? 'what shall be audited?' : `there is no 'audit ${name}'.`;
    complain(`${wrong} Say audit verify, search, export or explain ORDER; 'colin help audit'.`);
    return EXIT.usage;
  }
  const options = readOptions('audit', rest, SELECT_OPTIONS);
  if (options === null) return EXIT.usage;
  const selection = readSelection(options);
  if (typeof selection === 'string') {
    complain(`audit ${name}: ${selection}`);
    return EXIT.usage;
  }
  if (selection.rest.length !== (name === 'explain' ? 1 : 0)) {
    const wrong = name === 'explain' ? 'takes one order id' : `takes no '${selection.rest[0]}'`;
    complain(`audit ${name}: ${wrong}`);
    return EXIT.usage;
  }
  const { journal: folder, root } = statePaths(selection.state);
  const journal = openDisk(folder);
  if (listJournalFiles(journal).length === 0) {
    complain(`there is no journal in ${root}. Name the folder of a run with --state DIR.`);
    return EXIT.configuration;
  }
  const other = command === verify ? null : findOtherFormat(journal);
  if (other !== null) {
    complain(`${describeFormat(other, folder)}.`);
    return EXIT.configuration;
  }
  return command(journal, selection);
}

async function verify(journal: Disk, { json }: Selection): Promise<number> {
  const result = await verifyJournal(journal);
  if (json) await printDocument({ ...result, journal: journal.path });
  if (result.kind === 'damaged') {
    if (json) return EXIT.checkFailed;
    complain(`${describeDamage(result)}. Nothing was changed; folder ${journal.path}`);
    return EXIT.checkFailed;
  }
  const files = `${result.files} file${result.files === 1 ? '' : 's'}`;
  const format = result.format === null ? 'no stated format' : `format ${result.format}`;
  const text = `intact: ${result.records} records in ${files}, ${format}, head ${result.head}\n`;
  if (!json) await printText(text);
  return EXIT.done;
}

/** Lines to stdout at the reader's pace; a reader that goes away (| head) ends it quietly. */
async function printLines(
  selected: Generator<Selected, SelectEnd>,
  format: (selected: Selected) => string,
): Promise<SelectEnd> {
  const { stdout } = process;
  let isGone = false;
  stdout.on('error', () => {
    isGone = true;
  });
  let text = '';
  for (let next = selected.next(); !isGone; next = selected.next()) {
    if (next.done !== true) text += `${format(next.value)}\n`;
    if (text !== '' && (next.done === true || text.length > 65_536)) {
      if (!stdout.write(text)) await hasRoom(stdout);
      text = '';
    }
    if (next.done === true) return next.value;
  }
  return { kind: 'end' };
}

/** Resolves when the stream drained, failed or closed. */
const hasRoom = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    for (const event of ['drain', 'error', 'close']) stream.once(event, () => resolve());
  });

function conclude(end: SelectEnd): number {
  if (end.kind !== 'damaged') return EXIT.done;
  complain(`${describeDamage(end)}. What is shown lies before it`);
  return EXIT.checkFailed;
}

const SEARCH_LIMIT = 1000; // records shown when --limit is not given

async function search(journal: Disk, selection: Selection): Promise<number> {
  const limit = Number.isFinite(selection.limit) ? selection.limit : SEARCH_LIMIT;
  let found = 0;
  const selected = selectRecords(journal, { ...selection, limit });
  const end = await printLines(selected, ({ record, text }) => {
    found += 1;
    return selection.json ? text : describeRecord(record);
  });
  const more = end.kind === 'limit' ? ' (there may be more: --limit)' : '';
  say(`${found} record${found === 1 ? '' : 's'}${more}`);
  return conclude(end);
}

const cell = (text: string): string =>
  /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

function instrumentOf({ body }: JournalRecord): string {
  if (body.kind === 'order') return body.order.instrument;
  if (body.kind === 'fill') return body.fill.instrument;
  if (body.kind === 'instrument') return body.instrument.key;
  return ('instrument' in body ? body.instrument : null) ?? '';
}

function csvRow({ record, entry, text }: Selected): string {
  const { seq, timeUs, body } = record;
  const named = [body.kind, orderIdOf(body) ?? '', instrumentOf(record)];
  return [`${seq}`, formatTimeUs(timeUs), ...named, entry.hash, text].map(cell).join(',');
}

async function exportAll(journal: Disk, selection: Selection): Promise<number> {
  const isCsv = selection.format === 'csv';
  if (isCsv) await printText('seq,time,kind,order,instrument,hash,record\n');
  const selected = selectRecords(journal, selection);
  return conclude(await printLines(selected, isCsv ? csvRow : ({ text }) => text));
}

/** Which signal an order goes back to, null for one that a person asked for. */
function signalOf({ body }: JournalRecord): number | null {
  const origin = body.kind === 'verdict' ? body.origin : body.kind === 'order' && body.order.origin;
  return origin !== false && origin.kind === 'signal' ? origin.signalId : null;
}

async function explain(journal: Disk, selection: Selection): Promise<number> {
  const order = selection.rest[0] ?? '';
  const records: JournalRecord[] = [];
  const ofOrder = selectRecords(journal, { ...selection, order, kind: null });
  let next = ofOrder.next();
  for (; next.done !== true; next = ofOrder.next()) records.push(next.value.record);
  const signal = records.map(signalOf).find((id) => id !== null);
  const first = records[0];
  if (first === undefined) {
    complain(`no record of order '${order}' in ${journal.path}; 'colin audit search --kind order'`);
    return next.value.kind === 'damaged' ? conclude(next.value) : EXIT.checkFailed;
  }
  if (signal !== undefined) records.unshift(...findSignal(journal, selection, signal, first.seq));
  const lines = records.map((record) =>
    selection.json ? JSON.stringify(record) : describeRecord(record),
  );
  await printText(`${lines.join('\n')}\n`);
  return conclude(next.value);
}

function findSignal(
  journal: Disk,
  selection: Selection,
  id: number,
  before: number,
): JournalRecord[] {
  const signals = selectRecords(journal, { ...selection, kind: 'signal', order: null });
  for (const { record } of signals) {
    if (record.seq > before) break;
    if (record.body.kind === 'signal' && record.body.id === id) return [record];
  }
  return [];
}
