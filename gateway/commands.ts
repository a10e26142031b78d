// Owns the way of a client's wish into the engine and of the answer back.
// Promise: an asked command is answered once: by the engine, by time-out, or at once when refused.
import type {
  CommandMessage,
  GatewayAnswer,
  GatewayCommand,
} from '../engine/facts/gateway-message.ts';
import { createDurableRegion, type DurableRegion } from '../engine/memory/durable-region.ts';
import type { MemoryPlan } from '../engine/memory/plan.ts';
import { createByteWriter } from '../engine/memory/ring.ts';

export type CommandOutcome =
  | { readonly kind: 'answer'; readonly answer: GatewayAnswer }
  | { readonly kind: 'silent' } // sent; the engine may still carry it out
  | { readonly kind: 'busy' }; // not sent

export interface Commands {
  /** Waits `timeoutMs` for the answer; the configured time without it. */
  ask(command: GatewayCommand, timeoutMs?: number): Promise<CommandOutcome>;
  /**
   * Called with what the engine says: told once the record `seq` is on the disk, so that no crash
   * can take back what somebody was told. An answer nobody waits for any more is dropped.
   */
  settle(correlation: number, answer: GatewayAnswer, seq: number): void;
  readonly pending: number;
  close(): void;
}

const LOOK_MS = 1; // how often the disk is looked at while an answer waits for it

interface Held {
  readonly number: number;
  readonly answer: GatewayAnswer;
  readonly seq: number;
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
  const answers = createWaitingAnswers(createDurableRegion(buffer, plan.durable), finish);
  return {
    ask(command, timeoutMs = defaultTimeoutMs) {
      if (waiting.size >= pendingMax) return Promise.resolve({ kind: 'busy' });
      correlation += 1;
      const number = correlation;
      const receivedNs = Number(process.hrtime.bigint());
      const message: CommandMessage = { correlation: number, command, receivedNs };
      if (!writer.write(JSON.stringify(message))) return Promise.resolve({ kind: 'busy' });
      return new Promise((resolve) => {
        const timer = setTimeout(() => finish(number, { kind: 'silent' }), timeoutMs);
        waiting.set(number, { resolve, timer });
      });
    },
    settle: (number, answer, seq) => answers.add({ number, answer, seq }),
    get pending() {
      return waiting.size;
    },
    close() {
      answers.end();
      for (const number of [...waiting.keys()]) finish(number, { kind: 'silent' });
    },
  };
}

/** In the order in which they came: one that waits for the disk holds back those behind it. */
function createWaitingAnswers(
  durable: Pick<DurableRegion, 'seq'>,
  finish: (number: number, outcome: CommandOutcome) => void,
) {
  const held: Held[] = [];
  let look: NodeJS.Timeout | undefined;
  const release = (): void => {
    clearTimeout(look);
    const reached = durable.seq();
    while (held.length > 0 && (held[0]?.seq ?? 0) <= reached) {
      const told = held.shift();
      if (told !== undefined) finish(told.number, { kind: 'answer', answer: told.answer });
    }
    if (held.length > 0) look = setTimeout(release, LOOK_MS);
  };
  return {
    add(answer: Held): void {
      held.push(answer);
      release();
    },
    end: (): void => clearTimeout(look),
  };
}
