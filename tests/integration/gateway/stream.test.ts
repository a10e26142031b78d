// Owns the proof that a client that only listens gets everything: snapshot first, then each frame.
// Promise: real sockets; a slow client is made by not reading, and must be told why it is closed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame, encodeFrame } from '../../../engine/bus/codec.ts';
import { ask, type Listening, listen, type Setting, startSetting, waitFor } from './client.ts';

const wsUrl = (setting: Setting, path: string): string =>
  `ws://127.0.0.1:${setting.gateway.wsPort}${path}`;

const KEY = { authorization: 'Bearer viewer-key' };

/** Snapshot first, then numbers without a gap; a snapshot of a heal has that of the last frame. */
function assertInOrder({ frames }: Listening): void {
  assert.equal(frames[0].type, 'snapshot');
  for (const [index, frame] of frames.slice(1).entries()) {
    const step = frame.type === 'snapshot' ? 0 : 1;
    assert.equal(frame.sequence, frames[index].sequence + step);
  }
}

test('stream: every channel begins with a snapshot and carries on in sequence', async (t) => {
  const setting = await startSetting(t, { metricsEveryMs: 20 });
  const channels = ['signals', 'orders', 'portfolio', 'metrics', 'market'];
  const clients = await Promise.all(
    channels.map((channel) => listen(t, wsUrl(setting, `/ws/${channel}`), KEY)),
  );
  for (let k = 0; k < 40; k += 1) setting.engine.step();
  for (const [index, client] of clients.entries()) {
    await waitFor(`frames of ${channels[index]}`, () => client.frames.length > 5);
    assertInOrder(client);
    assert.equal(client.frames[0].channel, channels[index]);
  }
});

test('stream: what a frame says is what REST says', async (t) => {
  const setting = await startSetting(t);
  const client = await listen(t, wsUrl(setting, '/ws/orders'), KEY);
  const body = { symbol: 'BTCUSDT', side: 'buy', order_type: 'market', quantity: '0.01' };
  const { body: order } = await ask(setting, '/api/v2/orders', { method: 'POST', body });
  await waitFor('the order', () => client.frames.length > 1);
  const { metadata: _, decision: __, ...plain } = order;
  assert.deepEqual(client.frames[1].data, plain);
});

test('stream: a late client gets in its snapshot what came before', async (t) => {
  const setting = await startSetting(t);
  for (let k = 0; k < 30; k += 1) setting.engine.step();
  await waitFor('signals', async () => {
    return (await ask(setting, '/api/v2/signals')).body.signals.length > 3;
  });
  const signals = await listen(t, wsUrl(setting, '/ws/signals'), KEY);
  await waitFor('the snapshot', () => signals.frames.length > 0);
  const rest = await ask(setting, '/api/v2/signals');
  assert.deepEqual(signals.frames[0].data.signals, rest.body.signals);
  const portfolio = await listen(t, wsUrl(setting, '/ws/portfolio'), KEY);
  await waitFor('the snapshot', () => portfolio.frames.length > 0);
  const { data } = portfolio.frames[0];
  assert.equal(data.equity_curve.length, 31);
  assert.equal(data.run.model, 'logistic-3');
});

test('stream: the sub-protocol colin.fbs.v1 gets frames that decode to the same', async (t) => {
  const setting = await startSetting(t, {}, { encodeFrame });
  const text = await listen(t, wsUrl(setting, '/ws/orders'), KEY);
  const binary = await listen(t, wsUrl(setting, '/ws/orders'), KEY, ['colin.fbs.v1']);
  assert.equal(binary.socket.protocol, 'colin.fbs.v1');
  for (let k = 0; k < 30; k += 1) setting.engine.step();
  await waitFor('text frames', () => text.frames.length > 5);
  await waitFor('binary frames', () => binary.frames.length >= text.frames.length - 1);
  for (const [index, bytes] of binary.frames.slice(0, 5).entries()) {
    const decoded = decodeFrame(bytes);
    const expected = text.frames[index + 1];
    assert.equal(decoded.kind, 'frame');
    if (decoded.kind !== 'frame') return;
    assert.equal(decoded.frame.sequence, expected.sequence);
    assert.equal(decoded.frame.type, expected.type);
    assert.deepEqual(decoded.frame.data, expected.data);
  }
});

test('stream: a key may come in the address, and none or a wrong one is refused', async (t) => {
  const setting = await startSetting(t);
  await listen(t, wsUrl(setting, '/ws/signals?key=viewer-key'));
  await assert.rejects(listen(t, wsUrl(setting, '/ws/signals')), /refused with 401/);
  await assert.rejects(listen(t, wsUrl(setting, '/ws/signals?key=x')), /refused with 401/);
  await assert.rejects(listen(t, wsUrl(setting, '/ws/nothing'), KEY), /refused with 426/);
});

test('stream: guessing keys is stopped at the rate limit', async (t) => {
  const setting = await startSetting(t, { rateLimitPerMinute: 2 });
  const guess = () => listen(t, wsUrl(setting, '/ws/signals?key=guess'));
  await assert.rejects(guess(), /refused with 401/);
  await assert.rejects(guess(), /refused with 401/);
  await assert.rejects(guess(), /refused with 429/);
  await listen(t, wsUrl(setting, '/ws/signals'), KEY);
});

