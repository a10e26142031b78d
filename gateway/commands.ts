// Owns the way of a client's wish into the engine and of the answer back.
// Promise: an asked command is answered once: by the engine, by time-out, or at once when refused.
import type {
  CommandMessage,
  GatewayAnswer,
  GatewayCommand,
} from '../engine/facts/gateway-message.ts';
import type { MemoryPlan } from '../engine/memory/plan.ts';
import { createByteWriter } from '../engine/memory/ring.ts';

export type CommandOutcome =
  | { readonly kind: 'answer'; readonly answer: GatewayAnswer }
  | { readonly kind: 'silent' } // sent; the engine may still carry it out
  | { readonly kind: 'busy' }; // not sent

export interface Commands {
  /** Waits `timeoutMs` for the answer; the configured time without it. */
  ask(command: GatewayCommand, timeoutMs?: number): Promise<CommandOutcome>;
  /** Called with what the engine says; an answer nobody waits for any more is dropped. */
  settle(correlation: number, answer: GatewayAnswer): void;
  readonly pending: number;
  close(): void;
}

interface Waiting {
  readonly resolve: (outcome: CommandOutcome) => void;
  readonly timer: NodeJS.Timeout;
}

export function createCommands(
  buffer: SharedArrayBuffer,
  plan: MemoryPlan,
  defaultTimeoutMs: number,
  pendingMax: number,
): Commands {
  const writer = createByteWriter(buffer, plan.commandRing, plan.capacities.commandBytes);
  const waiting = new Map<number, Waiting>();
  let correlation = 0;
  const finish = (number: number, outcome: CommandOutcome): void => {
    const found = waiting.get(number);
    if (found === undefined) return;
    clearTimeout(found.timer);
    waiting.delete(number);
    found.resolve(outcome);
  };
  return {
    ask(command, timeoutMs = defaultTimeoutMs) {
      if (waiting.size >= pendingMax) return Promise.resolve({ kind: 'busy' });
      correlation += 1;
      const number = correlation;
      const message: CommandMessage = { correlation: number, command };
      if (!writer.write(JSON.stringify(message))) return Promise.resolve({ kind: 'busy' });
      return new Promise((resolve) => {
        const timer = setTimeout(() => finish(number, { kind: 'silent' }), timeoutMs);
        waiting.set(number, { resolve, timer });
      });
    },
    settle: (number, answer) => finish(number, { kind: 'answer', answer }),
    get pending() {
      return waiting.size;
    },
    close() {
      for (const number of [...waiting.keys()]) finish(number, { kind: 'silent' });
    },
  };
}
