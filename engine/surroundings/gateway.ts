// Owns the engine's side of the gateway: its thread, what is told to it, what clients ask for.
// Promise: a slow gateway costs the engine nothing; what it missed is counted and said.
import type { Worker } from 'node:worker_threads';
import type { GatewayThreadData, GatewayThreadMessage } from '../../workers/gateway.ts';
import { startWorker } from '../../workers/start.ts';
import type { CommandEvent } from '../core/event.ts';
import type { Instrument } from '../core/instrument.ts';
import type { BookReader } from '../core/ports.ts';
import type { EpochUs } from '../core/units.ts';
import type {
  CommandMessage,
  GatewayAnswer,
  GatewayCommand,
  GatewayMessage,
} from '../facts/gateway-message.ts';
import { createByteReader, createByteWriter } from '../memory/ring.ts';
import { type Translated, translate } from './commands.ts';
import type { Ground } from './ground.ts';

const COMMAND_WAIT_MS = 1000;

export type GatewayOptions = GatewayThreadData['options'];

export type GatewayOpening =
  | { readonly kind: 'running'; readonly restPort: number; readonly wsPort: number }
  | { readonly kind: 'failed'; readonly message: string; readonly exitCode: 1 | 3 | 5 };

/** Told everything, from the first record on; the thread may start later or never. */
export interface GatewayLink {
  tell(message: GatewayMessage): void;
  open(options: GatewayOptions): Promise<GatewayOpening>;
  /** Answers clients' commands until close(): each becomes one event. */
  serve(house: CommandHouse): void;
  /**
   * Answers what has come in meanwhile: asked between events, so that no command waits for the end
   * of a burst of them. Within a command it does nothing, and they keep their order.
   */
  poll(): void;
  /** What is not obeyed any more is answered with 'stopping'. */
  limitTo(obeyed: Exclude<Obeyed, 'everything'>): void;
  close(): Promise<void>;
}

/** Of a system that stops: cancels and kills until its last records, then nothing. */
type Obeyed = 'everything' | 'cancels' | 'nothing';

export interface CommandHouse {
  readonly traded: () => readonly Instrument[];
  readonly books: BookReader;
  readonly nowUs: () => EpochUs;
  readonly accounts: readonly string[];
  readonly hasClientKey: (key: string) => boolean;
  readonly apply: (event: CommandEvent) => void;
}

export interface GatewayTells {
  readonly onFault: (reason: string) => void;
  readonly onTrouble: (reason: string) => void; // trading goes on
}

export function createGatewayLink(ground: Ground, tells: GatewayTells): GatewayLink {
  const { buffer, plan, memory, telemetry } = ground;
  const ring = createByteWriter(buffer, plan.gatewayRing, plan.capacities.gatewayBytes);
  let thread: { readonly worker: Worker; readonly exited: Promise<void> } | null = null;
  let lost = 0;
  const tell = (message: GatewayMessage): void => {
    if (lost > 0 && ring.offer(JSON.stringify({ type: 'lost', records: lost }), 0)) lost = 0;
    if (lost === 0 && ring.offer(JSON.stringify(message), 0)) {
      if (message.type === 'answer') ring.wakeReader(); // somebody waits; the rest can a moment
      return;
    }
    lost += 1;
    telemetry.add('gatewayDropped', 1);
  };
  const commands = createCommands(ground, tell, tells);
  return {
    tell,
    async open(options) {
      const worker = startWorker('gateway', { memory, plan, options } satisfies GatewayThreadData);
      thread = { worker, exited: exitOf(worker) };
      const opened = await opening(worker, tells.onFault);
      if (opened.kind === 'failed') thread = null; // it ends by itself and hears no 'stop'
      return opened;
    },
    poll: commands.poll,
    serve: commands.serve,
    limitTo: commands.limitTo,
    async close() {
      commands.end();
      thread?.worker.postMessage({ kind: 'stop' });
      await thread?.exited;
    },
  };
}

type Commands = Pick<GatewayLink, 'serve' | 'poll' | 'limitTo'> & { readonly end: () => void };

interface Serving {
  house: CommandHouse | null; // null: nobody looks at commands
  obeyed: Obeyed;
}

