// Owns what the gateway's tests share: a gateway on free ports over a fake engine, and clients.
// Promise: everything is closed when the test ends; waiting is for conditions, never for time.
import { createHash } from 'node:crypto';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { GatewayOptions, Role } from '../../../gateway/options.ts';
import { type GatewayInput, type RunningGateway, startGateway } from '../../../gateway/server.ts';
import { createFakeEngine, type FakeEngine } from './fake-engine.ts';
import { CAPACITY } from './fake-ledger.ts';

export const ROLES = ['viewer', 'trader', 'risk', 'admin'] as const satisfies readonly Role[];

/** The key of a role is `<role>-key`. */
export const keyOf = (role: Role): string => `${role}-key`;

export interface Setting {
  readonly engine: FakeEngine;
  readonly gateway: RunningGateway;
  readonly url: string; // of the REST port
}

export async function startSetting(
  t: TestContext,
  options: Partial<GatewayOptions> = {},
  extra: Partial<GatewayInput> = {},
): Promise<Setting> {
  const engine = createFakeEngine();
  engine.start();
  const stop = engine.run(0);
  const keys = ROLES.map((role) => {
    const sha256 = createHash('sha256').update(keyOf(role)).digest('hex');
    return { name: role, role, sha256 };
  });
  const { buffer, plan } = engine;
  const gateway = await startGateway({
    buffer,
    plan,
    ...extra,
    options: {
      ...{ restPort: 0, wsPort: 0, stateCapacity: CAPACITY, keys, version: '0.1.0' },
      ...options,
    },
  });
  if (gateway.kind !== 'running') throw new Error(gateway.message);
  t.after(async () => {
    stop();
    await gateway.close();
  });
  const url = `http://127.0.0.1:${gateway.restPort}`;
  await waitFor('the replica to hear the engine', async () => {
    return (await fetch(`${url}/api/v2/ready`)).status === 200;
  });
  return { engine, gateway, url };
}

/** Tries until `isTrue`; fails by name after five seconds. */
export async function waitFor(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
): Promise<void> {
  const untilMs = performance.now() + 5000;
  while (!(await isTrue())) {
    if (performance.now() > untilMs) throw new Error(`waited 5 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What JSON.parse gives: tests look into documents of many shapes and compare them whole. */
export type Parsed = ReturnType<typeof JSON.parse>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Parsed;
}

export interface Ask {
  readonly method?: string;
  readonly role?: Role | null; // null: no key
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function ask(setting: Setting, path: string, request: Ask = {}): Promise<Answer> {
  const { method = 'GET', role = 'admin', body, headers = {} } = request;
  const reply = await fetch(`${setting.url}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(role === null ? {} : { authorization: `Bearer ${keyOf(role)}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await reply.text();
  const isJson = reply.headers.get('content-type')?.includes('json') === true;
  return {
    status: reply.status,
    headers: reply.headers,
    body: isJson && text !== '' ? JSON.parse(text) : text,
  };
}

export interface Listening {
  readonly socket: WebSocket;
  readonly frames: Parsed[]; // parsed when text, Buffer when binary
  readonly ended: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Connects and collects; rejects with the status when the upgrade is refused. */
export async function listen(
  t: TestContext,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  protocols: readonly string[] = [],
): Promise<Listening> {
  const socket = new WebSocket(url, [...protocols], { headers });
  t.after(() => socket.terminate());
  const frames: unknown[] = [];
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    frames.push(isBinary ? data : JSON.parse(data.toString()));
  });
  const ended = new Promise<{ readonly code: number; readonly reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.on('error', reject);
    socket.once('unexpected-response', (_, response) => {
      reject(new Error(`refused with ${response.statusCode}`));
    });
  });
  return { socket, frames, ended };
}
