// Owns random steps of accounts, and the rooms and the model that take each of them.
// Promise: every fact goes to the live slice as it is and to the folded one through text.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createAccounts } from '../../../engine/accounts/accounts-slice.ts';
import { decideFill } from '../../../engine/accounts/fill.ts';
import { decideMovement, decideValuations, type Wish } from '../../../engine/accounts/movements.ts';
import { createRates } from '../../../engine/accounts/rates.ts';
import { openWorths, refresh } from '../../../engine/accounts/valuation.ts';
import { asEpochUs, formatDecimal } from '../../../engine/core/units.ts';
import type { Fact } from '../../../engine/facts/fact.ts';
import { MOVEMENTS } from '../../../engine/facts/money.ts';
import { all, orderOf, reportOf, throughText } from '../../accounts-fixture.ts';
import {
  addMoney,
  addTrade,
  createModel,
  negate,
  plus,
  type Rational,
  rational,
  ZERO,
} from './exact-model.ts';

export const ACCOUNTS = ['main', 'b'] as const;
export const STRATEGIES = ['manual', 'a', 'c'] as const;
const VENUES = ['usdm', 'spot', 'coinm', 'other'] as const;
const ASSETS = ['USDT', 'BTC', 'ETH', 'BNB', 'USDC'] as const;

/** Chosen here, by slot; the model reads these tables and never the rates. */
export const MARKS = ['50000', '50100', '1700', '0.034', '49900', '50050', '600', '0.98'] as const;
export const RATES: Readonly<Record<string, string>> = {
  USDT: '1',
  BTC: '50100',
  ETH: '1700',
  BNB: '600',
  USDC: '0.98',
};

const trade = fc.record({
  what: fc.constant('trade' as const),
  instrument: fc.constantFrom(...all),
  account: fc.constantFrom(...ACCOUNTS),
  strategy: fc.constantFrom(...STRATEGIES),
  buys: fc.boolean(),
  price: fc.integer({ min: 1, max: 9_000_000 }), // steps
  qty: fc.integer({ min: 1, max: 5_000_000 }),
  makes: fc.boolean(),
  fee: fc.option(
    fc.record({
      asset: fc.constantFrom(...ASSETS),
      amount: fc.integer({ min: -100, max: 100_000 }), // of 10^-6
    }),
    { freq: 2 },
  ),
});
const movement = fc.record({
  what: fc.constant('movement' as const),
  movement: fc.constantFrom(...MOVEMENTS),
  account: fc.constantFrom(...ACCOUNTS),
  venue: fc.constantFrom(...VENUES),
  toAccount: fc.constantFrom(...ACCOUNTS),
  toVenue: fc.constantFrom(...VENUES),
  asset: fc.constantFrom(...ASSETS),
  amount: fc.integer({ min: -1_000_000, max: 100_000_000 }), // of 10^-4
  instrument: fc.option(fc.constantFrom(...all), { freq: 2 }),
});

type Made<A> = A extends fc.Arbitrary<infer T> ? T : never;
type TradeStep = Made<typeof trade>;
type MovementStep = Made<typeof movement>;
export type Step = TradeStep | MovementStep;

/** Shrinks to few; a run has half of `eventsMax` on average. */
export const stepsOf = (eventsMax: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { arbitrary: trade, weight: 3 },
      { arbitrary: movement, weight: 1 },
    ) as fc.Arbitrary<Step>,
    { minLength: 1, maxLength: eventsMax, size: 'max' },
  );

export function openRooms() {
  const live = createAccounts();
  const rates = createRates({ instruments: 8, assets: 16, freshUs: 5e6 }, all);
  for (const [slot, instrument] of all.entries()) {
    rates.mark(instrument, Number(MARKS[slot]), asEpochUs(1), false);
  }
  const find = (key: string) => all.find((each) => each.key === key) ?? null;
  const worths = openWorths({ accounts: live, rates, find });
  return { live, folded: createAccounts(), rates, worths, model: createModel() };
}
export type Rooms = ReturnType<typeof openRooms>;

export function take(rooms: Rooms, step: Step): void {
  if (step.what === 'trade') takeTrade(rooms, step);
  else takeMovement(rooms, step);
}

function commit({ live, folded, worths }: Rooms, fact: Fact): void {
  assertZeroSum(fact);
  live.fold(fact, 1);
  folded.fold(throughText(fact), 1);
  refresh(worths, fact);
}

function assertZeroSum(fact: Fact): void {
  if (fact.kind !== 'fill' && fact.kind !== 'money') return;
  const sums = new Map<string, Rational>();
  for (const { asset, amount } of fact.postings) {
    sums.set(asset, plus(sums.get(asset) ?? ZERO, rational(amount)));
  }
  for (const [asset, { n }] of sums) assert.equal(n, 0n, `${asset} does not sum to zero`);
}

function takeTrade(rooms: Rooms, step: TradeStep): void {
  const { instrument, account, strategy, buys, makes } = step;
  const { priceScale, qtyScale } = instrument;
  const fee = step.fee === null ? null : { ...step.fee, amount: formatDecimal(step.fee.amount, 6) };
  const order = orderOf(instrument, buys ? 'buy' : 'sell', { account, strategy });
  const report = reportOf(instrument, step.price / 10 ** priceScale, step.qty / 10 ** qtyScale, {
    liquidity: makes ? 'maker' : 'taker',
    fee,
  });
  const fact = decideFill(rooms.live, order, report, rooms.rates);
  commit(rooms, fact);
  const price = formatDecimal(step.price, priceScale);
  const qty = formatDecimal(step.qty, qtyScale);
  const rateOf = (asset: string): Rational => rational(RATES[asset] ?? '0');
  addTrade(rooms.model, { account, strategy, instrument, buys, price, qty, fee, makes }, rateOf);
}

function takeMovement(rooms: Rooms, step: MovementStep): void {
  const { live, rates, model } = rooms;
  const { instrument, asset, account } = step;
  const isFunding = step.movement === 'funding' && instrument?.settle === asset;
  const wish: Wish = {
    ...step,
    id: live.nextMovementId(),
    amount: formatDecimal(step.amount, 4),
    instrument: isFunding ? instrument.key : null,
    venue: isFunding ? instrument.venue : step.venue,
    by: 'test',
    reason: '',
    timeUs: 1,
  };
  const known = (): boolean => true;
  const ground = { accounts: live, rates, hasAccount: known, hasVenue: known, reserved: () => 0 };
  const decision = decideMovement(ground, wish);
  if (decision.kind !== 'decided') return; // refusals are shown case by case in the unit tests
  commit(rooms, decision.fact);
  for (const fact of decideValuations(live, rates)) commit(rooms, fact);
  const amount = rational(wish.amount);
  const isOut = step.movement === 'withdrawal' || step.movement === 'transfer';
  addMoney(model, account, wish.venue, asset, isOut ? negate(amount) : amount);
  if (step.movement === 'transfer') addMoney(model, step.toAccount, step.toVenue, asset, amount);
}
