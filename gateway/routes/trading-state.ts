// Owns the switches that stop trading, of the system or a part of it, and let it go on.
// Promise: a trader may stop it; only risk or admin may loosen it; the reason is journalled.
import type { z } from 'zod';
import { assertNever } from '../../engine/core/assert.ts';
import { kindOfScope, type LimitScope, nameOfScope } from '../../engine/core/limit.ts';
import { MANUAL } from '../../engine/core/order.ts';
import { STRICTNESS } from '../../engine/core/risk.ts';
import { mayDo } from '../auth.ts';
import { replyOf } from '../outcome.ts';
import { problem } from '../problem.ts';
import { json, type Reply } from '../reply.ts';
import { isScope, newTradingState } from '../risk-schema.ts';
import { killView, stateOf } from '../risk-view.ts';
import { defineRoute, type GatewayContext, type Route, type RouteInput } from '../route.ts';
import { strategyView } from '../strategy-view.ts';
import { splitKey } from '../words.ts';

type Wish = z.output<typeof newTradingState>;

const list = defineRoute({
  method: 'GET',
  path: '/api/v2/trading-state',
  access: 'read',
  summary: 'Every scope that is not active, and why',
  replies: { 200: 'The states; a scope that is not listed is active' },
  answer: ({ context: { replica } }) =>
    json(200, { state: replica.tradingState, scopes: [...replica.risk.states.values()] }),
});

const look = defineRoute({
  method: 'GET',
  path: '/api/v2/trading-state/{scope}',
  access: 'read',
  summary: 'Whether a scope is active, probing, reducing or halted',
  replies: { 200: 'The state and its reasons', 404: 'No such scope' },
  answer({ context, params }) {
    const scope = readScope(params.scope ?? '');
    if (scope === null || !isKnown(context, scope)) return noScope(params.scope ?? '');
    return json(200, stateNow(context, scope));
  },
});

/** Whether the run has it, by what its records and the portfolio tell. */
function isKnown({ replica }: GatewayContext, scope: LimitScope): boolean {
  const { risk, slices, portfolio } = replica;
  if (portfolio === null || risk.states.has(scope)) return true; // nobody has told it all yet
  const name = nameOfScope(scope);
  const traded = slices.instruments.traded();
  const kind = kindOfScope(scope);
  switch (kind) {
    case 'system':
      return true;
    case 'portfolio':
      return portfolio.accounts.some(({ account }) => account === name);
    case 'strategy':
      return name === MANUAL || strategyView(slices.strategies, portfolio, name) !== null;
    case 'venue':
      return traded.some((key) => splitKey(key).venue === name);
    case 'instrument':
      return traded.includes(name);
    default:
      return assertNever(kind);
  }
}

/** The portfolio may have told of the system's state before the first view of risk came. */
function stateNow({ replica }: GatewayContext, scope: LimitScope) {
  const known = stateOf(replica.risk, scope);
  const isOlder = scope === 'system' && STRICTNESS[known.state] < STRICTNESS[replica.tradingState];
  return isOlder ? { ...known, state: replica.tradingState } : known;
}

const change = defineRoute({
  method: 'PUT',
  path: '/api/v2/trading-state/{scope}',
  access: 'halt',
  summary: 'Halt, reduce only, or resume a scope; halting the system is the kill switch',
  body: newTradingState,
  replies: {
    200: 'The new state; for a kill its report, confirmed by every venue',
    400: 'Fields that are not valid',
    403: 'This role may halt but not loosen',
    404: 'No such scope',
    504: 'Not confirmed in time; what is known is in the body',
  },
  async answer(input) {
    const { context, who, params, body } = input;
    const scope = readScope(params.scope ?? '');
    if (scope === null) return noScope(params.scope ?? '');
    const isKill = scope === 'system' && body.state === 'halted';
    if (!isKill && (body.flatten || body.drill)) return onlyKills(body);
    const isLooser =
      body.state === 'active' ||
      STRICTNESS[body.state] < STRICTNESS[stateNow(context, scope).state];
    if (isLooser && !mayDo(who.role, 'resume')) {
      return problem('forbidden', { detail: `A ${who.role} may halt trading but not resume it.` });
    }
    if (isKill) return kill(input);
    const { state, reason } = body;
    const by = who.name;
    const outcome = await context.commands.ask({ kind: 'trading_state', scope, state, reason, by });
    return replyOf(outcome, 'state', ({ state: now, reasons }) =>
      json(200, { scope, state, reason, by, now: { state: now, reasons } }),
    );
  },
});

async function kill({ context, who, body }: RouteInput<Wish, null>): Promise<Reply> {
  const { reason, flatten, drill } = body;
  const by = who.name;
  const outcome = await context.commands.ask(
    { kind: 'kill', options: { flatten, drill, reason, by } },
    context.options.killTimeoutMs,
  );
  if (outcome.kind === 'silent') return killSilent(context);
  return replyOf(outcome, 'killed', ({ report }) => {
    const view = killView(report);
    if (!report.isConfirmed) {
      const detail = report.problem === '' ? 'The kill is not confirmed.' : report.problem;
      return problem('kill_unconfirmed', { detail, kill: view });
    }
    const state = report.drill ? context.replica.tradingState : body.state;
    return json(200, { scope: 'system', state, reason, by, kill: view });
  });
}

/** The engine did not say how it ended: what the replica has is all there is to tell. */
function killSilent({ replica, options }: GatewayContext): Reply {
  return problem('kill_unconfirmed', {
    detail:
      `The engine did not confirm within ${options.killTimeoutMs} ms. The order to halt was ` +
      'sent and may be at work: look at GET /api/v2/risk/kills and at your venues.',
    known: {
      trading_state: replica.tradingState,
      open_orders: replica.orders.open,
      positions: replica.portfolio?.positions.filter(({ qty }) => Number(qty) !== 0).length ?? null,
    },
  });
}

const onlyKills = ({ flatten }: Wish): Reply =>
  problem('invalid_fields', {
    detail: 'flatten and drill belong to the kill switch: scope system, state halted.',
    errors: [
      { path: flatten ? 'flatten' : 'drill', message: 'is taken for system and halted only' },
    ],
  });

/** 'strategy:manual' as it stands in a path, escaped or not; null when it names no scope. */
function readScope(text: string): LimitScope | null {
  try {
    const plain = decodeURIComponent(text);
    return isScope(plain) ? plain : null;
  } catch {
    return null; // the one thing that throws: a broken %-escape
  }
}

const noScope = (scope: string) =>
  problem('not_found', {
    detail:
      `There is no scope "${scope}": it is system, or portfolio:, strategy:, venue: or ` +
      'instrument: with a name.',
  });

export const tradingStateRoutes: readonly Route[] = [list, look, change];
