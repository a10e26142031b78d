// Owns the cases of movements of money and of the deposits of the configuration.
// Promise: below, at and above what is there; every refusal says what, where and what to do.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAccounts } from '../../../engine/accounts/accounts-slice.ts';
import {
  decideMovement,
  decideValuations,
  type MovementGround,
  type Wish,
  wishOfReport,
} from '../../../engine/accounts/movements.ts';
import { type Deposits, decideOpening } from '../../../engine/accounts/opening.ts';
import { createRates } from '../../../engine/accounts/rates.ts';
import { configSchema } from '../../../engine/config/schema.ts';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { asEpochUs } from '../../../engine/core/units.ts';
import { all, btcPerp, btcSpot, instrumentOf, openAccounts } from '../../accounts-fixture.ts';

const groundOf = (
  accounts = openAccounts({ spot: { USDT: '100' } }),
  instruments: readonly Instrument[] = all,
): MovementGround => ({
  accounts,
  rates: createRates({ instruments: 16, assets: 64, freshUs: 5e6 }, instruments),
  hasAccount: (account) => account === 'main' || account === 'b',
  hasVenue: (venue) => instruments.some((each) => each.venue === venue),
  reserved: () => 0,
});

const wish = (parts: Partial<Wish>): Wish => ({
  id: 'w1',
  movement: 'deposit',
  account: 'main',
  venue: 'spot',
  toAccount: 'main',
  toVenue: 'spot',
  asset: 'USDT',
  amount: '10',
  instrument: null,
  by: 'anna',
  reason: 'test',
  timeUs: 5,
  ...parts,
});

/** 'path: message' of every problem; 'decided' where there is none. */
function told(ground: MovementGround, parts: Partial<Wish>): string[] {
  const decision = decideMovement(ground, wish(parts));
  if (decision.kind !== 'refused') return [decision.kind];
  return decision.problems.map(({ path, message }) => `${path}: ${message}`);
}

test('movements: a deposit is balance against capital, valued at the marks of the moment', () => {
  const ground = groundOf();
  ground.rates.mark(btcSpot, 60_000, asEpochUs(1), false);
  const decision = decideMovement(ground, wish({ asset: 'BTC', amount: '2' }));
  assert.ok(decision.kind === 'decided');
  assert.equal(decision.fact.value, 120_000);
  ground.accounts.isBalanced();
  const out = decideMovement(ground, wish({ movement: 'withdrawal', amount: '40' }));
  assert.ok(out.kind === 'decided');
  assert.equal(out.fact.value, -40);
  assert.deepEqual(out.fact.postings, [
    { account: 'main', venue: 'spot', book: 'balance', asset: 'USDT', amount: '-40' },
    { account: 'main', venue: 'spot', book: 'capital', asset: 'USDT', amount: '40' },
  ]);
});

test('movements: a coin without a mark waits, and is valued when all its marks are there', () => {
  const accounts = openAccounts();
  const ground = groundOf(accounts);
  const decision = decideMovement(ground, wish({ asset: 'ETH', amount: '2' }));
  assert.ok(decision.kind === 'decided');
  assert.equal(decision.fact.value, null);
  accounts.fold(decision.fact, 0);
  assert.deepEqual(decideValuations(accounts, ground.rates), []);
  ground.rates.mark(all[2]!, 1800, asEpochUs(1), false);
  const facts = decideValuations(accounts, ground.rates);
  assert.deepEqual(facts, [{ kind: 'capital_valued', id: 'w1', value: 3600 }]);
  for (const fact of facts) accounts.fold(fact, 1);
  assert.deepEqual(accounts.capital(), { value: 3600, pending: [] });
});

test('movements: what is there may leave, a step more may not', () => {
  const ground = groundOf();
  assert.deepEqual(told(ground, { movement: 'withdrawal', amount: '99.9' }), ['decided']);
  assert.deepEqual(told(ground, { movement: 'withdrawal', amount: '100' }), ['decided']);
  assert.deepEqual(told(ground, { movement: 'withdrawal', amount: '100.000000000000000001' }), [
    'amount: 100.000000000000000001 is more than is free: main has 100 USDT at spot',
  ]);
});

test('movements: what open orders and positions keep does not leave', () => {
  const ground = { ...groundOf(), reserved: () => 30 };
  assert.deepEqual(told(ground, { movement: 'withdrawal', amount: '70' }), ['decided']);
  assert.deepEqual(told(ground, { movement: 'withdrawal', amount: '70.1' }), [
    'amount: 70.1 is more than is free: main has 100 USDT at spot' +
      ', of it 30 are kept for open orders and positions',
  ]);
});

