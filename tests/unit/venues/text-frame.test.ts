// Owns the tests of the order wire's own text frames, against a WebSocket server of another make.
// Promise: every length of header is met, and what arrives is what was sent.
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { openSocket } from '../../../engine/venues/socket.ts';
import { encodeTextFrame } from '../../../engine/venues/text-frame.ts';

test('text frame: every length of header reaches a server as it was sent', async (t) => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const texts = ['', 'a', 'x'.repeat(125), 'y'.repeat(126), 'ü€'.repeat(300), 'z'.repeat(70_000)];
  const heard: string[] = [];
  const done = new Promise<void>((resolve) => {
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        heard.push(data.toString());
        if (heard.length === texts.length) resolve();
      });
    });
  });
  const { port } = server.address() as AddressInfo;
  const socket = openSocket({
    url: `ws://127.0.0.1:${port}`,
    onFrame: () => undefined,
    onUp() {
      for (const text of texts) assert.ok(socket.send(text));
    },
    onDown: () => undefined,
    silenceMsMax: 10_000,
    backoffMsMax: 1000,
  });
  t.after(() => socket.close());
  await done;
  assert.deepEqual(heard, texts);
});

test('text frame: two frames of one text differ, since their masks do', () => {
  const [one, two] = [encodeTextFrame('the same'), encodeTextFrame('the same')];
  assert.ok(one !== null && two !== null);
  assert.notDeepEqual(one.subarray(2), two.subarray(2));
});

test('text frame: what is longer than two bytes can say is left to others', () => {
  assert.equal(encodeTextFrame('x'.repeat(65_536)), null);
  assert.equal(encodeTextFrame('x'.repeat(65_535))?.length, 65_535 + 8);
});
