// Owns the slice of standings: words of people on scopes, and the drawdowns with their peaks.
// Promise: what a person stopped stays stopped over a restart; a peak is lost by a hair at most.
import { hashOf } from '../core/json.ts';
import type { LimitScope } from '../core/limit.ts';
import type { Fact, FactOf } from '../facts/fact.ts';
import type { DrawdownRecord, StateRecord } from '../facts/risk.ts';
import type { Slice } from '../facts/slice.ts';

export interface StandingsSaved {
  readonly words: readonly StateRecord[]; // by scope
  readonly drawdowns: readonly DrawdownRecord[]; // by scope
}

export interface StandingsSlice extends Slice<StandingsSaved> {
  word(scope: LimitScope): StateRecord | null;
  words(): readonly StateRecord[];
  drawdown(scope: LimitScope): DrawdownRecord | null;
  drawdowns(): readonly DrawdownRecord[];
}

interface Standings {
  readonly words: Map<string, StateRecord>;
  readonly drawdowns: Map<string, DrawdownRecord>;
}

export function createStandingsSlice(): StandingsSlice {
  const state: Standings = { words: new Map(), drawdowns: new Map() };
  const save = (): StandingsSaved => ({
    words: inOrder(state.words),
    drawdowns: inOrder(state.drawdowns),
  });
  return {
    name: 'standings',
    fold: (fact) => fold(state, fact),
    save,
    load({ words, drawdowns }) {
      state.words.clear();
      state.drawdowns.clear();
      for (const word of words) state.words.set(word.scope, word);
      for (const record of drawdowns) state.drawdowns.set(record.scope, record);
    },
    hash: () => hashOf(save()),
    word: (scope) => state.words.get(scope) ?? null,
    words: () => inOrder(state.words),
    drawdown: (scope) => state.drawdowns.get(scope) ?? null,
    drawdowns: () => inOrder(state.drawdowns),
  };
}

const inOrder = <Value>(map: ReadonlyMap<string, Value>): readonly Value[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);

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

function keepWord({ words }: Standings, fact: FactOf<'trading_state'>): void {
  const { scope, state, reason, by } = fact;
  if (state === 'active') words.delete(scope);
  else words.set(scope, { scope, state: state === 'probing' ? 'reducing' : state, reason, by });
}

/** The peaks themselves come as a fact of their own. */
function keepLevel({ drawdowns }: Standings, fact: FactOf<'drawdown'>): void {
  const { scope, to: level, peak, capital } = fact;
  const { day = 0, dayPeak = peak } = drawdowns.get(scope) ?? {};
  drawdowns.set(scope, { scope, level, peak, day, dayPeak, capital });
}
