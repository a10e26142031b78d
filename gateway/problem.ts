// Owns the one table of what can go wrong for a client, and its form on the wire (RFC 9457).
// Promise: every refusal names a stable code, says what is wrong and what to do about it.

import type { KillWire } from '../dashboard/risk-wire.ts';
import type { Breach } from '../engine/core/decision.ts';
import type { FieldProblem } from '../engine/facts/gateway-message.ts';
import type { Reply } from './reply.ts';

export const PROBLEMS = {
  bad_request: { status: 400, title: 'The request cannot be understood' },
  invalid_fields: { status: 400, title: 'Some fields are not valid' },
  unauthorized: { status: 401, title: 'A valid API key is needed' },
  forbidden: { status: 403, title: 'This key may not do that' },
  not_found: { status: 404, title: 'There is no such thing' },
  method_not_allowed: { status: 405, title: 'This path does not take that method' },
  order_ended: { status: 409, title: 'The order has ended already' },
  stale_version: { status: 412, title: 'The limits have changed since' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  order_refused: { status: 422, title: 'The order breaches a limit' },
  command_refused: { status: 422, title: 'The engine refuses this' },
  idempotency_key_reused: { status: 422, title: 'This Idempotency-Key was used for another body' },
  upgrade_required: { status: 426, title: 'This is a WebSocket path' },
  precondition_required: { status: 428, title: 'If-Match is needed' },
  too_many_requests: { status: 429, title: 'The rate limit is used up' },
  internal: { status: 500, title: 'The gateway has a fault' },
  engine_busy: { status: 503, title: 'The engine takes no more commands now' },
  engine_stopping: { status: 503, title: 'The system is stopping' },
  not_ready: { status: 503, title: 'There is nothing to tell yet' },
  too_many_clients: { status: 503, title: 'No more WebSocket clients are taken' },
  kill_unconfirmed: { status: 504, title: 'The kill is not confirmed' },
  engine_silent: { status: 504, title: 'The engine did not answer in time' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;
export type ProblemCode = keyof typeof PROBLEMS;

export interface ProblemDetail {
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
  readonly breaches?: readonly Breach[];
  readonly order_id?: string;
  readonly kill?: KillWire;
  readonly known?: Readonly<Record<string, unknown>>; // when the engine itself said nothing
  readonly headers?: Readonly<Record<string, string>>;
}

/** A reply with an application/problem+json body; `type` is `urn:colin:problem:<code>`. */
export function problem(code: ProblemCode, { headers = {}, ...rest }: ProblemDetail): Reply {
  const { status, title } = PROBLEMS[code];
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({ type: `urn:colin:problem:${code}`, title, status, ...rest }),
  };
}
