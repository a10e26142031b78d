// Owns the engine's side of the gateway: its thread, what is told to it, what clients ask for.
// Promise: a slow gateway costs the engine nothing; what it missed is counted and said.
import type { Worker } from 'node:worker_threads';
import type { GatewayThreadData, GatewayThreadMessage } from '../../workers/gateway.ts';
import { startWorker } from '../../workers/start.ts';
import type { CommandEvent } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { BookReader } from '../core/ports.ts';
import type { EpochUs } from '../core/units.ts';
import type { CommandMessage, GatewayMessage } from '../facts/gateway-message.ts';
import { createByteReader, createByteWriter } from '../memory/ring.ts';
import { translate } from './commands.ts';
import type { Ground } from './ground.ts';

const COMMAND_WAIT_MS = 1000;

export type GatewayOptions = GatewayThreadData['options'];

export type GatewayOpening =
  | { readonly kind: 'running'; readonly restPort: number; readonly wsPort: number }
  | { readonly kind: 'failed'; readonly message: string; readonly isPortInUse: boolean };

/** Told everything, from the first record on; the thread may start later or never. */
export interface GatewayLink {
  tell(message: GatewayMessage): void;
  open(options: GatewayOptions): Promise<GatewayOpening>;
  /** Answers clients' commands until close(): each becomes one event. */
  serve(house: CommandHouse): void;
  close(): Promise<void>;
}

export interface CommandHouse {
  readonly instruments: readonly Instrument[];
  readonly books: BookReader;
  readonly nowUs: () => EpochUs;
  readonly account: string;
  readonly apply: (event: CommandEvent) => void;
}

export function createGatewayLink(ground: Ground, onFault: (reason: string) => void): GatewayLink {
  const { buffer, plan, memory, telemetry } = ground;
  const ring = createByteWriter(buffer, plan.gatewayRing, plan.capacities.gatewayBytes);
  let thread: Worker | null = null;
  let lost = 0;
  let isServing = false;
  const tell = (message: GatewayMessage): void => {
    if (lost > 0 && ring.offer(JSON.stringify({ type: 'lost', records: lost }), 0)) lost = 0;
    if (lost === 0 && ring.offer(JSON.stringify(message), 0)) {
      if (message.type === 'answer') ring.wakeReader(); // somebody waits; the rest can a moment
      return;
    }
    lost += 1;
    telemetry.add('gatewayDropped', 1);
  };
  return {
    tell,
    async open(options) {
      thread = startWorker('gateway', { memory, plan, options } satisfies GatewayThreadData);
      const opened = await opening(thread, onFault);
      if (opened.kind === 'failed') thread = null; // it has ended: nobody will say 'exit' again
      return opened;
    },
    serve(house) {
      isServing = true;
      const commands = createByteReader(buffer, plan.commandRing, plan.capacities.commandBytes);
      const loop = async (): Promise<void> => {
        while (isServing) {
          await commands.waitAsync(COMMAND_WAIT_MS);
          for (let text = commands.read(); text !== null; text = commands.read()) {
            if (!isServing) return; // the last record is written
            obey(JSON.parse(text) as CommandMessage, house, tell);
          }
        }
      };
      loop().catch((error: unknown) => onFault(`commands: ${String(error)}`));
    },
    async close() {
      isServing = false;
      if (thread !== null) await closing(thread);
    },
  };
}

function obey(
  { correlation, command }: CommandMessage,
  house: CommandHouse,
  tell: (message: GatewayMessage) => void,
): void {
  const { instruments, books, account } = house;
  const nowUs = house.nowUs();
  const translated = translate(command, { instruments, books, nowUs, account });
  if (translated.kind === 'command') {
    house.apply({ kind: 'command', command: translated.command, correlation });
    return;
  }
  const answer = { kind: 'invalid', problems: translated.problems } as const;
  tell({ type: 'answer', correlation, answer });
}

function opening(thread: Worker, onFault: (reason: string) => void): Promise<GatewayOpening> {
  return new Promise((resolve) => {
    const fail = (message: string, isPortInUse: boolean): void => {
      resolve({ kind: 'failed', message, isPortInUse });
      onFault(message);
    };
    thread.on('message', (message: GatewayThreadMessage) => {
      if (message.kind === 'running') resolve(message);
      if (message.kind === 'port_in_use') fail(message.message, true);
      if (message.kind === 'fault') fail(message.message, false);
    });
    thread.on('error', (error) => fail(error.message, false));
  });
}

// The gateway closes its sockets before its thread ends: uWebSockets.js aborts the process else.
function closing(thread: Worker): Promise<void> {
  return new Promise((resolve) => {
    thread.once('exit', () => resolve());
    thread.postMessage({ kind: 'stop' });
  });
}
