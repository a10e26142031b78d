// Owns the tests of risk's own way out where exposure and position are not the same thing.
// Promise: a whole engine; accounts against each other, and coins on the pair that carries none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Instrument } from '../../../engine/core/instrument.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { CommandAnswer } from '../../../engine/facts/effects.ts';
import {
  at,
  BTC,
  createEngineDesk,
  type EngineDesk,
  fillReport,
  recovered,
} from '../../engine-fixture.ts';
import {
  type ListingDesk,
  load,
  openListing,
  pass,
  quote,
  specOf,
  trade,
  traded,
} from '../../listing-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;
const ACCOUNTS = ['compliance.accounts=["main","fund"]'];
const FLATTEN = { flatten: true, drill: false, reason: 'test', by: 'anna' } as const;

/** `main` is long of so many steps, `fund` short of others. */
function apart(long: number, short: number): EngineDesk {
  const desk = createEngineDesk({ settings: ACCOUNTS });
  desk.load(BID, ASK, 0);
  desk.tick(10);
  const money = { kind: 'move_money', movement: 'deposit', asset: 'USDT', amount: '1000000' };
  const to = { account: 'fund', venue: BTC.venue, key: '', reason: 'test', by: 'anna' };
  desk.command({ ...money, ...to } as Parameters<EngineDesk['command']>[0], 1);
  desk.tick(20);
  const open = (account: string, side: 'buy' | 'sell', steps: number, id: string): void => {
    const price = side === 'buy' ? ASK : BID;
    const parts = { instrument: BTC, strategy: 'manual', timeInForce: 'IOC' } as const;
    const what = { account, side, qty: asQty(steps), price: asPrice(price), ...parts };
    desk.command({ kind: 'submit', intent: intentOf(what) }, 2);
    const order = desk.out.placed.at(-1);
    assert.equal(order?.intent.account, account, JSON.stringify(desk.out.answers.at(-1)));
    desk.report(fillReport(order.id, price, steps, id, 25));
  };
  open('main', 'buy', long, 'f1');
  open('fund', 'sell', short, 'f2');
  desk.out.placed.length = 0;
  return desk;
}

const sent = (desk: EngineDesk): unknown[] =>
  desk.out.placed.map(({ intent: { account, side, qty } }) => [account, side, qty]);

const killed = (desk: EngineDesk) =>
  desk.out.answers
    .map(({ answer }) => answer)
    .find((one): one is Extract<CommandAnswer, { kind: 'killed' }> => one.kind === 'killed');

for (const [long, short] of [
  [1000, 1000],
  [1500, 500],
] as const) {
  test(`flatten: accounts at +${long} and -${short} are both closed, and counted as two`, () => {
    const desk = apart(long, short);
    desk.command({ kind: 'kill', options: FLATTEN }, 90);
    desk.tick(30);
    desk.tellOpen([], 40);
    desk.tick(50);
    assert.deepEqual(sent(desk), [
      ['fund', 'buy', short],
      ['main', 'sell', long],
    ]);
    const [first, second] = desk.out.placed;
    desk.report(fillReport(first?.id ?? '', ASK, short, 'f3', 60));
    desk.tick(70);
    assert.equal(killed(desk), undefined, 'one position is open');
    desk.report(fillReport(second?.id ?? '', BID, long, 'f4', 80));
    desk.tick(90);
    desk.tellOpen([], 100);
    desk.tick(110);
    const { report } = killed(desk) ?? {};
    assert.deepEqual([report?.isConfirmed, report?.positionsLeft], [true, 0], report?.problem);
  });
}

test('flatten: a reduction is due while accounts stand against each other', () => {
  const state = recovered(apart(1000, 1000));
  const { value: capital } = state.accounts.capital();
  const peak = (capital ?? 0) / 0.965; // 3.5 % below it
  const drawdown = { scope: 'system', level: 'halted', peak, day: 0, dayPeak: peak } as const;
  state.fold({ kind: 'peaks', drawdowns: [{ ...drawdown, capital }] }, at(0));
  const desk = createEngineDesk({ state, settings: ACCOUNTS });
  desk.load(BID, ASK, 0);
  desk.tick(10);
  assert.deepEqual(sent(desk), [
    ['fund', 'buy', 1000],
    ['main', 'sell', 1000],
  ]);
});

// ---- Coins ------------------------------------------------------------------------------------

const QUOTES = ['USDC', 'USDT'] as const;