test('movements: what is kept is taken off exactly, and unknown keeps everything', () => {
  const accounts = openAccounts({ spot: { USDT: '500000' } });
  const ground = { ...groundOf(accounts), reserved: () => 6169.832 };
  const out = { movement: 'withdrawal', asset: 'USDT' } as const;
  assert.deepEqual(told(ground, { ...out, amount: '493830.168' }), ['decided']);
  for (const amount of ['493830.1680000001', '493830.168000000000000001']) {
    assert.match(told(ground, { ...out, amount })[0] ?? '', /^amount: .* of it 6169.832 are kept/);
  }
  const unknown = { ...ground, reserved: () => Number.NaN };
  assert.match(told(unknown, { ...out, amount: '1' })[0] ?? '', /of it what nobody can tell yet/);
});

test('movements: a transfer moves between venues and accounts, and moves no capital', () => {
  const ground = groundOf();
  const parts = { movement: 'transfer', toAccount: 'b', toVenue: 'usdm' } as const;
  const decision = decideMovement(ground, wish(parts));
  assert.ok(decision.kind === 'decided');
  assert.equal(decision.fact.value, 0);
  assert.deepEqual(decision.fact.postings, [
    { account: 'main', venue: 'spot', book: 'balance', asset: 'USDT', amount: '-10' },
    { account: 'b', venue: 'usdm', book: 'balance', asset: 'USDT', amount: '10' },
  ]);
  assert.deepEqual(told(ground, { movement: 'transfer' }), [
    'toVenue: a transfer needs two different places',
  ]);
});

test('movements: every problem is told at once, by name', () => {
  assert.deepEqual(told(groundOf(), { account: 'x', venue: 'y', asset: 'ZZZ', amount: '1e9' }), [
    "account: there is no account 'x' in this run",
    "venue: there is no venue 'y' in this run",
    "asset: nothing in this run prices 'ZZZ'; add an instrument that does",
    "amount: '1e9' is not a plain decimal of at most 18 places",
  ]);
});

test('movements: amounts that are no amounts are refused', () => {
  const ground = groundOf();
  for (const amount of ['0', '-1', '0.0']) {
    assert.deepEqual(told(ground, { amount }), ['amount: must be above zero']);
  }
  for (const amount of ['', 'NaN', 'Infinity', '1.', '0x1', '1.0000000000000000001']) {
    assert.match(told(ground, { amount })[0]!, /is not a plain decimal/);
  }
  assert.deepEqual(told(ground, { movement: 'interest', amount: '0' }), [
    'amount: must not be zero',
  ]);
  assert.deepEqual(told(ground, { timeUs: Number.NaN }), ['time: NaN is not a time']);
  assert.deepEqual(told(ground, { id: '' }), [
    'id: must be 1 to 64 visible ASCII characters, no quotes',
  ]);
});

test('movements: the same id is done once, also after it is no longer remembered', () => {
  const accounts = createAccounts(1);
  const ground = groundOf(accounts);
  const book = (id: string, timeUs: number): string => {
    const decision = decideMovement(ground, wish({ id, timeUs }));
    if (decision.kind === 'decided') accounts.fold(decision.fact, timeUs);
    return decision.kind;
  };
  assert.equal(book('one', 10), 'decided');
  assert.equal(book('one', 11), 'repeated');
  assert.equal(book('two', 20), 'decided');
  assert.equal(book('one', 10), 'refused'); // too old to tell
  assert.equal(accounts.balance('main', 'spot', 'USDT'), 20n * 10n ** 18n);
});

test('movements: funding and interest come as the venue says, below zero as well', () => {
  const report = {
    kind: 'money',
    id: 'funding-7',
    movement: 'funding',
    venue: 'usdm',
    account: 'main',
    instrument: btcPerp,
    asset: 'USDT',
    amount: '-1.25',
    timeUs: asEpochUs(9),
  } as const;
  const decision = decideMovement(groundOf(openAccounts()), wishOfReport(report));
  assert.ok(decision.kind === 'decided'); // the balance is 0: the venue has taken it all the same
  assert.equal(decision.fact.instrument, btcPerp.key);
  assert.deepEqual(decision.fact.postings, [
    { account: 'main', venue: 'usdm', book: 'balance', asset: 'USDT', amount: '-1.25' },
    { account: 'main', venue: 'usdm', book: 'funding', asset: 'USDT', amount: '1.25' },
  ]);
});

/** 'venue asset amount' of every deposit, or the problems. */
function spread(deposits: Deposits, instruments: readonly Instrument[] = all): string[] {
  const accounts = createAccounts();
  const ground = groundOf(accounts, instruments);
  const opening = decideOpening(ground, 'main', deposits, instruments, 1);
  if (opening.kind === 'refused') return opening.problems.map((p) => `${p.path}: ${p.message}`);
  assert.ok(opening.fact !== null);
  accounts.fold(opening.fact, 1);
  assert.ok(accounts.isBalanced());
  return opening.fact.postings
    .filter(({ book }) => book === 'balance')
    .map(({ venue, asset, amount }) => [venue, asset, amount].join(' '));
}

