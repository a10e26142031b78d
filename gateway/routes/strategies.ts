// Owns the strategies over REST: which instances there are, how they fare, start, stop, reload.
// Promise: an instance that failed says why; a state is what the engine committed.
import { z } from 'zod';
import { replyOf } from '../outcome.ts';
import { problem } from '../problem.ts';
import { json } from '../reply.ts';
import { defineRoute, type GatewayContext, type Route } from '../route.ts';
import { strategiesView, strategyView } from '../strategy-view.ts';

const change = z.strictObject({
  action: z.enum(['start', 'stop', 'reload'], { error: 'must be one of start, stop, reload' }),
  reason: z.string().trim().min(1, { error: 'say why, for the journal' }).max(200),
});

const viewOf = ({ replica }: GatewayContext, name: string): object | null =>
  strategyView(replica.slices.strategies, replica.portfolio, name);

const list = defineRoute({
  method: 'GET',
  path: '/api/v2/strategies',
  access: 'read',
  summary: 'Every strategy instance with its state, its profit and what it holds',
  replies: { 200: 'The instances' },
  answer: ({ context: { replica } }) =>
    json(200, { strategies: strategiesView(replica.slices.strategies, replica.portfolio) }),
});

const look = defineRoute({
  method: 'GET',
  path: '/api/v2/strategies/{name}',
  access: 'read',
  summary: 'One strategy instance',
  replies: { 200: 'The instance', 404: 'No such instance' },
  answer({ context, params }) {
    const view = viewOf(context, params.name ?? '');
    if (view !== null) return json(200, view);
    return problem('not_found', { detail: `There is no strategy "${params.name ?? ''}".` });
  },
});

const act = defineRoute({
  method: 'PUT',
  path: '/api/v2/strategies/{name}',
  access: 'trade',
  summary: 'Start, stop or reload an instance; stopping takes its orders back',
  body: change,
  replies: {
    200: 'The instance as it is now',
    202: 'It is starting: its file is being opened, and what became of it is told by GET',
    404: 'No such instance',
    422: 'It cannot be started: the reason is named',
  },
  async answer({ context, params, who, body }) {
    const name = params.name ?? '';
    const outcome = await context.commands.ask({ kind: 'strategy', name, ...body, by: who.name });
    const view = (): object => viewOf(context, name) ?? { name };
    if (outcome.kind !== 'answer' || outcome.answer.kind !== 'starting') {
      return replyOf(outcome, 'done', () => json(200, view()));
    }
    const asked = { state: 'starting', reason: body.reason, by: who.name };
    return json(202, { ...view(), ...asked });
  },
});

export const strategyRoutes: readonly Route[] = [list, look, act];
