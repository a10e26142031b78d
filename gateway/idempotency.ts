// Owns the memory of orders already asked for under an Idempotency-Key.
// Promise: a key that comes again gets the first answer and sends no second order; bounded.
import { createHash } from 'node:crypto';
import { problem } from './problem.ts';
import { type Reply, withHeaders } from './reply.ts';

export interface Idempotency {
  /** Runs `work` unless (caller, key) ran before; then its reply again, or 422 for another body. */
  once(request: IdempotentRequest, work: () => Promise<Reply>): Promise<Reply>;
}

export interface IdempotentRequest {
  readonly caller: string;
  readonly key: string;
  readonly body: string;
  readonly nowMs: number;
}

interface Remembered {
  readonly bodyHash: string;
  readonly untilMs: number;
  readonly reply: Promise<Reply>;
}

const NOT_SENT: ReadonlySet<number> = new Set([400, 503]); // nothing happened: a retry may work

export function createIdempotency(keysMax: number, keepMs: number): Idempotency {
  const seen = new Map<string, Remembered>();
  const remember = (id: string, entry: Remembered): void => {
    seen.set(id, entry);
    const [oldest] = seen.keys();
    if (seen.size > keysMax && oldest !== undefined) seen.delete(oldest);
    const forget = (): boolean => seen.get(id) === entry && seen.delete(id);
    entry.reply.then((reply) => NOT_SENT.has(reply.status) && forget(), forget);
  };
  return {
    async once({ caller, key, body, nowMs }, work) {
      const id = `${caller} ${key}`;
      const bodyHash = createHash('sha256').update(body).digest('hex');
      const known = seen.get(id);
      if (known !== undefined && known.untilMs > nowMs) {
        if (known.bodyHash === bodyHash) {
          return withHeaders(await known.reply, { 'idempotent-replayed': 'true' });
        }
        return problem('idempotency_key_reused', {
          detail: `The key "${key}" belongs to an order with another body; use a new key.`,
        });
      }
      seen.delete(id);
      const reply = work();
      remember(id, { bodyHash, untilMs: nowMs + keepMs, reply });
      return reply;
    },
  };
}
