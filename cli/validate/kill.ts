// Owns the proof of the kill switch: 200 resting orders, one command, zero open at the venue.
// Promise: order entry, kill and the look afterwards are clients of the running system.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KillWire } from '../../dashboard/risk-wire.ts';
import type { MarketWire } from '../../dashboard/wire.ts';
import {
  floorToLot,
  formatPrice,
  formatQty,
  type Instrument,
  notionalOf,
  roundToTick,
} from '../../engine/core/instrument.ts';
import { asQty, powerOfTen } from '../../engine/core/units.ts';
import { listInstruments } from '../../engine/market/instruments.ts';
import { testInstruments } from '../../engine/venues/binance/test-instruments.ts';
import { LOCAL_KEY_FILE } from '../control/access.ts';
import { type Api, callApi, fieldOf } from '../control/api-client.ts';
import { documentOf, type Finished, runColin, type Started, startColin } from './process.ts';
import { atMost, exactly, isSo, type ValidationRow } from './row.ts';

const ORDERS = 200;
const SYMBOLS = 20;
const CONFIRMED_MS_MAX = 1000;
const RUN_SECONDS_MAX = 120;
const KILL_SECONDS_MAX = 30;

// Nobody trades but this client, and nothing but the count of orders is near a limit.
// Coin-margined contracts bind coins: there are enough of each at their venue.
const DEPOSITS = {
  USDT: '10000000',
  BTC: { 'binance-coinm': '0.5' },
  ETH: { 'binance-coinm': '10' },
};

const SETTINGS = [
  `execution.deposits=${JSON.stringify(DEPOSITS)}`,
  'gateway.requestsPerMinute=100000',
  'ai.confidenceThreshold=1',
  'execution.strategy=signal-follower',
  'execution.parameters.restMs=3600000',
  `risk.maxOpenOrders=${ORDERS}`,
  'risk.ordersPerSecond=10000',
  'risk.ordersBurst=10000',
];

export async function proveKill(): Promise<ValidationRow[]> {
  const state = mkdtempSync(join(tmpdir(), 'colin-validate-'));
  const settings = SETTINGS.flatMap((setting) => ['--set', setting]);
  const market = ['--mode', 'test', '--scenario', 'calm', '--symbols', String(SYMBOLS)];
  const doors = ['--port', '0', '--ws-port', '0', '--json'];
  const run = startColin(
    ['run', ...market, ...doors, '--state', state, ...settings],
    RUN_SECONDS_MAX,
  );
  try {
    const api = await openRun(run, state);
    await restOrders(api);
    const open = await countOpen(api);
    const kill = ['kill', '--json', '--url', api.url, '--state', state];
    const killed = await runColin([...kill, '--reason', 'validation'], KILL_SECONDS_MAX);
    const left = await countOpen(api);
    run.process.kill('SIGTERM');
    const stopped = await run.finished;
    return killRows(open, killed, left, stopped);
  } finally {
    run.process.kill('SIGKILL');
    rmSync(state, { recursive: true, force: true });
  }
}

export function killRows(
  open: number,
  killed: Finished,
  left: number,
  stopped: Pick<Finished, 'code'>,
): ValidationRow[] {
  const report = documentOf(killed) as KillWire; // our own command printed it
  const confirmedMs = (report.confirmed_us ?? Number.NaN) / 1000;
  const venues = Object.entries(report.open_at_venues).map(([name, count]) => `${name} ${count}`);
  const timed = report.orders.filter(({ ended_us }) => ended_us !== null);
  return [
    exactly('kill: orders open before', ORDERS, open, '', `resting on ${SYMBOLS} instruments`),
    isSo(
      'kill: zero open at the venues',
      'confirmed',
      report.is_confirmed ? 'confirmed' : 'not confirmed',
      `${venues.join(', ')}; ${report.problem}`.replace(/; $/, ''),
      killed.code === 0 &&
        report.is_confirmed &&
        Object.values(report.open_at_venues).every(isZero),
    ),
    atMost(
      'kill: confirmed after',
      CONFIRMED_MS_MAX,
      confirmedMs,
      'ms',
      `of the engine's clock; blocked after ${report.blocked_us / 1000} ms, orders over after ` +
        `${(report.cancelled_us ?? Number.NaN) / 1000} ms; loopback, simulated venue`,
    ),
    atMost(
      'kill: the whole command',
      CONFIRMED_MS_MAX,
      Math.round(1000 * killed.seconds),
      'ms',
      "wall clock of 'colin kill' from its start to its end, in a process of its own",
    ),
    exactly('kill: orders with their times', ORDERS, timed.length, '', 'cancel sent, and over'),
    exactly('kill: orders open afterwards', 0, left, '', 'GET /api/v2/orders?state=open'),
    exactly('kill: exit code of the run', 0, stopped.code ?? -1, '', 'stopped by SIGTERM'),
  ];
}