function createCommands(
  { buffer, plan }: Ground,
  tell: GatewayLink['tell'],
  { onFault, onTrouble }: GatewayTells,
): Commands {
  const ring = createByteReader(buffer, plan.commandRing, plan.capacities.commandBytes);
  const serving: Serving = { house: null, obeyed: 'everything' };
  let isObeying = false;
  const poll = (): void => {
    if (isObeying || serving.house === null || !ring.hasUnread()) return;
    isObeying = true;
    try {
      // Until the last record is written: a command may end the serving.
      while (serving.house !== null) {
        const text = ring.read();
        if (text === null) return;
        const message = JSON.parse(text) as CommandMessage;
        if (isObeyed(message.command, serving.obeyed))
          obey(message, serving.house, tell, onTrouble);
        else answer(tell, message, { kind: 'stopping' });
      }
    } finally {
      isObeying = false;
    }
  };
  const loop = async (): Promise<void> => {
    while (serving.house !== null) {
      await ring.waitAsync(COMMAND_WAIT_MS);
      poll();
    }
  };
  return {
    poll,
    serve(house) {
      serving.house = house;
      loop().catch((error: unknown) => onFault(`commands: ${String(error)}`));
    },
    limitTo(obeyed) {
      serving.obeyed = obeyed;
    },
    end() {
      serving.house = null;
    },
  };
}

// The same clock in every thread, which performance.now() is not.
const monotonicNs = (): number => Number(process.hrtime.bigint());

const isObeyed = ({ kind }: GatewayCommand, obeyed: Obeyed): boolean =>
  obeyed === 'everything' || (obeyed === 'cancels' && (kind === 'cancel' || kind === 'kill'));

/** To be heard at once: no record has to be durable first. */
const answer = (
  tell: GatewayLink['tell'],
  { correlation }: CommandMessage,
  said: GatewayAnswer,
): void => tell({ type: 'answer', correlation, answer: said, seq: 0 });

function obey(
  message: CommandMessage,
  house: CommandHouse,
  tell: GatewayLink['tell'],
  onTrouble: GatewayTells['onTrouble'],
): void {
  const { correlation, command, receivedNs } = message;
  const read = readCommand(command, house, onTrouble);
  if (read.kind === 'command') {
    const waitedUs = Math.max(0, Math.round((monotonicNs() - receivedNs) / 1000));
    house.apply({ kind: 'command', command: read.command, correlation, waitedUs });
    return;
  }
  answer(tell, message, read);
}

/** While a command is read nothing has changed yet: a fault is one client's, not the run's. */
function readCommand(
  command: GatewayCommand,
  { traded, books, accounts, hasClientKey, nowUs }: CommandHouse,
  onTrouble: GatewayTells['onTrouble'],
): Translated | { readonly kind: 'failed' } {
  try {
    const now = { instruments: traded(), nowUs: nowUs() };
    return translate(command, { ...now, books, accounts, hasClientKey });
  } catch (error) {
    onTrouble(`a command of a client cannot be read: ${command.kind}: ${String(error)}`);
    return { kind: 'failed' };
  }
}

function opening(thread: Worker, onFault: (reason: string) => void): Promise<GatewayOpening> {
  return new Promise((resolve) => {
    const fail = (message: string, exitCode: 1 | 3 | 5): void => {
      resolve({ kind: 'failed', message, exitCode });
      onFault(message);
    };
    thread.on('message', (message: GatewayThreadMessage) => {
      if (message.kind === 'running') resolve(message);
      if (message.kind === 'port_in_use') fail(message.message, 5);
      if (message.kind === 'port_refused') fail(message.message, 3);
      if (message.kind === 'fault') fail(message.message, 1);
    });
    thread.on('error', (error) => fail(error.message, 1));
    thread.on('exit', (code) => {
      const message = `the gateway's thread ended with code ${code}`;
      resolve({ kind: 'failed', message, exitCode: 1 }); // nothing, where it was open
    });
  });
}

// Asked for at its start: a thread that failed has said 'exit' long before somebody waits for it.
const exitOf = (thread: Worker): Promise<void> =>
  new Promise((resolve) => {
    thread.once('exit', () => resolve());
  });
