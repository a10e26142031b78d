// Owns the laws of the paper venue under random books, trades, orders, cancels and amends.
// Promise: one seed decides everything; money is counted by a model that shares no code with it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OrderReport, VenueReport } from '../../../engine/core/event.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import type { OrderIntent } from '../../../engine/core/order.ts';
import { createRandom } from '../../../engine/core/random.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { PaperFaults } from '../../../engine/venues/paper/faults.ts';
import type { PaperSaved } from '../../../engine/venues/paper/saved.ts';
import type { Levels } from '../../trading-fixture.ts';
import {
  at,
  inverse,
  openVenue,
  perpetual,
  spot,
  type VenueDesk,
  withRules,
} from '../../venue-fixture.ts';

const action = fc.record({
  what: fc.constantFrom('place', 'place', 'cancel', 'amend', 'trade', 'book', 'book', 'wait'),
  buys: fc.boolean(),
  price: fc.integer({ min: 995, max: 1005 }),
  qty: fc.integer({ min: 1, max: 60 }),
  shape: fc.integer({ min: 0, max: 5 }),
});
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

const SHAPES: readonly Partial<OrderIntent>[] = [
  { timeInForce: 'GTC' },
  { timeInForce: 'GTC', postOnly: true },
  { timeInForce: 'IOC' },
  { timeInForce: 'FOK' },
  { type: 'market', timeInForce: 'IOC' },
  { timeInForce: 'GTC', reduceOnly: true },
];

// Books and trades are in single steps, lots are not: what fills must still be lots.
const lot = asQty(3);
const inLots = (one: Instrument): Instrument => ({
  ...withRules(one, { minQty: lot, marketLot: lot }),
  index: 0,
  lot,
});
const INSTRUMENTS = [spot, perpetual, inverse].map(inLots);
const STEP_US = 400;

interface Outcome {
  readonly desk: VenueDesk;
  readonly instrument: Instrument;
  readonly intents: ReadonlyMap<string, Partial<OrderIntent>>;
  readonly reports: readonly VenueReport[];
  readonly offered: ReadonlyMap<number, number>; // to buyers by price: what each growth added
}

interface Market {
  readonly offered: Map<number, number>;
  move(mid: number, us: number): void;
}

function openMarket(desk: VenueDesk, seed: string): Market {
  const random = createRandom(`${seed}/market`);
  const offered = new Map<number, number>();
  let shown = new Map<number, number>();
  const side = (mid: number, step: number): Levels =>
    [1, 2, 3].map((k) => [(mid + step * k) * 10, 1 + random.integer(40)]);
  return {
    offered,
    move(mid, us) {
      const asks = side(mid, 1);
      for (const [price, qty] of asks) {
        const more = Math.max(0, qty - (shown.get(price) ?? 0));
        offered.set(price, (offered.get(price) ?? 0) + more);
      }
      // Beyond the deepest level nothing is known: it may still be there.
      const deepest = asks.at(-1)?.[0] ?? 0;
      const hidden = [...shown].filter(([price]) => price > deepest);
      shown = new Map([...hidden, ...asks]);
      desk.book(side(mid, -1), asks, us);
    },
  };
}

const intentFor = ({ buys, price, qty, shape }: Action): Partial<OrderIntent> => ({
  ...SHAPES[shape],
  side: buys ? 'buy' : 'sell',
  qty: asQty(qty * 3),
  price: shape === 4 ? null : asPrice(price * 10),
});

function run(
  list: readonly Action[],
  seed: string,
  instrument: Instrument,
  faults?: PaperFaults,
): Outcome {
  const terms = { instruments: [instrument], latencyUs: 700, random: createRandom(seed) };
  const desk = openVenue(faults === undefined ? terms : { ...terms, faults });
  const market = openMarket(desk, seed);
  market.move(1000, 0);
  const intents = new Map<string, Partial<OrderIntent>>();
  for (const [k, one] of list.entries()) {
    const us = k * STEP_US;
    const id = [...intents.keys()][one.qty % Math.max(1, intents.size)] ?? 'nobody';
    desk.pass(us);
    if (one.what === 'book') market.move(one.price, us);
    else if (one.what === 'trade') desk.trade(one.price * 10, one.qty, one.buys, us);
    else if (one.what === 'cancel') desk.cancel(id, us);
    else if (one.what === 'amend') {
      desk.venue.amend(id, asQty(one.qty * 3), asPrice(one.price * 10), at(us));
    } else if (one.what === 'place') {
      intents.set(`c${k}`, intentFor(one));
      desk.send(intentFor(one), `c${k}`, us);
    }
  }
  for (const id of intents.keys()) desk.cancel(id, list.length * STEP_US);
  desk.pass(60e6);
  return { desk, instrument, intents, reports: desk.heard, offered: market.offered };
}