const isZero = (count: number): boolean => count === 0;

async function openRun(run: Started, state: string): Promise<Api> {
  const [, url = ''] = await run.says(/REST\s+(http:\S+?)\/api\/v2/);
  const keySource = join(state, LOCAL_KEY_FILE);
  return { url, key: readFileSync(keySource, 'utf8').trim(), keySource };
}

// ---- Orders -----------------------------------------------------------------------------------

const READY_MS_MAX = 20_000;
const NOTIONAL = 500; // US dollars an order, or a lot where that is more
const BELOW = 0.99; // of the mid: inside the price collar, and far from a calm market

async function restOrders(api: Api): Promise<void> {
  const instruments = listInstruments(testInstruments(SYMBOLS));
  const mids = await waitForMarkets(api, instruments);
  const bodies = Array.from({ length: ORDERS }, (_, k) => {
    const instrument = instruments[k % instruments.length];
    if (instrument === undefined) throw new Error('no instrument');
    return orderOf(instrument, mids.get(instrument.key) ?? Number.NaN, Math.floor(k / SYMBOLS));
  });
  for (const body of bodies) {
    const reply = await callApi(api, 'POST', '/api/v2/orders', body);
    if (reply.kind === 'reply' && reply.status === 201) continue;
    throw new Error(`an order was refused: ${JSON.stringify(reply)} ${JSON.stringify(body)}`);
  }
  await waitFor('all orders rest', async () => (await countOpen(api)) >= ORDERS);
}

/** The `number`-th buy of an instrument, each a lot larger than the one before: no duplicates. */
function orderOf(instrument: Instrument, mid: number, number: number): unknown {
  const steps = mid * BELOW * powerOfTen(instrument.priceScale);
  const price = roundToTick(instrument, steps, false);
  const unit = notionalOf(instrument, mid, 1);
  const least = Math.max(instrument.lot, floorToLot(instrument, NOTIONAL / unit));
  const qty = asQty(least + number * instrument.lot);
  return {
    symbol: instrument.key,
    side: 'buy',
    order_type: 'limit',
    quantity: formatQty(instrument, qty),
    price: formatPrice(instrument, price),
    time_in_force: 'GTC',
  };
}

/** Mids by instrument key, once every book is ready and the gateway shows it. */
async function waitForMarkets(
  api: Api,
  instruments: readonly Instrument[],
): Promise<ReadonlyMap<string, number>> {
  const mids = new Map<string, number>();
  await waitFor('every book is ready', async () => {
    const reply = await callApi(api, 'GET', '/api/v2/markets');
    const list = reply.kind === 'reply' ? fieldOf(reply.body, 'markets') : [];
    const markets = (Array.isArray(list) ? list : []) as readonly MarketWire[];
    for (const { symbol, venue, mid, ready } of markets) {
      if (ready) mids.set(`${symbol}.${venue}`, mid);
    }
    return instruments.every(({ key }) => mids.has(key));
  });
  return mids;
}

async function waitFor(what: string, isThere: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + READY_MS_MAX;
  while (!(await isThere())) {
    if (performance.now() > endMs) throw new Error(`waited ${READY_MS_MAX} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Over all pages. */
async function countOpen(api: Api): Promise<number> {
  let count = 0;
  let cursor: unknown = null;
  do {
    const next = cursor === null ? '' : `&cursor=${encodeURIComponent(String(cursor))}`;
    const reply = await callApi(api, 'GET', `/api/v2/orders?state=open&limit=500${next}`);
    if (reply.kind !== 'reply' || reply.status !== 200) throw new Error(JSON.stringify(reply));
    const orders = fieldOf(reply.body, 'orders');
    count += Array.isArray(orders) ? orders.length : 0;
    cursor = fieldOf(reply.body, 'next_cursor') ?? null;
  } while (cursor !== null);
  return count;
}
