// Owns how the engine's answers to commands become replies that mean the same on every route.
// Promise: every way a command can end has its own status and says what to do next.
import { assertNever } from '../engine/core/assert.ts';
import type { LimitCode } from '../engine/core/decision.ts';
import type { GatewayAnswer } from '../engine/facts/gateway-message.ts';
import type { CommandOutcome } from './commands.ts';
import { problem } from './problem.ts';
import { etagOf, type Reply } from './reply.ts';
import { snakeKey } from './words.ts';

type AnswerKind = GatewayAnswer['kind'];
export type AnswerOf<Kind extends AnswerKind> = Extract<GatewayAnswer, { kind: Kind }>;

/** The replies shared by all commands; `success` is asked for answers of the kind `wanted`. */
export function replyOf<Kind extends AnswerKind>(
  outcome: CommandOutcome,
  wanted: Kind,
  success: (answer: AnswerOf<Kind>) => Reply,
): Reply {
  switch (outcome.kind) {
    case 'busy':
      return problem('engine_busy', {
        detail: 'Nothing was done. Try again in a second.',
        headers: { 'retry-after': '1' },
      });
    case 'silent':
      return problem('engine_silent', {
        detail: 'The command was sent and may still be carried out: look before trying again.',
      });
    case 'answer':
      return isOf(outcome.answer, wanted) ? success(outcome.answer) : refusalOf(outcome.answer);
    default:
      return assertNever(outcome);
  }
}

const isOf = <Kind extends AnswerKind>(
  answer: GatewayAnswer,
  kind: Kind,
): answer is AnswerOf<Kind> => answer.kind === kind;

const ADVICE: Partial<Record<LimitCode, string>> = {
  self_trade:
    'An order of your own, of a strategy perhaps, rests at this price: ' +
    'price this one short of it, cancel that one, or stop the strategy.',
  reduce_only:
    'Reduce-only is asked of the whole account, where strategies net: ' +
    'leave it out to close what you hold beside them.',
  open_orders: 'Cancel orders that rest, or raise the limit of the scope that is named.',
};

function refusalWords({ by, breaches }: AnswerOf<'rejected'>): string {
  const limits = breaches.map(({ limit }) => limit);
  const advice = [...new Set(limits)].flatMap((limit) => ADVICE[limit] ?? []);
  return [`Refused by ${by}: ${limits.join(', ')}.`, ...advice].join(' ');
}

function refusalOf(answer: GatewayAnswer): Reply {
  switch (answer.kind) {
    case 'rejected':
      return rejectionOf(answer);
    case 'key_reused':
      return problem('idempotency_key_reused', {
        detail: `The key "${answer.key}" belongs to an order with another body; use a new key.`,
      });
    case 'not_found':
      return problem('not_found', { detail: `There is no ${answer.what}.` });
    case 'invalid':
      return problem('invalid_fields', {
        detail: 'The engine cannot take these fields.',
        errors: answer.problems,
      });
    case 'refused':
      return problem('command_refused', {
        detail: answer.problems.map(({ message }) => message).join('; '),
        errors: answer.problems.map(({ path, message }) => ({ path: snakeKey(path), message })),
      });
    case 'failed':
      return problem('internal', { detail: 'The engine could not read it; nothing was done.' });
    case 'stopping':
      return problem('engine_stopping', {
        detail: 'Nothing was done: of a system that stops, open orders are being taken back.',
      });
    case 'conflict':
      return problem('stale_version', {
        detail: `The limits have moved on to version ${answer.version}: read them and try again.`,
        headers: { etag: etagOf(answer.version) },
      });
    case 'accepted':
    case 'moved':
    case 'instrument':
    case 'done':
    case 'starting':
    case 'preview':
    case 'killed':
    case 'proposed':
    case 'limits':
    case 'state':
      return problem('internal', { detail: `The engine answered with '${answer.kind}'.` });
    default:
      return assertNever(answer);
  }
}

const rejectionOf = (answer: AnswerOf<'rejected'>): Reply =>
  problem('order_refused', {
    detail: refusalWords(answer),
    order_id: answer.orderId,
    breaches: answer.breaches,
    ...(answer.isReplay ? { headers: { 'idempotent-replayed': 'true' } } : {}),
  });
