// Owns what the fake engine does with money and strategies: the engine's own rules for money.
// Promise: what it answers is what the engine would; every change is a fact that was recorded.
import { decideMovement } from '../../../engine/accounts/movements.ts';
import { createRates } from '../../../engine/accounts/rates.ts';
import { assertNever } from '../../../engine/core/assert.ts';
import type { Fact } from '../../../engine/facts/fact.ts';
import type { GatewayAnswer, GatewayCommand } from '../../../engine/facts/gateway-message.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import type { State } from '../../../engine/state.ts';
import { CASH } from './fake-market.ts';

export type DeskCommand = Extract<GatewayCommand, { kind: 'move_money' | 'strategy' }>;

export const isDeskCommand = (command: GatewayCommand): command is DeskCommand =>
  command.kind === 'move_money' || command.kind === 'strategy';

export function answerDesk(
  state: State,
  command: DeskCommand,
  nowUs: number,
  record: (body: Fact) => void,
): GatewayAnswer {
  switch (command.kind) {
    case 'move_money':
      return moveMoney(state, command, nowUs, record);
    case 'strategy':
      return changeStrategy(state, command, record);
    default:
      return assertNever(command);
  }
}

function moveMoney(
  { accounts, instruments }: State,
  { kind: _, ...wish }: Extract<DeskCommand, { kind: 'move_money' }>,
  timeUs: number,
  record: (body: Fact) => void,
): GatewayAnswer {
  const known = listInstruments(instruments.traded().flatMap((key) => instruments.find(key) ?? []));
  const rates = createRates({ instruments: known.length, assets: 64, freshUs: 1e6 }, known);
  const ground = {
    ...{ accounts, rates, hasAccount: (name: string) => name === 'main', reserved: () => 0 },
    hasVenue: (venue: string) => venue in CASH,
  };
  const id = accounts.nextMovementId();
  const decision = decideMovement(ground, { ...wish, id, instrument: null, timeUs });
  if (decision.kind === 'refused') return decision;
  if (decision.kind === 'decided') record(decision.fact);
  return { kind: 'moved', id };
}

const STATES = { start: 'running', stop: 'stopped' } as const;

function changeStrategy(
  { strategies }: State,
  { name, action, reason, by }: Extract<DeskCommand, { kind: 'strategy' }>,
  record: (body: Fact) => void,
): GatewayAnswer {
  const instance = strategies.get(name);
  if (instance === null) return { kind: 'not_found', what: `strategy ${name}` };
  if (action === 'start' && instance.state === 'running') {
    return { kind: 'refused', problems: [{ path: 'name', message: `${name} runs already` }] };
  }
  if (action === 'reload') return { kind: 'starting' };
  const { module, moduleHash } = instance;
  record({ kind: 'strategy', name, state: STATES[action], module, moduleHash, reason, by });
  return { kind: 'done', count: 1 };
}
