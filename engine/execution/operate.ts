// Owns what people ask of a running house besides orders: states, kills, limits, money, previews.
// Promise: every wish is answered; what changes anything is committed with who and why.
import { decideMovement, type MovementGround } from '../accounts/movements.ts';
import { assertNever } from '../core/assert.ts';
import type { CommandEvent } from '../core/event.ts';
import type { EpochUs } from '../core/units.ts';
import type { CommandAnswer } from '../facts/effects.ts';
import type { LimitChanges } from '../risk/limit-changes.ts';
import type { Host } from '../strategies/host.ts';
import type { Emergency } from './emergency.ts';
import { decideInstrument, type InstrumentWish, type ListingGround } from './list-instrument.ts';
import type { OrderPath } from './path.ts';
import { preview } from './submit.ts';

export type OperatorCommand = Extract<
  CommandEvent['command'],
  {
    kind:
      | 'trading_state'
      | 'kill'
      | 'propose_limits'
      | 'decide_limits'
      | 'preview'
      | 'move_money'
      | 'instrument'
      | 'strategy';
  }
>;

export interface OperatorDesk extends OrderPath, ListingGround {
  readonly limitChanges: LimitChanges;
  readonly emergency: Emergency;
  readonly host: Host;
  readonly money: MovementGround;
  readonly isRealMoney: boolean; // then it is moved at its venue, and nowhere else
}

/** Carries out one wish; a kill is answered when it is over, everything else at once. */
export function operate(
  desk: OperatorDesk,
  command: OperatorCommand,
  nowUs: EpochUs,
  correlation: number,
  waitedUs: number,
): void {
  if (command.kind === 'kill') desk.emergency.kill(command.options, nowUs, correlation, waitedUs);
  else desk.effects.answer(correlation, answerTo(desk, command, nowUs));
}

function answerTo(
  desk: OperatorDesk,
  command: Exclude<OperatorCommand, { kind: 'kill' }>,
  nowUs: EpochUs,
): CommandAnswer {
  switch (command.kind) {
    case 'preview':
      return { kind: 'preview', preview: preview(desk, command.intent, nowUs) };
    case 'trading_state': {
      const { scope, state, reason, by } = command;
      const answer = desk.guard.setState(scope, state, reason, by, nowUs);
      if (answer.kind === 'not_found') return { kind: 'not_found', what: scope };
      if (answer.kind === 'refused') return answer;
      return { kind: 'state', scope, state: answer.state, reasons: answer.reasons };
    }
    case 'propose_limits': {
      const { changes, version, reason, by } = command;
      // What nobody can approve any more makes room first.
      for (const fact of desk.limitChanges.expire(nowUs)) desk.commit(fact, nowUs);
      const result = desk.limitChanges.propose(changes, version, reason, by, nowUs);
      if (result.kind !== 'proposed') return result;
      desk.commit(result.fact, nowUs);
      return { kind: 'proposed', proposal: result.fact.proposal, version: result.fact.version };
    }
    case 'decide_limits': {
      const { proposal, approve, reason, by } = command;
      const result = desk.limitChanges.decide(proposal, approve, reason, by, nowUs);
      if (result.kind !== 'decided') return result;
      desk.commit(result.fact, nowUs);
      return { kind: 'limits', tree: desk.state.limits.tree() };
    }
    case 'move_money':
      return moveMoney(desk, command, nowUs);
    case 'instrument':
      return listInstrument(desk, command, nowUs);
    case 'strategy': {
      const { name, action, by, reason } = command;
      const result = desk.host.command(name, action, by, reason, nowUs);
      if (result.kind === 'done') return { kind: 'done', count: 1 };
      if (result.kind === 'starting') return result;
      if (result.kind === 'not_found') return { kind: 'not_found', what: `strategy ${name}` };
      return { kind: 'refused', problems: [{ path: 'name', message: result.reason }] };
    }
    default:
      return assertNever(command);
  }
}

function listInstrument(desk: OperatorDesk, wish: InstrumentWish, nowUs: EpochUs): CommandAnswer {
  const decision = decideInstrument(desk, wish);
  if (decision.kind !== 'decided') return decision;
  const { listed, host, effects } = desk;
  const gone = wish.change === 'retired' ? listed.byKey(wish.key) : null;
  for (const fact of decision.facts) desk.commit(fact, nowUs);
  if (gone !== null) {
    host.retire(gone);
    effects.unlist(gone);
  }
  const added = wish.change === 'added' ? listed.byKey(wish.instrument.key) : null;
  if (added !== null) {
    effects.list(added);
    host.add(added);
  }
  return { kind: 'instrument', change: wish.change, slots: listed.capacity, used: listed.count };
}

type MoneyCommand = Extract<OperatorCommand, { kind: 'move_money' }>;

function moveMoney(desk: OperatorDesk, command: MoneyCommand, nowUs: EpochUs): CommandAnswer {
  if (desk.isRealMoney) {
    const message = 'real money is moved at its venue; the ledger follows what the venue says';
    return { kind: 'refused', problems: [{ path: 'movement', message }] };
  }
  const { kind: _, ...wish } = command;
  const id = desk.state.accounts.nextMovementId();
  const decision = decideMovement(desk.money, { ...wish, id, instrument: null, timeUs: nowUs });
  if (decision.kind === 'refused') return decision;
  if (decision.kind === 'decided') {
    const message = desk.effects.moveMoney(command);
    if (message !== null) return { kind: 'refused', problems: [{ path: 'amount', message }] };
    desk.commit(decision.fact, nowUs);
  }
  return { kind: 'moved', id };
}
