// Owns how a client recognises its orders: idempotency keys and what it wants to find beside them.
// Promise: a key never sends twice while it is remembered; what is not bounded is refused by name.
import type { Breach } from '../core/decision.ts';
import type { ClientKey, Metadata } from '../core/order.ts';
import type { FieldProblem } from '../core/ports.ts';
import type { CommandAnswer } from '../facts/effects.ts';

/** What became of the first order with a key. */
export type ClientOrder =
  | { readonly kind: 'accepted'; readonly orderId: string; readonly bodyHash: string }
  | {
      readonly kind: 'rejected';
      readonly orderId: string;
      readonly bodyHash: string;
      readonly by: 'compliance' | 'risk';
      readonly breaches: readonly Breach[];
    };

export type ClientDecision =
  | { readonly kind: 'new' }
  | { readonly kind: 'same'; readonly answer: CommandAnswer } // the first one, again
  | { readonly kind: 'conflict'; readonly orderId: string }; // the key was used for another body

/** Whether an order with this key is sent, answered again, or refused. Ask it first. */
export function decideClient(
  orders: { clientOrder(key: string): ClientOrder | null },
  client: ClientKey | null,
): ClientDecision {
  const first = client === null ? null : orders.clientOrder(client.key);
  if (first === null || client === null) return { kind: 'new' };
  const { bodyHash, ...answer } = first;
  return bodyHash === client.bodyHash
    ? { kind: 'same', answer: { ...answer, isReplay: true } }
    : { kind: 'conflict', orderId: first.orderId };
}

export const CLIENT_KEY_CHARS_MAX = 160; // with the name of the API key before it
const HASH = /^[0-9a-f]{64}$/;
const KEY = /^[\x21-\x7e]+$/;

export const METADATA_KEYS_MAX = 16;
export const METADATA_KEY_CHARS_MAX = 64;
export const METADATA_BYTES_MAX = 1024; // of the whole as JSON: every order kept may have one

export function clientKeyProblems(client: ClientKey): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (client.key.length > CLIENT_KEY_CHARS_MAX || !KEY.test(client.key)) {
    const message = `must be 1 to ${CLIENT_KEY_CHARS_MAX} visible ASCII characters, no spaces`;
    problems.push({ path: 'Idempotency-Key', message });
  }
  if (!HASH.test(client.bodyHash)) {
    problems.push({ path: 'bodyHash', message: 'must be a SHA-256 in 64 lower-case hex digits' });
  }
  return problems;
}

export function metadataProblems(metadata: Metadata): readonly FieldProblem[] {
  const entries = Object.entries(metadata);
  const problems: FieldProblem[] = [];
  const say = (path: string, message: string): void => void problems.push({ path, message });
  if (entries.length > METADATA_KEYS_MAX) {
    say('metadata', `has ${entries.length} keys: at most ${METADATA_KEYS_MAX} are kept`);
    return problems;
  }
  for (const [key] of entries) {
    const path = `metadata.${key.slice(0, METADATA_KEY_CHARS_MAX)}`;
    if (key === '' || key.length > METADATA_KEY_CHARS_MAX) {
      say(path, `the key must have 1 to ${METADATA_KEY_CHARS_MAX} characters, not ${key.length}`);
    }
  }
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (problems.length === 0 && bytes > METADATA_BYTES_MAX) {
    say(
      'metadata',
      `is ${bytes} bytes as JSON: at most ${METADATA_BYTES_MAX}, keep the rest outside`,
    );
  }
  return problems;
}
