// Owns the slice of standings: words of people and machines on scopes, drawdowns with their peaks.
// Promise: what was stopped stays stopped over a restart; a peak is lost by a hair at most.
import { hashOf } from '../core/json.ts';
import type { LimitScope } from '../core/limit.ts';
import type { Fact, FactOf } from '../facts/fact.ts';
import { type DrawdownRecord, isMachine, type StateRecord } from '../facts/risk.ts';
import type { Slice } from '../facts/slice.ts';

export interface StandingsSaved {
  readonly words: readonly StateRecord[]; // by scope, a person's before a machine's
  readonly drawdowns: readonly DrawdownRecord[]; // by scope
}

export interface StandingsSlice extends Slice<StandingsSaved> {
  /** That of a person, then that of a machine, which a person has not seen yet. */
  wordsOn(scope: LimitScope): readonly StateRecord[];
  words(): readonly StateRecord[];
  drawdown(scope: LimitScope): DrawdownRecord | null;
  drawdowns(): readonly DrawdownRecord[];
}

interface Standings {
  readonly words: Map<string, StateRecord>; // of people
  readonly stops: Map<string, StateRecord>; // of machines
  readonly drawdowns: Map<string, DrawdownRecord>;
}

export function createStandingsSlice(): StandingsSlice {
  const state: Standings = { words: new Map(), stops: new Map(), drawdowns: new Map() };
  const save = (): StandingsSaved => ({
    words: wordsOf(state),
    drawdowns: inOrder(state.drawdowns),
  });
  return {
    name: 'standings',
    fold: (fact) => fold(state, fact),
    save,
    load({ words, drawdowns }) {
      for (const map of [state.words, state.stops, state.drawdowns]) map.clear();
      for (const word of words) mapOf(state, word).set(word.scope, word);
      for (const record of drawdowns) state.drawdowns.set(record.scope, record);
    },
    hash: () => hashOf(save()),
    wordsOn: (scope) => wordsOn(state, scope),
    words: () => wordsOf(state),
    drawdown: (scope) => state.drawdowns.get(scope) ?? null,
    drawdowns: () => inOrder(state.drawdowns),
  };
}

const inOrder = <Value>(map: ReadonlyMap<string, Value>): readonly Value[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);

const mapOf = ({ words, stops }: Standings, { by }: StateRecord): Map<string, StateRecord> =>
  isMachine(by) ? stops : words;

const wordsOn = ({ words, stops }: Standings, scope: string): readonly StateRecord[] =>
  [words.get(scope), stops.get(scope)].filter((word) => word !== undefined);

const wordsOf = (state: Standings): readonly StateRecord[] =>
  [...new Set([...state.words.keys(), ...state.stops.keys()])]
    .sort()
    .flatMap((scope) => wordsOn(state, scope));

function fold(state: Standings, fact: Fact): void {
  switch (fact.kind) {
    case 'trading_state':
      if (fact.isWord) keepWord(state, fact);
      return;
    case 'drawdown':
      keepLevel(state, fact);
      return;
    case 'peaks':
      for (const record of fact.drawdowns) state.drawdowns.set(record.scope, record);
      return;
    default:
      return;
  }
}

/** A person's word is of somebody who has seen what the machines said. */
function keepWord(standings: Standings, fact: FactOf<'trading_state'>): void {
  const { scope, state, reason, by } = fact;
  if (!isMachine(by)) standings.stops.delete(scope);
  if (state === 'active') standings.words.delete(scope);
  else {
    const word = { scope, state: state === 'probing' ? 'reducing' : state, reason, by } as const;
    mapOf(standings, word).set(scope, word);
  }
}

/** The peaks themselves come as a fact of their own. */
function keepLevel({ drawdowns }: Standings, fact: FactOf<'drawdown'>): void {
  const { scope, to: level, peak, capital } = fact;
  const kept = drawdowns.get(scope) ?? { day: 0, dayPeak: peak };
  drawdowns.set(scope, { ...kept, scope, level, peak, capital });
}
