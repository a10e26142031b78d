// Owns the gateway as a whole: two listening ports, the replica's pump, an orderly end.
// Promise: a port that does not open is said with why, and none is left open; close() closes all.
import uws, { type TemplatedApp } from '@uwsjs/linux-x64-22';
import type { GatewayMessage } from '../engine/facts/gateway-message.ts';
import type { MemoryPlan } from '../engine/memory/plan.ts';
import { createByteReader } from '../engine/memory/ring.ts';
import { loadAssets } from './assets.ts';
import { createAuth } from './auth.ts';
import { createCommands } from './commands.ts';
import { createFrontDoor } from './front-door.ts';
import type { House } from './house.ts';
import { createReadings } from './latency.ts';
import { type ClosedPort, listen, whyClosed } from './listen.ts';
import { createGatewayMetrics } from './metrics.ts';
import { type GatewayOptions, type GivenOptions, withGatewayDefaults } from './options.ts';
import { createPerformanceMeter } from './performance.ts';
import { createRateLimit } from './rate-limit.ts';
import { createReplica } from './replica.ts';
import type { GatewayContext } from './route.ts';
import { createStream, type Stream } from './stream.ts';
import type { EncodeFrame } from './stream-frame.ts';
import { mountSockets } from './upgrade.ts';

export interface GatewayInput {
  readonly buffer: SharedArrayBuffer;
  readonly plan: MemoryPlan;
  readonly options: GivenOptions;
  readonly encodeFrame?: EncodeFrame;
}

export interface RunningGateway {
  readonly kind: 'running';
  readonly restPort: number;
  readonly wsPort: number;
  /** Resolves when no port listens, no socket is open and no timer runs. */
  close(): Promise<void>;
}

export type GatewayStart = RunningGateway | ClosedPort;

const CALLERS_MAX = 10_000; // rate-limit windows kept

/** Listens on both ports of `options` and serves what the engine says over the rings. */
export async function startGateway(input: GatewayInput): Promise<GatewayStart> {
  const options = withGatewayDefaults(input.options);
  const doors = await openDoors(options);
  if (doors.kind !== 'open') return doors;
  const { apps, restPort, wsPort } = doors;
  const { context, stream } = createParts(input, options);
  const auth = createAuth(options, restPort);
  const limit = createRateLimit(options.rateLimitPerMinute, CALLERS_MAX);
  mount(apps, { context, stream, auth, limit });
  const pump = startPump(input, context);
  return {
    kind: 'running',
    restPort,
    wsPort,
    async close() {
      pump.stop();
      context.commands.close();
      stream.close();
      for (const app of apps) app.close();
      await pump.ended.catch(() => undefined); // a fault of it was thrown where it happened
    },
  };
}

type Doors =
  | {
      readonly kind: 'open';
      readonly apps: readonly TemplatedApp[]; // the first is the REST port's
      readonly restPort: number;
      readonly wsPort: number;
    }
  | ClosedPort;

/** One app when both ports are the same, else two; none is left open when one cannot be. */
async function openDoors({ host, restPort, wsPort }: GatewayOptions): Promise<Doors> {
  const rest = uws.App();
  const restPlace = { host, port: restPort, setting: 'main.apiPort' };
  const restSocket = listen(rest, restPlace);
  if (restSocket === null) return await whyClosed(restPlace);
  const realPort = uws.us_socket_local_port(restSocket);
  if (wsPort !== 0 && wsPort === restPort) {
    return { kind: 'open', apps: [rest], restPort: realPort, wsPort: realPort };
  }
  const sockets = uws.App();
  const place = { host, port: wsPort, setting: 'main.webSocketPort' };
  const socket = listen(sockets, place);
  if (socket === null) {
    rest.close();
    return await whyClosed(place);
  }
  const apps = [rest, sockets];
  return { kind: 'open', apps, restPort: realPort, wsPort: uws.us_socket_local_port(socket) };
}

function createParts(
  { buffer, plan, encodeFrame }: GatewayInput,
  options: GatewayOptions,
): { readonly context: GatewayContext; readonly stream: Stream } {
  const nowMs = (): number => Date.now();
  const { commandTimeoutMs, commandsPendingMax } = options;
  const commands = createCommands(buffer, plan, commandTimeoutMs, commandsPendingMax);
  const replica = createReplica(options, commands.settle);
  const readings = createReadings(buffer, plan);
  const meter = createPerformanceMeter(readings);
  const stream = createStream({
    options,
    replica,
    meter,
    encodeFrame: encodeFrame ?? null,
    nowMs,
  });
  const context: GatewayContext = {
    options,
    replica,
    commands,
    readings,
    metrics: createGatewayMetrics(options, readings, replica, stream.clients),
    nowMs,
  };
  return { context, stream };
}

function mount(apps: readonly TemplatedApp[], parts: House): void {
  const door = createFrontDoor(parts, loadAssets());
  for (const [index, app] of apps.entries()) {
    parts.stream.addApp(app);
    mountSockets(app, parts);
    app.any('/*', index === 0 ? door.serve : door.refuseHttp);
  }
}

const MESSAGES_A_TURN = 256; // then requests get their turn
const CHECKPOINT_MS = 2_000; // between two questions for one, while something is missing
const WAIT_MS = 20; // the engine wakes this thread for answers only; a person's eye is slower
const HOLD_MS = 60_000;

/** Reads the engine's ring into the replica until it is stopped. */
function startPump(
  { buffer, plan }: GatewayInput,
  { replica, commands, nowMs }: GatewayContext,
): { readonly ended: Promise<void>; stop(): void } {
  const reader = createByteReader(buffer, plan.gatewayRing, plan.capacities.gatewayBytes);
  let isRunning = true;
  let askedMs = Number.NEGATIVE_INFINITY;
  // A hole closes with the next checkpoint; there is none for hours where little happens.
  const heal = (): void => {
    if (replica.isWhole || replica.lostRecords === 0) return;
    if (nowMs() - askedMs < CHECKPOINT_MS) return;
    askedMs = nowMs();
    void commands.ask({ kind: 'checkpoint' });
  };
  const drain = (): boolean => {
    for (let count = 0; count < MESSAGES_A_TURN; count += 1) {
      const text = reader.read();
      if (text === null) return false;
      replica.take(JSON.parse(text) as GatewayMessage, nowMs()); // written by our own engine
    }
    return true;
  };
  const run = async (): Promise<void> => {
    const hold = setInterval(() => {}, HOLD_MS); // waitAsync alone lets the event loop end
    try {
      while (isRunning) {
        heal();
        if (drain()) await new Promise((resolve) => setImmediate(resolve));
        else await reader.waitAsync(WAIT_MS);
      }
    } finally {
      clearInterval(hold);
    }
  };
  return {
    ended: run(),
    stop() {
      isRunning = false;
    },
  };
}
