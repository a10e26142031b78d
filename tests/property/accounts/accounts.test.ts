// Owns the laws of accounts under any sequence of fills and movements of money.
// Promise: a model in fractions that shares no code is the independent source; the seed is printed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAccounts } from '../../../engine/accounts/accounts-slice.ts';
import type { Position } from '../../../engine/accounts/position.ts';
import {
  equityOf,
  openWorths,
  pnlOf,
  reload,
  strategyProfitOf,
  worthOf as worthOfAccount,
} from '../../../engine/accounts/valuation.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { all } from '../../accounts-fixture.ts';
import {
  contractProfit,
  isWithin,
  type Model,
  plus,
  type Rational,
  rational,
  times,
  toDouble,
  ZERO,
} from './exact-model.ts';
import {
  ACCOUNTS,
  MARKS,
  openRooms,
  RATES,
  type Rooms,
  STRATEGIES,
  stepsOf,
  take,
} from './rooms.ts';

const EVENTS = 200_000;
const RUNS = { seed: 20241112, numRuns: 1100 };

const units = (amount: bigint): Rational => ({ n: amount, d: 10n ** 18n });
const rateOf = (asset: string): Rational => rational(RATES[asset] ?? '0');

/** Per asset and place: deposits + transfers + realised + funding - fees = balance. */
function assertBalances({ live, model }: Rooms, count: number): void {
  const expected = new Map(model.money);
  for (const [place, { instrument }] of model.contracts) {
    const account = place.slice(0, place.indexOf(' '));
    const key = `${account} ${instrument.venue} ${instrument.settle}`;
    const { realised } = live.position(account, instrument.key);
    expected.set(key, plus(expected.get(key) ?? ZERO, units(realised)));
  }
  for (const [key, amount] of expected) {
    const [account = '', venue = '', asset = ''] = key.split(' ');
    const balance = units(live.balance(account, venue, asset));
    assert.ok(isWithin(balance, amount, count), `${key}: ${toDouble(balance)}`);
  }
  assert.ok(live.isBalanced());
}

/** Profit without the worth of what is open: cash flow, which no average can change. */
const cashOf = ({ kind }: Instrument, p: Position): bigint =>
  p.realised - p.fees + (kind === 'inverse' ? p.cost : -p.cost);

const NOTHING = { qty: ZERO, cash: ZERO } as const;
const scaleOf = ({ realised, cost, fees }: Position): number =>
  [realised, cost, fees].reduce((sum, part) => sum + Math.abs(toDouble(units(part))), 0);

/** Shares of strategies sum to the account's exactly; each is what the model says. */
function assertShares({ live, model }: Rooms, count: number): void {
  for (const instrument of all) {
    for (const account of ACCOUNTS) {
      const position = live.position(account, instrument.key);
      let rest = { qty: position.qty, cash: cashOf(instrument, position) };
      for (const strategy of STRATEGIES) {
        const part = live.holding(account, strategy, instrument.key);
        rest = { qty: rest.qty - part.qty, cash: rest.cash - cashOf(instrument, part) };
        const held = model.holdings.get(`${account} ${strategy} ${instrument.key}`) ?? NOTHING;
        assert.ok(isWithin(units(part.qty), held.qty, count), `${account} ${strategy}`);
        const [cash, expected] = [toDouble(units(cashOf(instrument, part))), toDouble(held.cash)];
        // Doubles only for the rate of a fee in a third asset.
        assert.ok(Math.abs(cash - expected) <= 1e-9 * (1 + scaleOf(part)), `${cash} ${expected}`);
      }
      assert.deepEqual(rest, { qty: 0n, cash: 0n });
    }
  }
}

/** Balances at marks chosen here, and profit of contracts without any average cost. */
function worthOf({ money, contracts }: Model): { worth: number; scale: number } {
  let worth = 0;
  let scale = 1;
  const add = (amount: Rational, rate: Rational): void => {
    const value = toDouble(times(amount, rate));
    worth += value;
    scale += Math.abs(value);
  };
  for (const [key, amount] of money) add(amount, rateOf(key.slice(key.lastIndexOf(' ') + 1)));
  for (const flow of contracts.values()) {
    const mark = rational(MARKS[flow.instrument.index] ?? '1');
    add(contractProfit(flow, mark), rateOf(flow.instrument.settle));
  }
  return { worth, scale };
}

