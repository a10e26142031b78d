// Owns the proof of what kill -9 leaves: money, orders and client keys as the journal says.
// Promise: a real process that really dies while it trades; the next one starts on its folder.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TERMINAL_STATES } from '../../../engine/core/order.ts';
import type { FactOf, JournalRecord } from '../../../engine/facts/fact.ts';
import { SLICES } from '../../../engine/facts/slice-names.ts';
import type { State } from '../../../engine/state.ts';
import { runColin, startColin, temporaryFolder } from '../../colin-process.ts';
import { bodiesOf, foldOf, recordsOf, recoveredFrom } from '../../system-fixture.ts';

const EAGER = [
  'main.signalIntervalMs=500',
  'main.defaultOrderNotionalUsd=2000',
  'ai.signalSpacingMsMin=100',
  'ai.confidenceThreshold=0.02',
  'ai.strongConfidence=0.02',
].flatMap((setting) => ['--set', setting]);
const RUN = ['run', '--mode', 'test', '--symbols', '6', '--port', '0', '--ws-port', '0', ...EAGER];

interface Api {
  /** Sends a request with the key of the house; status, headers and the document. */
  ask(method: string, path: string, body?: unknown, key?: string): Promise<Answered>;
}

interface Answered {
  readonly status: number;
  readonly isReplay: boolean;
  readonly document: Readonly<Record<string, unknown>>;
}

async function startRunning(t: TestContext, state: string) {
  const running = startColin(t, ...RUN, '--state', state);
  const [, url = ''] = await running.says(/dashboard {2}(\S+)/);
  const secret = readFileSync(join(state, 'local-api-key'), 'utf8').trim();
  const api: Api = {
    async ask(method, path, body, key) {
      const headers = new Headers({ authorization: `Bearer ${secret}` });
      if (body !== undefined) headers.set('content-type', 'application/json');
      if (key !== undefined) headers.set('idempotency-key', key);
      const text = body === undefined ? {} : { body: JSON.stringify(body) };
      const reply = await fetch(new URL(path, url), { method, headers, ...text });
      const isReplay = reply.headers.get('idempotent-replayed') === 'true';
      const document = (await reply.json()) as Answered['document'];
      return { status: reply.status, isReplay, document };
    },
  };
  return { ...running, api };
}

/** Waits until something is found in the journal on the disk. */
async function waitIn<Found>(
  state: string,
  find: (records: readonly JournalRecord[]) => Found | undefined,
): Promise<Found> {
  for (;;) {
    const found = find(recordsOf(state));
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const fillOfContract = (records: readonly JournalRecord[]) =>
  bodiesOf(records, 'fill').find(({ fill }) => fill.instrument.endsWith('.binance-usdm'));

/** An order by hand that rests a percent below what was just traded. */
function restingOrder(records: readonly JournalRecord[], { fill }: FactOf<'fill'>) {
  const known = bodiesOf(records, 'instrument').map(({ instrument }) => instrument);
  const record = known.find(({ key }) => key === fill.instrument);
  assert.ok(record);
  const ticks = Math.floor((0.99 * Number(fill.price)) / Number(record.tick));
  const price = (ticks * Number(record.tick)).toFixed(record.priceScale);
  const lots = Math.ceil(200 / Number(price) / Number(record.lot));
  const quantity = (lots * Number(record.lot)).toFixed(record.qtyScale);
  return { symbol: record.key, side: 'buy', order_type: 'limit', quantity, price };
}

function assertSame(one: State, other: State): void {
  for (const slice of SLICES) assert.equal(one.hash(slice), other.hash(slice), slice);
}

test('kill -9: the next one has the money, orders, keys, and books no fill twice', async (t) => {
  const state = temporaryFolder(t);
  const first = await startRunning(t, state);
  const order = restingOrder(recordsOf(state), await waitIn(state, fillOfContract));
  const sent = await first.api.ask('POST', '/api/v2/orders', order, 'k-1');
  assert.equal(sent.status, 201, JSON.stringify(sent.document));
  const orderId = String(sent.document.id);
  await waitIn(state, (records) =>
    bodiesOf(records, 'request').find((request) => request.orderId === orderId),
  );
  first.process.kill('SIGKILL');
  assert.equal((await first.ended).signal, 'SIGKILL');

  const left = recoveredFrom(t, state);
  assertSame(left, foldOf(recordsOf(state)));
  const open = left.orders.open().map(({ id }) => id);
  assert.ok(open.includes(orderId));

  const second = await startRunning(t, state);
  const again = await second.api.ask('POST', '/api/v2/orders', order, 'k-1');
  assert.deepEqual([again.status, again.isReplay, again.document.id], [201, true, orderId]);
  await settled(second.api, orderId);
  const cancel = await second.api.ask('DELETE', `/api/v2/orders/${orderId}`);
  assert.equal(cancel.status, 409, 'its venue died with the first engine, and said so');
  second.process.kill('SIGTERM');
  const ended = await second.ended;
  assert.equal(ended.code, 0, ended.err);

  const records = recordsOf(state);
  const starts = records.flatMap(({ body }, at) => (body.kind === 'run_started' ? [at] : []));
  assert.equal(starts.length, 2);
  const round = bodiesOf(records.slice(starts[1]), 'checkpoint');
  const accounts = round.find(({ slice }) => slice === 'accounts')?.state;
  assert.deepEqual(accounts, JSON.parse(JSON.stringify(left.accounts.save())), 'the same money');
  const fills = bodiesOf(records, 'fill').map(({ fill }) => `${fill.instrument} ${fill.id}`);
  assert.equal(new Set(fills).size, fills.length, 'a fill was booked twice');
  const ids = bodiesOf(records, 'verdict').map((verdict) => verdict.orderId);
  assert.equal(new Set(ids).size, ids.length, 'an order id was used twice');
  const after = foldOf(records);
  for (const id of open) {
    const end = after.orders.get(id)?.state;
    assert.ok(end === undefined || TERMINAL_STATES.has(end), `${id} is ${end}`);
  }
  assertSame(after, recoveredFrom(t, state));
  assert.ok(after.accounts.isBalanced());
});

/** Waits until the venue of an order has said what became of it. */
async function settled(api: Api, orderId: string): Promise<void> {
  for (;;) {
    const { document } = await api.ask('GET', `/api/v2/orders/${orderId}`);
    if (['cancelled', 'rejected', 'expired', 'filled'].includes(String(document.status))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('kill -9: again and again, every start goes on from what the last one left', async (t) => {
  const state = temporaryFolder(t);
  for (let death = 1; death <= 3; death += 1) {
    const running = startColin(t, ...RUN, '--state', state);
    await running.says(/dashboard/);
    const before = recordsOf(state).length;
    await waitIn(state, ({ length }) => (length > before + 25 * death ? length : undefined));
    running.process.kill('SIGKILL');
    await running.ended;
    assertSame(recoveredFrom(t, state), foldOf(recordsOf(state)));
  }
  const ran = await runColin(t, ...RUN, '--state', state, '--for', '1s');
  assert.equal(ran.code, 0, ran.err);
  const after = foldOf(recordsOf(state));
  assert.deepEqual([after.run.epoch, after.orders.openCount, after.run.isStopped], [4, 0, true]);
  const deposits = bodiesOf(recordsOf(state), 'money').filter((one) => one.movement === 'deposit');
  assert.equal(deposits.length, 1, 'once, whatever died');
});
