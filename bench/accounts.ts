// Owns the benchmark of accounts: what a fill costs among few and many instruments, and a fold.
// Promise: seeded; every size does the same fills and ends with the hash of what it did.
import { performance } from 'node:perf_hooks';
import { type Accounts, createAccounts } from '../engine/accounts/accounts-slice.ts';
import { EVERYBODY, exposureOf, touchedBy } from '../engine/accounts/exposures.ts';
import { decideFill, type FillReport } from '../engine/accounts/fill.ts';
import { createFunds } from '../engine/accounts/funds.ts';
import { createRates } from '../engine/accounts/rates.ts';
import { equityOf, openWorths, refresh, reload } from '../engine/accounts/valuation.ts';
import type { Instrument } from '../engine/core/instrument.ts';
import { createRandom } from '../engine/core/random.ts';
import { asEpochUs, asPrice, asQty } from '../engine/core/units.ts';
import type { FactOf } from '../engine/facts/fact.ts';

export interface AccountsBenchSize {
  readonly instruments: readonly number[];
  readonly fills: number; // a block, of the same few instruments at every size
  readonly blocks: number; // the quickest counts
}

export const FULL_ACCOUNTS: AccountsBenchSize = { instruments: [20, 1000], fills: 5000, blocks: 9 };
export const TINY_ACCOUNTS: AccountsBenchSize = { instruments: [20, 40], fills: 60, blocks: 2 };

export interface AccountsRow {
  readonly instruments: number;
  readonly fillUs: number; // decide, fold, worths, exposures that moved, funds
  readonly foldsPerSecond: number; // of fill facts that were parsed before
  readonly equityUs: number;
  readonly workHash: string;
}

/** Instruments that are traded at every size, so that only the crowd around them differs. */
const TRADED = 10;

export function runAccountsBench(size: AccountsBenchSize): readonly AccountsRow[] {
  const rooms = size.instruments.map((count) => openRooms(count));
  const best = rooms.map(() => Number.POSITIVE_INFINITY);
  for (let block = 0; block < size.blocks; block += 1) {
    // Sizes take turns, so that a busy machine is as unfair to one as to the other.
    for (const [k, room] of rooms.entries()) {
      best[k] = Math.min(
        best[k] ?? 0,
        timeOf(() => trade(room, block, size.fills)),
      );
    }
  }
  return rooms.map((room, k) => {
    const { facts } = room;
    const equities = timeOf(() => {
      for (let each = 0; each < 1000; each += 1) equityOf(room.worths);
    });
    return {
      instruments: size.instruments[k] ?? 0,
      fillUs: ((best[k] ?? 0) * 1e3) / size.fills,
      foldsPerSecond: foldRate(facts.slice(-size.fills), size.blocks, room.before),
      equityUs: equities,
      workHash: room.accounts.hash(),
    };
  });
}

function timeOf(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function openRooms(count: number) {
  const instruments = Array.from({ length: count }, (_, slot) => instrumentAt(slot));
  const accounts = createAccounts();
  const rates = createRates({ instruments: count, assets: count + 8, freshUs: 5e6 }, instruments);
  for (const instrument of instruments) rates.mark(instrument, 100, asEpochUs(1), false);
  const byKey = new Map(instruments.map((each) => [each.key, each]));
  const worths = openWorths({ accounts, rates, find: (key) => byKey.get(key) ?? null });
  const initialMargin = { spot: 1, linear: 0.1, inverse: 0.1 };
  const names = ['main'];
  const funds = createFunds({ accounts, rates, names, slots: count, ordersMax: 8, initialMargin });
  for (const instrument of instruments) funds.add(instrument);
  const facts: FactOf<'fill'>[] = [];
  const room = { instruments, accounts, rates, worths, funds, facts, before: accounts.save() };
  for (const instrument of instruments) takeFill(room, instrument, 'manual', 'buy', 100, 10);
  reload(worths);
  funds.renew();
  return room;
}
type Room = ReturnType<typeof openRooms>;

/** Spot and linear by turns, so that both kinds are among the traded ones. */
function instrumentAt(slot: number): Instrument {
  const isSpot = slot % 2 === 0;
  const base = `C${slot >> 1}`;
  const venue = isSpot ? 'spot' : 'usdm';
  return {
    index: slot,
    key: `${base}USDT.${venue}`,
    symbol: `${base}USDT`,
    venue,
    kind: isSpot ? 'spot' : 'linear',
    base,
    quote: 'USDT',
    settle: 'USDT',
    priceScale: 2,
    qtyScale: 3,
    tick: asPrice(1),
    lot: asQty(1),
    multiplier: 1,
    makerFee: 0.0002,
    takerFee: 0.0005,
    rules: {
      minNotional: 0,
      minQty: asQty(1),
      maxQty: null,
      maxMarketQty: null,
      marketLot: asQty(1),
      priceBand: null,
      feeIn: isSpot ? 'received' : 'settle',
      maintenanceMargin: 0,
    },
  };
}

function trade(room: Room, block: number, fills: number): void {
  const random = createRandom(`accounts ${block}`);
  if (block > 0) room.facts.length = 0; // the last block is folded again below
  room.before = room.accounts.save();
  for (let k = 0; k < fills; k += 1) {
    const instrument = room.instruments[random.integer(TRADED)];
    if (instrument === undefined) continue;
    const side = random.uniform() < 0.5 ? 'buy' : 'sell';
    const strategy = `s${random.integer(3)}`;
    const price = 10_000 + random.integer(100);
    takeFill(room, instrument, strategy, side, price, 1 + random.integer(500));
  }
}

function takeFill(
  { accounts, rates, worths, funds, facts }: Room,
  instrument: Instrument,
  strategy: string,
  side: 'buy' | 'sell',
  price: number,
  qty: number,
): void {
  const report: FillReport = {
    kind: 'fill',
    orderId: 'c1',
    fillId: 'f1',
    price: asPrice(price),
    qty: asQty(qty),
    liquidity: 'taker',
    fee: null,
    timeUs: asEpochUs(1),
  };
  const order = { id: 'c1', instrument, account: 'main', strategy, side };
  const fact = decideFill(accounts, order, report, rates);
  accounts.fold(fact, 1);
  refresh(worths, fact);
  for (const touched of touchedBy(worths, fact)) exposureOf(worths, touched, EVERYBODY);
  funds.refresh(fact);
  facts.push(fact);
}

/** Facts as a journal gives them: parsed, of one block, onto the state before it. */
function foldRate(
  facts: readonly FactOf<'fill'>[],
  blocks: number,
  before: ReturnType<Accounts['save']>,
): number {
  const parsed: FactOf<'fill'>[] = JSON.parse(JSON.stringify(facts));
  let best = Number.POSITIVE_INFINITY;
  for (let block = 0; block < blocks; block += 1) {
    const accounts = createAccounts();
    accounts.load(before);
    best = Math.min(
      best,
      timeOf(() => {
        for (const fact of parsed) accounts.fold(fact, 1);
      }),
    );
  }
  return (parsed.length * 1e3) / best;
}