/** Two pairs of one coin, of which the first slot carries nothing. */
async function openPairs(t: Parameters<typeof openListing>[0], settings: readonly string[] = []) {
  const rich = 'execution.deposits={"USDC":{"binance-spot":"10000000"}}';
  const desk = await openListing(t, {
    specs: QUOTES.map((quote) => ({
      ...{ ...specOf('BTCUSDT', 'binance-spot'), quote, settle: quote },
      ...{ symbol: `BTC${quote}`, key: `BTC${quote}.binance-spot` },
    })),
    settings: [rich, 'risk.maxPortfolioExposure=3', 'risk.maxConcentration=3', ...settings],
  });
  const [usdc, usdt] = QUOTES.map((quote) => traded(desk, `BTC${quote}.binance-spot`));
  assert.ok(usdt !== undefined && usdc !== undefined);
  const quoteAll = (): void => {
    for (const one of [usdt, usdc]) quote(desk, one);
  };
  quoteAll();
  for (let k = 0; k < 3; k += 1) pass(desk, 100);
  return { desk, usdt, usdc, quoteAll };
}

const coinsOf = ({ system }: ListingDesk, { venue, base }: Instrument): bigint =>
  system.rooms.state.accounts.balance('main', venue, base);

test('flatten: coins bought on a pair that carries none are sold there', async (t) => {
  const { desk, usdc, quoteAll } = await openPairs(t);
  trade(desk, usdc, 1000);
  assert.ok(coinsOf(desk, usdc) > 0n);
  desk.system.apply({
    kind: 'command',
    command: { kind: 'kill', options: FLATTEN },
    correlation: 1,
  });
  for (let k = 0; k < 20 && desk.system.rooms.kill.isRunning; k += 1) {
    quoteAll();
    pass(desk, 100);
  }
  assert.equal(desk.system.rooms.kill.isRunning, false);
  assert.equal(coinsOf(desk, usdc) < 10n ** 16n, true, `${coinsOf(desk, usdc)}`);
});

test('position: buys on a pair that carries none end at the limit', async (t) => {
  const { desk, usdc, usdt, quoteAll } = await openPairs(t, ['risk.maxOrderNotionalUsd=100000']);
  const lots = 1.5 * (10 ** usdc.qtyScale / usdc.lot); // 90,000 of 100,000
  trade(desk, usdc, lots);
  const bought = coinsOf(desk, usdc);
  assert.ok(bought > 0n);
  for (const pair of [usdc, usdt]) {
    quoteAll();
    trade(desk, pair, lots);
    assert.equal(coinsOf(desk, usdc), bought, `${pair.key} added to it`);
  }
});

/** A pair of two coins, at 0.05 bitcoin an ether. */
const ETH_BTC = {
  ...specOf('BTCUSDT', 'binance-spot'),
  ...{ symbol: 'ETHBTC', key: 'ETHBTC.binance-spot', base: 'ETH', quote: 'BTC', settle: 'BTC' },
  ...{ priceScale: 5, tick: asPrice(1), qtyScale: 4, lot: asQty(1) },
};

test('flatten: coins a strategy bought with other coins are sold, and then those', async (t) => {
  const holder = { name: 'holder', module: 'buy-and-hold', parameters: { exposure: 0.05 } };
  const desk = await openListing(t, {
    specs: [specOf('BTCUSDT', 'binance-spot'), ETH_BTC],
    settings: [
      `strategies=${JSON.stringify([{ ...holder, instruments: [ETH_BTC.key] }])}`,
      'execution.deposits={"USDT":{"binance-spot":"1000000"},"BTC":{"binance-spot":"1"}}',
    ],
  });
  const [btc, eth] = ['BTCUSDT.binance-spot', ETH_BTC.key].map((key) => traded(desk, key));
  assert.ok(btc !== undefined && eth !== undefined);
  const go = (): void => {
    quote(desk, btc);
    load(desk, eth, 5000, 5001);
    pass(desk, 100);
  };
  for (let k = 0; k < 20; k += 1) go();
  assert.ok(coinsOf(desk, eth) > 10n * 10n ** 18n);
  desk.system.apply({
    kind: 'command',
    command: { kind: 'kill', options: FLATTEN },
    correlation: 1,
  });
  for (let k = 0; k < 40 && desk.system.rooms.kill.isRunning; k += 1) go();
  assert.equal(desk.system.rooms.kill.isRunning, false);
  const left = [eth, btc].map((one) => coinsOf(desk, one) < 10n ** 14n);
  assert.deepEqual(left, [true, true], `${coinsOf(desk, eth)} and ${coinsOf(desk, btc)}`);
});
