// Owns the limit tree over REST: reading it, proposing a change, deciding on one.
// Promise: nobody decides on his own proposal; a change names the version of the tree it saw.

import type { z } from 'zod';
import { replyOf } from '../outcome.ts';
import { problem } from '../problem.ts';
import { etagOf, json, type Reply } from '../reply.ts';
import { decision, newLimits, proposalQuery } from '../risk-schema.ts';
import { limitsView, newestProposals, proposalView } from '../risk-view.ts';
import type { RouteInput } from '../route.ts';
import { defineRoute, type Route } from '../route.ts';

const look = defineRoute({
  method: 'GET',
  path: '/api/v2/risk/limits',
  access: 'read',
  summary: 'The limit tree with hard, soft and what is in use; its version is the ETag',
  replies: {
    200: 'The tree; `used` is null where the engine did not tell',
    304: 'If-None-Match named this version',
    503: 'The engine has said nothing yet',
  },
  answer({ context, header }) {
    const view = limitsView(context.replica.risk);
    if (view === null) {
      const detail = 'The engine has not told its limits yet. Try again in a second.';
      return problem('not_ready', { detail, headers: { 'retry-after': '1' } });
    }
    const etag = etagOf(view.version);
    const asked = header('if-none-match').split(',');
    const isKnown = asked.some((text) => text.trim() === '*' || text.trim() === etag);
    if (isKnown) return { status: 304, headers: { etag }, body: '' };
    return json(200, view, { etag });
  },
});

const propose = defineRoute({
  method: 'PATCH',
  path: '/api/v2/risk/limits',
  access: 'limits',
  summary: 'Propose a change of limits; it takes effect when somebody else approves it',
  body: newLimits,
  replies: {
    202: 'Proposed; nothing has changed yet',
    400: 'Fields that are not valid, or an If-Match that is no version',
    412: 'The limits have moved on since If-Match',
    422: 'The tree would contradict itself, or too many proposals wait',
    428: 'If-Match is missing',
  },
  async answer({ context, who, body, header }) {
    const version = readVersion(header('if-match'));
    if (typeof version !== 'number') return version;
    const { softFraction } = context.options;
    const outcome = await context.commands.ask({
      kind: 'propose_limits',
      changes: body.changes.map((change) => ({
        ...change,
        soft: change.soft ?? change.hard * softFraction,
      })),
      version,
      reason: body.reason,
      by: who.name,
    });
    return replyOf(outcome, 'proposed', ({ proposal, version: current }) => {
      const location = `/api/v2/risk/limits/proposals/${proposal}`;
      const known = context.replica.risk.proposals.get(proposal);
      const view = known === undefined ? { proposal } : proposalView(known);
      return json(202, { ...view, version: current }, { location, etag: etagOf(current) });
    });
  },
});

/** The version an If-Match names: "v7". */
function readVersion(text: string): number | Reply {
  if (text === '') {
    return problem('precondition_required', {
      detail: 'Send If-Match with the ETag of the limits you saw (GET /api/v2/risk/limits).',
    });
  }
  const digits = /^"v(\d{1,15})"$/.exec(text.trim())?.[1];
  if (digits !== undefined) return Number(digits);
  return problem('bad_request', { detail: 'If-Match takes one version, such as "v7".' });
}

const proposals = defineRoute({
  method: 'GET',
  path: '/api/v2/risk/limits/proposals',
  access: 'read',
  summary: 'Proposed changes of limits and what became of them, newest first',
  query: proposalQuery,
  replies: { 200: 'The proposals', 400: 'A filter that is not valid' },
  answer({ context, query }) {
    const all = newestProposals(context.replica.risk);
    const isWanted = ({ state }: (typeof all)[number]): boolean =>
      query.state === undefined || state === query.state;
    return json(200, { proposals: all.filter(isWanted) });
  },
});

const proposalNumber = (text: string | undefined): number =>
  /^\d{1,15}$/.test(text ?? '') ? Number(text) : Number.NaN;

const noProposal = (text: string | undefined): Reply =>
  problem('not_found', { detail: `There is no proposal ${text ?? ''}.` });

const proposal = defineRoute({
  method: 'GET',
  path: '/api/v2/risk/limits/proposals/{id}',
  access: 'read',
  summary: 'One proposal',
  replies: { 200: 'The proposal', 404: 'No such proposal' },
  answer({ context, params }) {
    const known = context.replica.risk.proposals.get(proposalNumber(params.id));
    return known === undefined ? noProposal(params.id) : json(200, proposalView(known));
  },
});

const decide = (approve: boolean): Route =>
  defineRoute({
    method: 'POST',
    path: `/api/v2/risk/limits/proposals/{id}/${approve ? 'approve' : 'reject'}`,
    access: 'limits',
    summary: approve
      ? 'Approve a proposal of somebody else: the limits change at once'
      : 'Reject a proposal of somebody else',
    body: decision,
    isBodyOptional: true,
    replies: {
      200: approve ? 'The limits as they are now' : 'The proposal as it ended',
      403: 'The proposer may not decide',
      404: 'No such proposal waits',
      422: 'The limits have moved on, or the tree would contradict itself',
    },
    answer: (input) => answerDecision(input, approve),
  });

type DecisionInput = RouteInput<z.output<typeof decision>, null>;

async function answerDecision(input: DecisionInput, approve: boolean): Promise<Reply> {
  const { context, who, params, body } = input;
  const number = proposalNumber(params.id);
  const { risk } = context.replica;
  const known = risk.proposals.get(number);
  if (Number.isNaN(number)) return noProposal(params.id);
  if (known !== undefined && known.decision === null && known.by === who.name) {
    const detail = `${known.by} proposed this change; someone else has to decide on it.`;
    return problem('forbidden', { detail });
  }
  const { reason } = body;
  const outcome = await context.commands.ask({
    ...{ kind: 'decide_limits', proposal: number, approve, reason, by: who.name },
  });
  return replyOf(outcome, 'limits', ({ tree }) => {
    const decided = risk.proposals.get(number);
    const view = decided === undefined ? { proposal: number } : proposalView(decided);
    return json(200, { ...view, version: tree.version }, { etag: etagOf(tree.version) });
  });
}

export const limitRoutes: readonly Route[] = [
  look,
  propose,
  proposals,
  proposal,
  decide(true),
  decide(false),
];
