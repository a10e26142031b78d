// Owns the tests of how a system ends: what is still obeyed, what comes first, what comes last.
// Promise: commands are written by the test where the gateway's thread would; all else is real.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { asEpochUs } from '../../../engine/core/units.ts';
import type {
  GatewayAnswer,
  GatewayCommand,
  GatewayMessage,
} from '../../../engine/facts/gateway-message.ts';
import { createByteReader, createByteWriter } from '../../../engine/memory/ring.ts';
import { createMemoryDisk } from '../../../engine/storage/memory-disk.ts';
import type { VenueLink } from '../../../engine/surroundings/house.ts';
import type { System } from '../../../engine/surroundings/system.ts';
import { START_US } from '../../engine-fixture.ts';
import {
  foldOf,
  marketOf,
  openOrThrow,
  type RunningSystem,
  recordsOf,
  type SystemRun,
  temporaryFolder,
  trade,
} from '../../system-fixture.ts';

const SECOND = 1_000_000;
const SYMBOL = 'BTCUSDT.binance-usdm';

/** The clients' side of the rings. */
function clientOf({ ground }: System) {
  const { buffer, plan } = ground;
  const asked = createByteWriter(buffer, plan.commandRing, plan.capacities.commandBytes);
  const told = createByteReader(buffer, plan.gatewayRing, plan.capacities.gatewayBytes);
  let correlation = 0;
  return {
    ask(command: GatewayCommand): number {
      correlation += 1;
      const receivedNs = Number(process.hrtime.bigint());
      assert.ok(asked.write(JSON.stringify({ correlation, command, receivedNs })));
      return correlation;
    },
    answers(): Map<number, GatewayAnswer['kind']> {
      const kinds = new Map<number, GatewayAnswer['kind']>();
      for (let text = told.read(); text !== null; text = told.read()) {
        const message = JSON.parse(text) as GatewayMessage;
        if (message.type === 'answer') kinds.set(message.correlation, message.answer.kind);
      }
      return kinds;
    },
  };
}

interface Desk {
  readonly run: RunningSystem;
  readonly stateDir: string;
  readonly client: ReturnType<typeof clientOf>;
  /** An order that rests, or would. */
  rest(): GatewayCommand;
}

async function openDesk(t: TestContext, parts: Partial<SystemRun> = {}): Promise<Desk> {
  const stateDir = temporaryFolder(t);
  const run = await openOrThrow({ stateDir, ...parts });
  await trade(run, marketOf(run, 'ending'), START_US, START_US + SECOND);
  const { system, instruments } = run;
  const { rooms, engine, apply, gateway } = system;
  gateway.serve({
    traded: rooms.listed.traded,
    books: rooms.books,
    nowUs: engine.nowUs,
    accounts: rooms.names.portfolios,
    hasClientKey: () => false,
    apply,
  });
  const instrument = instruments.find(({ key }) => key === SYMBOL);
  assert.ok(instrument);
  const terms = { side: 'buy', type: 'limit', timeInForce: 'GTC', qty: '0.010' } as const;
  const flags = { postOnly: false, reduceOnly: false };
  const asker = { account: null, key: 'anna', client: null, metadata: null };
  const rest = (): GatewayCommand => {
    const usd = system.ground.books.bidPrice(instrument, 0) / 10 ** instrument.priceScale;
    const price = String(Math.floor(usd * 0.995));
    return { kind: 'submit', symbol: SYMBOL, price, ...terms, ...flags, ...asker };
  };
  return { run, stateDir, client: clientOf(system), rest };
}

/** Does something of the test once: when the venue is next given time, or when it is closed. */
function createHook() {
  const hook: { onAdvance: () => void; onClose: () => void } = {
    onAdvance: () => undefined,
    onClose: () => undefined,
  };
  const wrapVenue = (link: VenueLink): VenueLink => ({
    ...link,
    advance(nowUs) {
      const { onAdvance } = hook;
      hook.onAdvance = () => undefined;
      onAdvance();
      link.advance(nowUs);
    },
    close() {
      hook.onClose();
      link.close();
    },
  });
  return { hook, wrapVenue };
}