test('opening: money is split over the venues that use it, the rest goes to the first', () => {
  assert.deepEqual(spread({ USDT: '100' }), [
    'usdm USDT 33.333333333333333334',
    'spot USDT 33.333333333333333333',
    'other USDT 33.333333333333333333',
  ]);
});

test('opening: a coin goes to the first spot venue that trades it, else where it settles', () => {
  assert.deepEqual(spread({ BTC: '2', ETH: '1' }), ['spot BTC 2', 'spot ETH 1']);
  assert.deepEqual(spread({ BTC: '2' }, [btcPerp, { ...all[4]!, index: 1 }]), ['coinm BTC 2']);
  assert.deepEqual(spread({ BTC: '2' }, [btcPerp]), ['usdm BTC 2']);
});

test('opening: deposits are one fact, valued together once each of them has a mark', () => {
  const ground = groundOf(createAccounts(), all);
  const money = decideOpening(ground, 'main', { USDT: '100' }, all, 1);
  assert.ok(money.kind === 'decided');
  assert.deepEqual([money.fact?.id, money.fact?.value], ['m1', 100]);
  const coins = decideOpening(ground, 'main', { USDT: '100', ETH: '1' }, all, 1);
  assert.equal(coins.kind === 'decided' && coins.fact?.value, null);
  const none = decideOpening(ground, 'main', { USDT: '0' }, all, 1);
  assert.deepEqual(none, { kind: 'decided', fact: null });
});

test('opening: amounts by venue are taken as they are, zeros left out', () => {
  const deposits = { USDT: { spot: '10', usdm: '0' }, BNB: { usdm: '1' } };
  assert.deepEqual(spread(deposits), ['spot USDT 10', 'usdm BNB 1']);
});

test('opening: unknown-quote-is-usd: what nobody can use or price is refused by name', () => {
  const parts = { index: 0, symbol: 'BTCJPY', venue: 'spot', kind: 'spot' } as const;
  const yen = instrumentOf({ ...parts, base: 'BTC', quote: 'JPY' });
  assert.deepEqual(spread({ JPY: '5', BRL: '1', BTC: { mars: '1' } }, [yen]), [
    "execution.deposits.JPY: nothing in this run prices 'JPY'; add an instrument that does",
    'execution.deposits.BRL: no venue of this run trades BRL or settles in it; use JPY, BTC',
    "execution.deposits.BTC.mars: there is no venue 'mars' in this run",
    "execution.deposits.BTC.mars: nothing in this run prices 'BTC'; add an instrument that does",
  ]);
});

test('opening: an account that was ever booked says so, also when it is empty again', () => {
  const accounts = openAccounts({ spot: { USDT: '10' } });
  const out = decideMovement(groundOf(accounts), wish({ movement: 'withdrawal', amount: '10' }));
  assert.ok(out.kind === 'decided');
  accounts.fold(out.fact, 1);
  const again = createAccounts();
  again.load(JSON.parse(JSON.stringify(accounts.save())));
  assert.ok(again.wasOpened('main'));
  assert.equal(again.wasOpened('b'), false);
});

test('config: deposits are decimals, or decimals by venue, and nothing else', () => {
  const parse = (deposits: unknown): boolean =>
    configSchema.safeParse({ execution: { deposits } }).success;
  assert.ok(parse({ USDT: '1000.50', BTC: { 'binance-spot': '2', 'binance-coinm': '0' } }));
  for (const bad of ['-1', '1e3', 'NaN', '', 5, null, { spot: '-1' }, { spot: { deep: '1' } }]) {
    assert.equal(parse({ USDT: bad }), false, JSON.stringify(bad));
  }
  assert.equal(configSchema.parse({}).execution.deposits, null, 'what is traded decides');
});

test('movements: an id is 1 to 64 visible ASCII characters', () => {
  assert.deepEqual(told(groundOf(), { id: 'x'.repeat(64) }), ['decided']);
  for (const id of ['', 'x'.repeat(65), 'a b', 'ä', '"']) {
    const [problem] = told(groundOf(), { id });
    assert.match(problem ?? '', /^id: must be 1 to 64 visible ASCII characters/);
  }
});

test('movements: a deposit beyond all measure is a slip of the hand', () => {
  const ground = groundOf();
  const deposit = (asset: string, amount: string) => told(ground, { asset, amount });
  assert.deepEqual(deposit('USDT', '1000000000000'), ['decided']);
  const [slip = ''] = deposit('USDT', '1000000000000.01');
  assert.match(slip, /^amount: 1000000000000.01 USDT is more than .* 1,000,000,000,000 dollars/);
  assert.deepEqual(deposit('BTC', '1000000000000000'), ['decided'], 'while it has no mark');
  assert.match(
    String(deposit('BTC', '1000000000000000.1')),
    /more than 1,000,000,000,000,000 units/,
  );
  ground.rates.mark(btcSpot, 50_000, asEpochUs(1), false);
  assert.deepEqual(deposit('BTC', '20000000'), ['decided']);
  assert.match(String(deposit('BTC', '20000001')), /is it a slip/);
});
