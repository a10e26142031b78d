// Owns the switch that stops trading, and the one that lets it go on.
// Promise: a trader may stop it; only risk or admin may start it again; the reason is journalled.
import { mayDo } from '../auth.ts';
import { replyOf } from '../outcome.ts';
import { problem } from '../problem.ts';
import { json } from '../reply.ts';
import { defineRoute, type Route } from '../route.ts';
import { newTradingState } from '../schema.ts';

// From the freest to the strictest; a step back needs the right to resume.
const STRICTNESS = { active: 0, reducing: 1, halted: 2 } as const;

const look = defineRoute({
  method: 'GET',
  path: '/api/v2/trading-state/{scope}',
  access: 'read',
  summary: 'Whether trading is active, reducing or halted',
  replies: { 200: 'The state', 404: 'No such scope' },
  answer({ context, params }) {
    if (params.scope !== 'system') return noScope(params.scope ?? '');
    return json(200, { scope: 'system', state: context.replica.tradingState });
  },
});

const change = defineRoute({
  method: 'PUT',
  path: '/api/v2/trading-state/{scope}',
  access: 'halt',
  summary: 'Halt, reduce only, or resume; scope is system',
  body: newTradingState,
  replies: {
    200: 'The new state',
    403: 'This role may halt but not resume',
    404: 'No such scope',
    504: 'Sent, but not answered in time',
  },
  async answer({ context, who, params, body }) {
    if (params.scope !== 'system') return noScope(params.scope ?? '');
    const isLooser = STRICTNESS[body.state] < STRICTNESS[context.replica.tradingState];
    if (isLooser && !mayDo(who.role, 'resume')) {
      return problem('forbidden', { detail: `A ${who.role} may halt trading but not resume it.` });
    }
    const { state, reason } = body;
    const outcome = await context.commands.ask({
      kind: 'trading_state',
      state,
      reason,
      by: who.name,
    });
    return replyOf(outcome, () => json(200, { scope: 'system', state, reason, by: who.name }));
  },
});

const noScope = (scope: string) =>
  problem('not_found', { detail: `There is no scope "${scope}"; this version knows "system".` });

export const tradingStateRoutes: readonly Route[] = [look, change];
