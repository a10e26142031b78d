// Owns what composition has wired together, and how committed facts become records.
// Promise: facts are recorded in the order in which they were folded, by one way.
import type { VenueReport } from '../core/event.ts';
import type { EpochUs } from '../core/units.ts';
import type { Engine } from '../engine.ts';
import type { CommandAnswer } from '../facts/effects.ts';
import type { Fact } from '../facts/fact.ts';
import type { State } from '../state.ts';
import type { Analysis } from './analysis.ts';
import type { GatewayLink } from './gateway.ts';
import type { Ground } from './ground.ts';
import type { Forecasts, ListedOptions, VenueLink } from './house.ts';
import type { OpenJournal } from './journal.ts';
import type { Storage } from './storage.ts';
import type { StrategyModules } from './strategy-modules.ts';

// What effects need before it exists is null here until the house is built.
export interface Wiring {
  readonly options: ListedOptions;
  readonly state: State;
  readonly storage: Storage;
  readonly ground: Ground;
  readonly journal: OpenJournal;
  readonly gateway: GatewayLink;
  readonly modules: StrategyModules;
  readonly reports: VenueReport[]; // said by the venue, applied after the event in hand
  readonly records: { readonly timeUs: EpochUs; readonly body: Fact }[]; // not yet written
  readonly answers: { readonly correlation: number; readonly answer: CommandAnswer }[]; // the same
  isRoundDue: boolean; // somebody asked for the whole state
  engine: Engine | null;
  venue: VenueLink | null;
  forecasts: Forecasts | null;
  analysis: Analysis | null; // null in a replay: a report is of now
}

/** The whole state, one record a slice. */
export function commitRound(wiring: Wiring, engine: Engine): void {
  wiring.isRoundDue = false;
  engine.save();
  for (const fact of wiring.state.save()) engine.commit(fact);
}

// Orders leave before their records are made into text: nothing on the way to the venue waits.
// Whoever is answered finds what it led to in the gateway's replica: records come first. The answer
// itself waits there until the disk has them: an order that was called accepted outlives a crash.
// Views are told a few times a second; `show` tells them where an answer is about what they show.
export function writeRecords(
  { records, answers, journal, gateway }: Written,
  show: () => void = () => {},
): void {
  for (const { timeUs, body } of records) journal.record(timeUs, body);
  records.length = 0;
  if (answers.some(({ answer }) => SHOWN.has(answer.kind))) show();
  for (const told of answers) {
    const seq = told.answer.kind === 'preview' ? 0 : journal.lastSeq;
    gateway.tell({ type: 'answer', ...told, seq });
  }
  answers.length = 0;
}

/** People's doing: orders are in records, and come too often to look at the whole each time. */
const SHOWN: ReadonlySet<CommandAnswer['kind']> = new Set([
  'moved',
  'state',
  'limits',
  'killed',
  'instrument',
]);

type Written = Pick<Wiring, 'records' | 'answers'> & {
  readonly journal: Pick<OpenJournal, 'record' | 'lastSeq'>;
  readonly gateway: Pick<GatewayLink, 'tell'>;
};

export type Guarded = <Input>(act: (input: Input) => void) => (input: Input) => void;