function assertWorth(rooms: Rooms): void {
  const { worth, scale } = worthOf(rooms.model);
  const { worths, live, rates } = rooms;
  const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * scale;
  const equity = equityOf(worths);
  assert.ok(isNear(equity, worth), `${equity} is not ${worth}`);
  const parts = ACCOUNTS.reduce((sum, name) => sum + worthOfAccount(worths, name, null), 0);
  assert.ok(isNear(parts, equity), `${parts} of all accounts is not ${equity}`);
  const profits = STRATEGIES.reduce((sum, name) => sum + strategyProfitOf(worths, name), 0);
  assert.ok(isNear(profits, pnlOf(worths)), `${profits} is not ${pnlOf(worths)}`);
  const loaded = createAccounts();
  loaded.load(JSON.parse(JSON.stringify(live.save())));
  assert.equal(loaded.hash(), live.hash());
  const anew = openWorths({ ...worths.options, accounts: loaded, rates });
  reload(anew);
  assert.ok(isNear(equityOf(anew), equity));
}

test('accounts: 200,000 random fills and movements agree with a model in fractions', () => {
  let events = 0;
  fc.assert(
    fc.property(stepsOf(400), (steps) => {
      const rooms = openRooms();
      events += steps.length;
      for (const step of steps) take(rooms, step);
      assertShares(rooms, steps.length);
      assertBalances(rooms, steps.length);
      assertWorth(rooms);
      assert.equal(rooms.folded.hash(), rooms.live.hash());
    }),
    RUNS,
  );
  console.log(`seed ${RUNS.seed}: ${events} events`);
  assert.ok(events >= EVENTS, `only ${events} events`);
});

test('accounts: books that offset each other exactly are worth what they cost each other', () => {
  const few = stepsOf(40).map((steps) =>
    steps.map((step) => (step.what === 'trade' ? { ...step, qty: 1000 } : step)),
  );
  let flat = 0;
  fc.assert(
    fc.property(few, (steps) => {
      const rooms = openRooms();
      for (const step of steps) {
        take(rooms, step);
        flat += [...rooms.worths.open.items].filter(({ sum }) => sum.qty === 0n).length;
        assertWorth(rooms);
      }
    }),
    { ...RUNS, numRuns: 300 },
  );
  assert.ok(flat > 500, `only ${flat} books were flat over all accounts`);
});

test('accounts: after every single fact the folded journal has the hash of the live state', () => {
  fc.assert(
    fc.property(stepsOf(60), (steps) => {
      const rooms = openRooms();
      for (const [k, step] of steps.entries()) {
        take(rooms, step);
        assert.equal(rooms.folded.hash(), rooms.live.hash());
        assertShares(rooms, k + 1);
      }
    }),
    { ...RUNS, numRuns: 20 },
  );
});

test('accounts: strategies carry the funding of their account to the last digit, or none', () => {
  const fundingOf = ({ live }: Rooms, isOwn: boolean): bigint => {
    let sum = 0n;
    for (const instrument of all) {
      for (const { record, position } of live.heldOf(instrument.key)) {
        if ((record.strategy === null) === isOwn) sum += position.funding;
      }
    }
    return sum;
  };
  fc.assert(
    fc.property(stepsOf(250), (steps) => {
      const rooms = openRooms();
      for (const step of steps) {
        const [own, shared] = [fundingOf(rooms, true), fundingOf(rooms, false)];
        take(rooms, step);
        const moved = fundingOf(rooms, true) - own;
        const carried = fundingOf(rooms, false) - shared;
        assert.ok(carried === moved || carried === 0n, `${carried} of ${moved}`);
      }
    }),
    { ...RUNS, numRuns: 20 },
  );
});