type Fill = Extract<OrderReport, { readonly kind: 'fill' }>;
const isFill = (report: VenueReport): report is Fill => report.kind === 'fill';
/** A fill may be told again by an answer: each id counts once. */
const fillsOf = ({ reports }: Outcome): Fill[] => [
  ...new Map(reports.filter(isFill).map((one) => [one.fillId, one])).values(),
];

const histories = fc.array(action, { minLength: 1, maxLength: 80 });
const kinds = fc.constantFrom(...INSTRUMENTS);
const RUNS = { seed: 11, numRuns: 300 };

test('paper: every order ends, in whole lots, never beyond its quantity, FOK all or none', () => {
  fc.assert(
    fc.property(histories, kinds, (list, instrument) => {
      const outcome = run(list, 'law', instrument);
      assert.equal(outcome.desk.venue.restingCount, 0);
      assert.equal(outcome.desk.venue.nextDueUs(), null);
      const hasAmends = list.some(({ what }) => what === 'amend');
      for (const [id, intent] of outcome.intents) {
        const fills = fillsOf(outcome).filter(({ orderId }) => orderId === id);
        const filled = fills.reduce((sum, { qty }) => sum + qty, 0);
        const isEnded = outcome.reports.some((one) => one.kind === 'ended' && one.orderId === id);
        assert.ok(isEnded || filled > 0, id);
        if (!hasAmends) assert.ok(filled <= (intent.qty ?? 0));
        if (intent.timeInForce === 'FOK') assert.ok([0, intent.qty].includes(asQty(filled)));
        for (const { qty } of fills) assert.ok(qty > 0 && qty % 3 === 0, `${qty} is no lot`);
      }
    }),
    RUNS,
  );
});

test('paper: no fill is worse than the limit, a maker fills at it, post-only never takes', () => {
  fc.assert(
    fc.property(histories, kinds, (list, instrument) => {
      const outcome = run(
        list.filter(({ what }) => what !== 'amend'),
        'law',
        instrument,
      );
      for (const { orderId, price, liquidity } of fillsOf(outcome)) {
        const { side, price: limit = null, postOnly } = outcome.intents.get(orderId) ?? {};
        if (limit === null) continue;
        assert.ok(side === 'buy' ? price <= limit : price >= limit);
        if (liquidity === 'maker') assert.equal(price, limit);
        if (postOnly === true) assert.equal(liquidity, 'maker');
      }
    }),
    RUNS,
  );
});

test('paper: buyers never take more at a price than what its growth ever added (F10)', () => {
  fc.assert(
    fc.property(histories, kinds, (list, instrument) => {
      const outcome = run(list, 'law', instrument);
      const taken = new Map<number, number>();
      for (const { orderId, price, qty, liquidity } of fillsOf(outcome)) {
        if (liquidity !== 'taker' || outcome.intents.get(orderId)?.side !== 'buy') continue;
        taken.set(price, (taken.get(price) ?? 0) + qty);
      }
      for (const [price, qty] of taken) {
        assert.ok(qty <= (outcome.offered.get(price) ?? 0), `${qty} at ${price}`);
      }
    }),
    RUNS,
  );
});

/** Thousandths of thousandths …: decimals as integers of 10^-18, by text. */
const exact = (text: string): bigint => {
  const [whole = '0', decimals = ''] = text.replace('-', '').split('.');
  const size = BigInt(whole + decimals.padEnd(18, '0'));
  return text.startsWith('-') ? -size : size;
};

