// Owns the tests of money between a whole engine and its paper venue: what may leave, what is owed.
// Promise: after each movement the ledger and the venue hold the same, or nothing has moved.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { OrderIntent } from '../../../engine/core/order.ts';
import { asEpochUs, asPrice, asQty } from '../../../engine/core/units.ts';
import { listInstruments } from '../../../engine/market/instruments.ts';
import { depositsOf, withCollateral } from '../../../engine/surroundings/deposits.ts';
import type {
  MoneyCommand,
  VenueHouse,
  VenueLink,
  VenueOpening,
} from '../../../engine/surroundings/house.ts';
import { testInstruments } from '../../../engine/venues/binance/test-instruments.ts';
import { startPriceUsd } from '../../../engine/venues/generated/start-terms.ts';
import { configOf, START_US } from '../../engine-fixture.ts';
import {
  bodiesOf,
  marketOf,
  openOrThrow,
  type RunningSystem,
  recordsOf,
  temporaryFolder,
  trade,
} from '../../system-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const SECOND = 1_000_000;
const PERP = 'BTCUSDT.binance-usdm';
const SPOT = 'BTCUSDT.binance-spot';

interface Desk {
  readonly run: RunningSystem;
  readonly stateDir: string;
  /** What the venue said to each movement. */
  readonly told: (string | null)[];
  nowUs: number;
  pass(us: number): Promise<void>;
}

const SETTINGS = [
  'execution.strategy="none"',
  ...['maxPositionUsd', 'maxOrderNotionalUsd'].map((name) => `risk.${name}=10000000`),
  ...['maxPortfolioExposure', 'maxConcentration', 'maxLeverage'].map((n) => `risk.${n}=100`),
  ...['varLimit95OneDay', 'historicalVarLimit95OneDay', 'stressLossLimit'].map(
    (name) => `risk.${name}=100`,
  ),
];

/** An engine with so much money, that trades nothing by itself, after a second of its market. */
async function openDesk(t: TestContext, deposits: object, count = 2): Promise<Desk> {
  const stateDir = temporaryFolder(t);
  const told: Desk['told'] = [];
  const wrapVenue = (link: VenueLink): VenueLink => ({
    ...link,
    moveMoney(command) {
      const problem = link.moveMoney(command);
      told.push(problem);
      return problem;
    },
  });
  const settings = [...SETTINGS, `execution.deposits=${JSON.stringify(deposits)}`];
  const instruments = listInstruments(testInstruments(count));
  const run = await openOrThrow({ stateDir, settings, wrapVenue, instruments });
  const market = marketOf(run, 'money');
  const desk: Desk = {
    ...{ run, stateDir, told },
    nowUs: START_US,
    async pass(us) {
      await trade(run, market, desk.nowUs, desk.nowUs + us);
      desk.nowUs += us;
    },
  };
  await desk.pass(SECOND);
  return desk;
}

function order({ run }: Desk, key: string, parts: Partial<OrderIntent>, away: number): void {
  const { system, instruments } = run;
  const instrument = instruments.find((one) => one.key === key);
  assert.ok(instrument);
  const bid = system.ground.books.bidPrice(instrument, 0);
  const price = asPrice(Math.floor((bid * away) / instrument.tick) * instrument.tick);
  const intent = intentOf({
    ...{ instrument, price, account: 'main', strategy: 'manual' },
    origin: { kind: 'api', key: 'test' },
    ...parts,
    qty: asQty((parts.qty ?? 1) * 10 ** instrument.qtyScale),
  });
  system.apply({ kind: 'command', correlation: 0, command: { kind: 'submit', intent } });
}

function withdraw({ run }: Desk, venue: string, asset: string, amount: string): void {
  const place = { account: 'main', venue, toAccount: 'main', toVenue: venue };
  const what = { kind: 'move_money', movement: 'withdrawal', asset, amount } as const;
  const command: MoneyCommand = { ...what, ...place, reason: 'test', by: 'anna' };
  run.system.apply({ kind: 'command', correlation: 0, command });
}

const balanceOf = ({ run }: Desk, venue: string, asset: string): number =>
  Number(run.system.rooms.state.accounts.balance('main', venue, asset)) / 1e18;

