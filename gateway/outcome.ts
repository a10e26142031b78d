// Owns how the engine's answers to commands become replies that mean the same on every route.
// Promise: every way a command can end has its own status and says what to do next.
import { assertNever } from '../engine/core/assert.ts';
import type { GatewayAnswer } from '../engine/core/gateway-message.ts';
import type { CommandOutcome } from './commands.ts';
import { problem } from './problem.ts';
import type { Reply } from './reply.ts';

/** The replies shared by all commands; `success` is asked for 'accepted' and 'done'. */
export function replyOf(
  outcome: CommandOutcome,
  success: (answer: Extract<GatewayAnswer, { kind: 'accepted' | 'done' }>) => Reply,
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
      return replyOfAnswer(outcome.answer, success);
    default:
      return assertNever(outcome);
  }
}

function replyOfAnswer(
  answer: GatewayAnswer,
  success: (answer: Extract<GatewayAnswer, { kind: 'accepted' | 'done' }>) => Reply,
): Reply {
  switch (answer.kind) {
    case 'accepted':
    case 'done':
      return success(answer);
    case 'rejected':
      return problem('order_refused', {
        detail: `Refused by ${answer.by}: ${answer.breaches.map((b) => b.limit).join(', ')}.`,
        order_id: answer.orderId,
        breaches: answer.breaches,
      });
    case 'not_found':
      return problem('not_found', { detail: `There is no ${answer.what}.` });
    case 'invalid':
      return problem('invalid_fields', {
        detail: 'The engine cannot take these fields.',
        errors: answer.problems,
      });
    default:
      return assertNever(answer);
  }
}