test('paper: spot balances are deposits, plus what was received, minus spent and fees', () => {
  const [coin] = INSTRUMENTS as [Instrument];
  fc.assert(
    fc.property(histories, (list) => {
      const outcome = run(list, 'law', coin);
      const want = { ETH: exact('1000000'), USDT: exact('1000000') };
      for (const { orderId, price, qty, fee } of fillsOf(outcome)) {
        const sign = outcome.intents.get(orderId)?.side === 'buy' ? 1n : -1n;
        const size = BigInt(qty) * 10n ** 15n;
        const worth = BigInt(price) * BigInt(qty) * 10n ** 13n;
        want.ETH += sign * size;
        want.USDT -= sign * worth;
        assert.equal(fee?.asset, sign > 0n ? 'ETH' : 'USDT');
        const paid = exact(fee?.amount ?? '');
        assert.equal(paid, (sign > 0n ? size : worth) / 1000n); // 0.1 % of what is received
        want[sign > 0n ? 'ETH' : 'USDT'] -= paid;
      }
      for (const asset of ['ETH', 'USDT'] as const) {
        assert.equal(exact(outcome.desk.balance(asset)), want[asset], asset);
      }
    }),
    RUNS,
  );
});

test('paper: a linear account is worth its cash flow: balance + cost of what is held', () => {
  const [, contract] = INSTRUMENTS as [Instrument, Instrument];
  fc.assert(
    fc.property(histories, (list) => {
      const outcome = run(list, 'law', contract);
      let held = 0;
      let flow = exact('1000000');
      for (const { orderId, price, qty, fee } of fillsOf(outcome)) {
        const sign = outcome.intents.get(orderId)?.side === 'buy' ? 1 : -1;
        held += sign * qty;
        flow -= BigInt(sign * price * qty) * 10n ** 13n + exact(fee?.amount ?? '');
      }
      const { positions } = outcome.desk.venue.save();
      const position = positions.find(({ instrument }) => instrument === contract.key);
      assert.equal(position?.qty ?? 0, held);
      const worth = exact(outcome.desk.balance('USDT')) - exact(position?.cost ?? '0');
      assert.equal(worth, flow);
    }),
    RUNS,
  );
});

test('paper: reduce-only orders never turn or grow a position', () => {
  const [, contract] = INSTRUMENTS as [Instrument, Instrument];
  fc.assert(
    fc.property(histories, (list) => {
      const outcome = run(list, 'law', contract);
      let held = 0;
      for (const { orderId, qty } of fillsOf(outcome)) {
        const { side, reduceOnly } = outcome.intents.get(orderId) ?? {};
        const after = held + (side === 'buy' ? qty : -qty);
        if (reduceOnly === true) assert.ok(Math.abs(after) < Math.abs(held) && held * after >= 0);
        held = after;
      }
    }),
    RUNS,
  );
});

test('paper: whatever is lost on the way, history and questions tell the truth', () => {
  const faults = { seed: 'f', loseRequest: 0.2, loseAnswer: 0.3, duplicateFill: 0.3, delay: 0.1 };
  fc.assert(
    fc.property(histories, kinds, (list, instrument) => {
      const outcome = run(list, 'law', instrument, faults);
      const saved = JSON.parse(JSON.stringify(outcome.desk.venue.save())) as PaperSaved;
      const { books } = outcome.desk;
      const after = openVenue({ instruments: [instrument], books, saved });
      after.venue.askHistory(instrument.venue, at(0), at(1e9));
      after.pass(1e9);
      const told = new Set(after.heard.filter(isFill).map(({ fillId }) => fillId));
      for (const { fillId } of fillsOf(outcome)) assert.ok(told.has(fillId));
      const sum = after.heard
        .filter(isFill)
        .reduce((all, { orderId, qty }) => all + signOf(outcome, orderId) * qty, 0);
      if (instrument.kind !== 'spot') {
        assert.equal(after.venue.position('main', instrument), sum);
      }
    }),
    { ...RUNS, numRuns: 100 },
  );
});

const signOf = ({ intents }: Outcome, id: string): number =>
  intents.get(id)?.side === 'buy' ? 1 : -1;

test('paper: the same seed gives the same reports', () => {
  fc.assert(
    fc.property(histories, fc.string(), kinds, (list, seed, instrument) => {
      const { reports } = run(list, seed, instrument);
      assert.deepEqual(run(list, seed, instrument).reports, reports);
    }),
    { ...RUNS, numRuns: 50 },
  );
});