const withdrawals = async ({ run, stateDir }: Desk): Promise<number> => {
  await run.system.stop('asked');
  assert.deepEqual(run.faults, []);
  return bodiesOf(recordsOf(stateDir), 'money').filter((one) => one.movement === 'withdrawal')
    .length;
};

test('money: what positions bind does not leave, neither the ledger nor the venue', async (t) => {
  const desk = await openDesk(t, { USDT: { 'binance-usdm': '100000' } });
  order(desk, PERP, { qty: asQty(6), timeInForce: 'IOC' }, 1.005);
  await desk.pass(SECOND);
  const held = balanceOf(desk, 'binance-usdm', 'USDT');
  assert.ok(held < 100_000 && held > 99_000, `${held}`);
  withdraw(desk, 'binance-usdm', 'USDT', '90000');
  assert.equal(balanceOf(desk, 'binance-usdm', 'USDT'), held);
  withdraw(desk, 'binance-usdm', 'USDT', '20000');
  assert.equal(balanceOf(desk, 'binance-usdm', 'USDT'), held - 20_000);
  assert.deepEqual(desk.told, [null], 'the venue was asked for what is free, and gave it');
  assert.equal(await withdrawals(desk), 1);
});

test('money: coins of a reduce-only sale on spot are kept, and are sold once', async (t) => {
  const desk = await openDesk(t, { USDT: '100000', BTC: { 'binance-spot': '1' } });
  order(desk, SPOT, { side: 'sell', reduceOnly: true }, 1.01);
  await desk.pass(SECOND);
  assert.equal(desk.run.system.rooms.state.orders.openCount, 1);
  withdraw(desk, 'binance-spot', 'BTC', '1');
  assert.equal(balanceOf(desk, 'binance-spot', 'BTC'), 1);
  order(desk, SPOT, { side: 'sell' }, 1.01);
  await desk.pass(SECOND);
  assert.deepEqual(desk.told, []);
  assert.equal(await withdrawals(desk), 0);
  const [, second] = bodiesOf(recordsOf(desk.stateDir), 'verdict');
  assert.deepEqual(
    second?.breaches.map(({ limit }) => limit),
    ['balance'],
  );
});

test('money: what is owed to a venue is still owed there after a restart', async (t) => {
  const { run, stateDir } = await openDesk(t, { USDT: { 'binance-usdm': '100' } });
  run.system.apply({
    kind: 'report',
    receiveUs: asEpochUs(START_US + SECOND),
    report: {
      ...{ kind: 'money', id: 'i1', movement: 'interest', venue: 'binance-usdm', account: 'main' },
      ...{ instrument: null, asset: 'USDT', amount: '-600', timeUs: asEpochUs(START_US) },
    },
  });
  await run.system.stop('asked');
  let opened: VenueOpening | null = null;
  const wrapVenue = (link: VenueLink, { opening }: VenueHouse): VenueLink => {
    opened = opening;
    return link;
  };
  const again = await openOrThrow({ stateDir, settings: SETTINGS, wrapVenue });
  const { balances } = opened as unknown as VenueOpening;
  assert.deepEqual(balances, [
    { account: 'main', venue: 'binance-usdm', asset: 'USDT', amount: '-500' },
  ]);
  await again.system.stop('asked');
  assert.deepEqual(again.faults, []);
});

test('money: what test mode deposits by itself carries coin-margined contracts', async (t) => {
  const instruments = listInstruments(testInstruments(6));
  const deposits = depositsOf(withCollateral(configOf(), instruments, startPriceUsd));
  const desk = await openDesk(t, deposits, 6);
  const contracts = asQty(900); // 90,000 dollars, within risk.maxPositionUsd
  order(desk, 'BTCUSD_PERP.binance-coinm', { qty: contracts, timeInForce: 'IOC' }, 1.005);
  await desk.pass(SECOND);
  await desk.run.system.stop('asked');
  const [verdict] = bodiesOf(recordsOf(desk.stateDir), 'verdict');
  assert.deepEqual(verdict?.breaches, []);
  const filled = bodiesOf(recordsOf(desk.stateDir), 'fill').map(({ fill }) => fill.instrument);
  assert.ok(filled.length > 0 && filled.every((key) => key === 'BTCUSD_PERP.binance-coinm'));
});