test('stream: a session listens from its own page only, on the REST port too', async (t) => {
  const setting = await startSetting(t, { loginToken: 'once' });
  const { headers } = await ask(setting, '/?token=once', { role: null });
  const cookie = headers.get('set-cookie')?.split(';')[0] ?? '';
  const url = `ws://127.0.0.1:${setting.gateway.restPort}/ws/portfolio`;
  const own = await listen(t, url, { cookie, origin: setting.url });
  await waitFor('the snapshot', () => own.frames.length > 0);
  const evil = { cookie, origin: 'https://evil.example' };
  await assert.rejects(listen(t, url, evil), /refused with 403/);
});

test('stream: more clients than allowed are refused', async (t) => {
  const setting = await startSetting(t, { socketsMax: 2 });
  await listen(t, wsUrl(setting, '/ws/signals'), KEY);
  const second = await listen(t, wsUrl(setting, '/ws/market'), KEY);
  await assert.rejects(listen(t, wsUrl(setting, '/ws/market'), KEY), /refused with 503/);
  second.socket.close();
  await second.ended;
  await waitFor('a free place', async () => {
    const text = (await ask(setting, '/api/v2/metrics')).body;
    return /^colin_websocket_clients\{channel="market"\} 0$/m.test(text);
  });
  await listen(t, wsUrl(setting, '/ws/market'), KEY);
});

test('stream: a client that does not read is closed with 1013 and the reason', async (t) => {
  const setting = await startSetting(t, { socketUnreadBytesMax: 64 * 1024 });
  const slow = await listen(t, wsUrl(setting, '/ws/market'), KEY);
  const quick = await listen(t, wsUrl(setting, '/ws/market'), KEY);
  slow.socket.pause();
  const seen = async (): Promise<number> => {
    setting.engine.step();
    const text: string = (await ask(setting, '/api/v2/metrics')).body;
    return Number(/^colin_websocket_clients\{channel="market"\} (\d+)$/m.exec(text)?.[1]);
  };
  const filler = setInterval(() => {
    for (let k = 0; k < 100; k += 1) setting.engine.step();
  }, 2);
  try {
    await waitFor('the slow client to be let go', async () => (await seen()) === 1);
  } finally {
    clearInterval(filler);
  }
  slow.socket.resume();
  const { code, reason } = await slow.ended;
  assert.equal(code, 1013);
  assert.match(reason, /^too slow: \d+ bytes unread/);
  assertInOrder(quick);
});

test('stream: a message larger than allowed closes the connection', async (t) => {
  const setting = await startSetting(t);
  const client = await listen(t, wsUrl(setting, '/ws/market'), KEY);
  client.socket.send('x'.repeat(5000));
  const { code } = await client.ended;
  assert.ok(code === 1009 || code === 1006, `code ${code}`);
});

test('stream: when the gateway closes, clients hear 1001', async (t) => {
  const setting = await startSetting(t);
  const client = await listen(t, wsUrl(setting, '/ws/market'), KEY);
  await setting.gateway.close();
  const { code, reason } = await client.ended;
  assert.equal(code, 1001);
  assert.equal(reason, 'the gateway stops');
});

test('stream: /ws/risk tells the whole first, then what happens, as JSON', async (t) => {
  const setting = await startSetting(t, {}, { encodeFrame });
  setting.engine.trip();
  setting.engine.analyse();
  await waitFor('the report', async () => {
    return (await ask(setting, '/api/v2/risk/var')).status === 200;
  });
  const url = wsUrl(setting, '/ws/risk');
  await assert.rejects(listen(t, url, KEY, ['colin.fbs.v1']), /subprotocol/, 'no binary form');
  const { frames } = await listen(t, url, KEY);
  await waitFor('the snapshot', () => frames.length > 0);
  const [snapshot] = frames;
  assert.equal(snapshot.type, 'snapshot');
  assert.equal(snapshot.data.risk_events.length, 4);
  assert.equal(snapshot.data.analysis.var.length, 21);
  assert.equal(snapshot.data.risk.limits_version, 1);
  setting.engine.trip();
  await waitFor('the events', () => frames.length >= 6);
  const types = frames.slice(1).map(({ type }) => type);
  assert.deepEqual(types, ['risk_event', 'risk_event', 'risk_event', 'risk_event', 'risk']);
  const sequences = frames.map(({ sequence }) => sequence);
  assert.deepEqual(
    sequences.slice(1),
    sequences.slice(0, -1).map((number) => number + 1),
  );
});

test('stream: a loss heals from a round of checkpoints; every stream begins again', async (t) => {
  const setting = await startSetting(t);
  const { engine } = setting;
  engine.step();
  const channels = ['signals', 'orders', 'portfolio', 'metrics', 'market', 'risk'] as const;
  const clients = await Promise.all(
    channels.map((channel) => listen(t, wsUrl(setting, `/ws/${channel}`), KEY)),
  );
  const missed = engine.makeOrder({ strategy: 'manual' });
  engine.lose({ kind: 'order', order: missed });
  const snapshotsOf = ({ frames }: Listening) => frames.filter(({ type }) => type === 'snapshot');
  await waitFor('snapshots', () => clients.every((one) => snapshotsOf(one).length === 2));
  const asked = engine.commands.map(({ command }) => command.kind);
  assert.deepEqual(asked, ['checkpoint'], 'the gateway asks for the whole by itself');
  for (const client of clients) assertInOrder(client);
  const orders = snapshotsOf(clients[1]!)[1].data.orders;
  assert.deepEqual([orders[0].id, orders[0].status], [missed.id, 'open']);
  const looked = await ask(setting, `/api/v2/orders/${missed.id}`);
  assert.equal(looked.body.strategy, 'manual');
});
