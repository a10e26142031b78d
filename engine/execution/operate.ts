// Owns what people ask of a running house besides orders: states, kills, limits, previews.
// Promise: every wish is answered; what changes anything is recorded with who and why.
import type { CommandEvent } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { EpochUs } from '../core/units.ts';
import type { CommandAnswer } from '../facts/effects.ts';
import type { LimitChanges } from '../risk/limit-changes.ts';
import type { Emergency } from './emergency.ts';
import { type OrderPath, preview } from './submit.ts';

export type OperatorCommand = Extract<
  CommandEvent['command'],
  { kind: 'trading_state' | 'kill' | 'propose_limits' | 'decide_limits' | 'preview' }
>;

export interface OperatorDesk extends OrderPath {
  readonly limitChanges: LimitChanges;
  readonly emergency: Emergency;
  readonly instruments: readonly Instrument[];
}

/** Carries out one wish; a kill is answered when it is over, everything else at once. */
export function operate(
  desk: OperatorDesk,
  command: OperatorCommand,
  nowUs: EpochUs,
  correlation: number,
): void {
  if (command.kind === 'kill') desk.emergency.kill(command.options, nowUs, correlation);
  else desk.effects.answer(correlation, answerTo(desk, command, nowUs));
}

function answerTo(
  desk: OperatorDesk,
  command: Exclude<OperatorCommand, { kind: 'kill' }>,
  nowUs: EpochUs,
): CommandAnswer {
  if (command.kind === 'preview') {
    return { kind: 'preview', preview: preview(desk, command.intent, nowUs) };
  }
  if (command.kind === 'trading_state') {
    const { scope, state, reason, by } = command;
    const answer = desk.guard.setState(scope, state, reason, by, nowUs);
    if (answer.kind === 'not_found') return { kind: 'not_found', what: scope };
    return { kind: 'state', scope, state: answer.state, reasons: answer.reasons };
  }
  const { reason, by } = command;
  if (command.kind === 'propose_limits') {
    const { changes, version } = command;
    const result = desk.limitChanges.propose(changes, version, reason, by, nowUs);
    if (result.kind !== 'proposed') return result;
    desk.effects.record(nowUs, result.record);
    return { kind: 'proposed', proposal: result.record.proposal, version: result.record.version };
  }
  const { proposal, approve } = command;
  const result = desk.limitChanges.decide(proposal, approve, reason, by, nowUs);
  if (result.kind !== 'decided') return result;
  desk.effects.record(nowUs, result.record);
  return { kind: 'limits', tree: result.tree };
}