test('ending: while orders are taken back only cancels and kills are obeyed', async (t) => {
  const { hook, wrapVenue } = createHook();
  const { run, stateDir, client, rest } = await openDesk(t, { wrapVenue });
  const { gateway } = run.system;
  client.ask(rest());
  gateway.poll();
  const [[, first]] = [...client.answers()] as [[number, string]];
  assert.equal(first, 'accepted');
  const killed = { flatten: false, drill: false, reason: 'test', by: 'anna' };
  const strategy = { kind: 'strategy', name: 'manual', action: 'start' } as const;
  const asked = new Map<number, string>();
  hook.onAdvance = () => {
    asked.set(client.ask(rest()), 'stopping');
    asked.set(client.ask({ ...strategy, reason: 'r', by: 'anna' }), 'stopping');
    const none = { kind: 'cancel', orderId: 'none', by: 'anna', reason: 'r' } as const;
    asked.set(client.ask(none), 'not_found');
    asked.set(client.ask({ kind: 'kill', options: killed }), 'killed');
    gateway.poll();
  };
  await run.system.stop('test');
  assert.deepEqual(run.faults, []);
  assert.deepEqual(new Map(client.answers()), asked);
  assert.equal(run.system.rooms.state.orders.openCount, 0);
  const verdicts = recordsOf(stateDir).filter(({ body }) => body.kind === 'verdict');
  assert.equal(verdicts.length, 1, 'an order was taken while the system stopped');
});

test('ending: nothing is applied behind the end of the run, and its hash is of all', async (t) => {
  const { hook, wrapVenue } = createHook();
  const { run, stateDir, client, rest } = await openDesk(t, { wrapVenue });
  const { system } = run;
  const asked = new Map<number, string>();
  hook.onClose = () => {
    const none = { kind: 'cancel', orderId: 'none', by: 'anna', reason: 'r' } as const;
    asked.set(client.ask(none), 'stopping');
    asked.set(client.ask(rest()), 'stopping');
    system.gateway.poll();
    system.tick(asEpochUs(START_US + 60 * SECOND));
  };
  const { stateHash } = await system.stop('test');
  assert.deepEqual(client.answers(), asked);
  const records = recordsOf(stateDir);
  const last = records.at(-1)?.body;
  assert.ok(last?.kind === 'run_stopped');
  assert.equal(last.stateHash, stateHash);
  assert.equal(foldOf(records.slice(0, -1)).hash(), stateHash);
});

test('ending: forecasts that do not end, or end badly, keep no order from a cancel', async (t) => {
  for (const close of [
    () => Promise.reject(new Error('a worker is gone')),
    () => new Promise<void>(() => undefined),
  ]) {
    const troubles: string[] = [];
    const { run, client, rest } = await openDesk(t, {
      wrapForecasts: (forecasts) => ({ ...forecasts, close }),
      onTrouble: (reason) => troubles.push(reason),
    });
    client.ask(rest());
    run.system.gateway.poll();
    assert.equal(run.system.rooms.state.orders.openCount, 1);
    await run.system.stop('test');
    assert.equal(run.system.rooms.state.orders.openCount, 0);
    assert.match(troubles.join(), /^the forecasts did not end: (Error: a worker is gone|.*3 s)/);
    assert.deepEqual(run.faults, []);
  }
});

test('ending: a journal that is lost is named, and orders are taken back unrecorded', async (t) => {
  const disk = createMemoryDisk({ seed: 'full' });
  const troubles: string[] = [];
  const taken: string[] = [];
  const { run, client, rest } = await openDesk(t, {
    disk,
    onTrouble: (reason) => troubles.push(reason),
    wrapVenue: (link) => ({
      ...link,
      cancel(order, nowUs) {
        taken.push(order.id);
        return link.cancel(order, nowUs);
      },
    }),
  });
  client.ask(rest());
  run.system.gateway.poll();
  const [order] = [...run.system.rooms.state.orders.open()];
  disk.setFaults({ append: 1, sync: 0 });
  run.system.tick(asEpochUs(START_US + 2 * SECOND));
  client.ask(rest());
  run.system.gateway.poll();
  await assert.rejects(run.system.stop('fault'), { name: 'JournalLostError' });
  const [fault, ...others] = run.faults;
  assert.deepEqual(others, [], 'said once, by what writes');
  assert.match(
    fault ?? '',
    /^the journal cannot be written: memory:full\/000001\.log: .*ENOSPC.*free some space/,
  );
  assert.ok(taken.includes(order?.id ?? ''));
  assert.match(troubles.join(), /^([12]) of \1 orders were taken back at their venue without/);
});
