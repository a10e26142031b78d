// Owns the tests of the venue socket against a real WebSocket server on loopback.
// Promise: waits for what must happen, with a bound; times are checked from below only.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { openSocket, type SocketOptions, type VenueSocket } from '../../../engine/venues/socket.ts';

const WAIT_MS_MAX = 5000;

interface Venue {
  readonly server: WebSocketServer;
  readonly url: string;
  readonly port: number;
  readonly connections: WebSocket[];
}

async function openVenue(t: TestContext, port = 0, autoPong = true): Promise<Venue> {
  const server = new WebSocketServer({ host: '127.0.0.1', port, autoPong });
  await once(server, 'listening');
  const connections: WebSocket[] = [];
  server.on('connection', (socket) => connections.push(socket));
  t.after(() => closeVenue({ server, connections }));
  const address = server.address() as AddressInfo;
  return { server, url: `ws://127.0.0.1:${address.port}`, port: address.port, connections };
}

function closeVenue({ server, connections }: Pick<Venue, 'server' | 'connections'>): void {
  for (const socket of connections) socket.terminate();
  server.close();
}

interface Client {
  readonly socket: VenueSocket;
  readonly frames: string[];
  readonly downs: { readonly reason: string; readonly atMs: number }[];
  readonly ups: number[];
}

function connect(t: TestContext, url: string, parts: Partial<SocketOptions> = {}): Client {
  const [frames, downs, ups]: [string[], Client['downs'], number[]] = [[], [], []];
  const socket = openSocket({
    url,
    onFrame: (bytes) => frames.push(bytes.toString()),
    onUp: () => ups.push(performance.now()),
    onDown: (reason) => downs.push({ reason, atMs: performance.now() }),
    silenceMsMax: 60_000,
    backoffMsMax: 20,
    ...parts,
  });
  t.after(() => socket.close());
  return { socket, frames, downs, ups };
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const endMs = performance.now() + WAIT_MS_MAX;
  while (!isTrue()) {
    if (performance.now() > endMs) assert.fail(`not within ${WAIT_MS_MAX} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('socket: frames come in order as bytes, and what is sent arrives', async (t) => {
  const venue = await openVenue(t);
  const client = connect(t, venue.url);
  await until('connected', () => client.ups.length === 1 && venue.connections.length === 1);
  const [peer] = venue.connections as [WebSocket];
  const heard = once(peer, 'message');
  for (const text of ['one', 'two', 'three']) peer.send(text);
  assert.equal(client.socket.send('hello'), true);
  await until('three frames', () => client.frames.length === 3);
  assert.deepEqual(client.frames, ['one', 'two', 'three']);
  assert.equal(String((await heard)[0]), 'hello');
});

test('socket: before it is open and once it is closed, send says no', async (t) => {
  const venue = await openVenue(t);
  const client = connect(t, venue.url);
  assert.equal(client.socket.send('too early'), false);
  await until('connected', () => client.ups.length === 1);
  client.socket.close();
  assert.equal(client.socket.send('too late'), false);
  await until('told', () => client.downs.length === 1);
});

test('socket: after the venue drops the connection a new one carries frames', async (t) => {
  const venue = await openVenue(t);
  const client = connect(t, venue.url);
  for (const round of [1, 2, 3]) {
    await until(`connection ${round}`, () => venue.connections.length === round);
    await until(`up ${round}`, () => client.ups.length === round);
    venue.connections[round - 1]?.send(`frame ${round}`);
    await until(`frame ${round}`, () => client.frames.length === round);
    venue.connections[round - 1]?.terminate();
    await until(`down ${round}`, () => client.downs.length === round);
    assert.equal(client.socket.send('while down'), false);
  }
  assert.deepEqual(client.frames, ['frame 1', 'frame 2', 'frame 3']);
});

test('socket: a venue that is not there is asked again, each time later', async (t) => {
  const venue = await openVenue(t);
  venue.server.close();
  const client = connect(t, venue.url, { backoffMsMax: 600 });
  await until('three failures', () => client.downs.length >= 3);
  const [first, second, third] = client.downs as [never, never, never] as Client['downs'];
  assert.match(first?.reason ?? '', /ECONNREFUSED/);
  const waits = [
    (second?.atMs ?? 0) - (first?.atMs ?? 0),
    (third?.atMs ?? 0) - (second?.atMs ?? 0),
  ] as const;
  assert.ok(waits[0] >= 245, `first wait ${waits[0]} ms`);
  assert.ok(waits[1] >= 495, `second wait ${waits[1]} ms`);
  await openVenue(t, venue.port);
  await until('connected', () => client.ups.length === 1);
});

test('socket: the wait between two attempts is bounded', async (t) => {
  const venue = await openVenue(t);
  venue.server.close();
  const client = connect(t, venue.url, { backoffMsMax: 5 });
  // Unbounded, the sixth attempt would come after 250 x (1 + 2 + 4 + 8 + 16) ms = 7.75 s.
  await until('six failures', () => client.downs.length >= 6);
});

test('socket: a venue that answers no ping is down, and is tried again', async (t) => {
  const venue = await openVenue(t, 0, false);
  const client = connect(t, venue.url, { silenceMsMax: 60 });
  await until('down', () => client.downs.length >= 1);
  assert.match(client.downs[0]?.reason ?? '', /^silent for \d+ ms$/);
  await until('tried again', () => venue.connections.length >= 2);
});

test('socket: a quiet venue that answers pings stays up', async (t) => {
  const venue = await openVenue(t);
  let pings = 0;
  venue.server.on('connection', (socket) => socket.on('ping', () => (pings += 1)));
  const client = connect(t, venue.url, { silenceMsMax: 300 });
  await until('six pings: twice the time of silence', () => pings >= 6);
  assert.deepEqual([client.downs.length, client.ups.length], [0, 1]);
});

test('socket: close says goodbye, is told once, and does not come back', async (t) => {
  const venue = await openVenue(t);
  const client = connect(t, venue.url);
  await until('connected', () => client.ups.length === 1 && venue.connections.length === 1);
  const closed = once(venue.connections[0] as WebSocket, 'close');
  client.socket.close();
  assert.equal((await closed)[0], 1000);
  await until('told', () => client.downs.length === 1);
});

const SOCKET = new URL('../../../engine/venues/socket.ts', import.meta.url).href;

/** A process that ends by itself only when nothing of the socket is left: no timer, no handle. */
async function endsByItself(url: string, closeWhen: string): Promise<number | null> {
  const program = `
    import { openSocket } from '${SOCKET}';
    const socket = openSocket({
      url: '${url}', silenceMsMax: 60000, backoffMsMax: 60000, onFrame() {},
      onUp() { if ('${closeWhen}' === 'up') socket.close(); },
      onDown() { if ('${closeWhen}' === 'down') socket.close(); },
    });
    if ('${closeWhen}' === 'connecting') socket.close();`;
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'ignore', 'inherit'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), WAIT_MS_MAX);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  return code;
}

test('socket: closed while open, waiting or connecting, it leaves nothing behind', async (t) => {
  const venue = await openVenue(t);
  const gone = await openVenue(t);
  gone.server.close();
  const codes = await Promise.all([
    endsByItself(venue.url, 'up'),
    endsByItself(venue.url, 'connecting'),
    endsByItself(gone.url, 'down'),
  ]);
  assert.deepEqual(codes, [0, 0, 0]);
});
