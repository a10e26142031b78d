// Owns the whole house while one of two pairs that price its coins says nothing.
// Promise: ETH priced over BTC, every price is written here, nothing is random.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Instrument } from '../../engine/core/instrument.ts';
import { asEpochUs } from '../../engine/core/units.ts';
import { listInstruments } from '../../engine/market/instruments.ts';
import { inferInstrument } from '../../engine/venues/binance/catalogue.ts';
import { START_US } from '../engine-fixture.ts';
import { snapshotText, spotDepth } from '../market-fixture.ts';
import { createFeed, openOrThrow, type RunningSystem, temporaryFolder } from '../system-fixture.ts';

const SETTINGS = [
  'execution.deposits={"ETH":"1000"}',
  'risk.maxPositionUsd=9000000',
  'risk.maxOrderNotionalUsd=9000000',
  'risk.breakers.volatilityMove=1',
  'risk.breakers.lossFraction=1',
];

interface Market {
  readonly run: RunningSystem;
  /** The pair's book moves to a new mid. */
  quote(pair: 'ETHBTC' | 'BTCUSDT', mid: number, ms: number): void;
  tick(ms: number): void;
}

async function openMarket(t: TestContext): Promise<Market> {
  const instruments = listInstruments(
    ['ETHBTC', 'BTCUSDT'].map((symbol) => inferInstrument('binance-spot', symbol, 8, 8)),
  );
  const run = await openOrThrow({ stateDir: temporaryFolder(t), instruments, settings: SETTINGS });
  const feed = createFeed(run);
  const ids = new Map<string, number>();
  const last = new Map<string, number>();
  const at = (ms: number) => START_US + ms * 1000;
  const level = (price: number, qty: string) => [price.toFixed(8), qty] as const;
  const [SPREAD, QTY] = [1e-5, '50'];
  return {
    run,
    quote(pair, mid, ms) {
      const instrument = instruments.find(({ symbol }) => symbol === pair) as Instrument;
      const id = (ids.get(pair) ?? 100) + 1;
      const before = last.get(pair);
      const side = (of: number, sign: number, qty: string) => level(of * (1 + sign * SPREAD), qty);
      const levels = (sign: number) => [
        ...(before === undefined ? [] : [side(before, sign, '0')]),
        side(mid, sign, QTY),
      ];
      const isFirst = before === undefined;
      const text = isFirst
        ? snapshotText(id, levels(-1), levels(1))
        : spotDepth(id, id, levels(-1), levels(1));
      feed(text.replace('"s":"BTCUSDT"', `"s":"${pair}"`), instrument, at(ms));
      ids.set(pair, id);
      last.set(pair, mid);
    },
    tick: (ms) => run.system.tick(asEpochUs(at(ms))),
  };
}

const STEP_MS = 250;

test('lost leg: a coin over a dead pair raises no peak, and nothing is sold for it', async (t) => {
  const market = await openMarket(t);
  const system = () => {
    const { guard } = market.run.system.rooms;
    const drawdown = guard.view().drawdowns.find(({ scope }) => scope === 'system');
    assert.ok(drawdown);
    return { ...drawdown, state: guard.tradingState() };
  };
  const { telemetry } = market.run.system.ground;
  type Prices = [ethBtc: number, btcUsdt: number | null];
  const play = (fromMs: number, toMs: number, prices: (share: number) => Prices) => {
    for (let ms = fromMs; ms <= toMs; ms += STEP_MS) {
      const [ethBtc, btcUsdt] = prices((ms - fromMs) / (toMs - fromMs));
      market.quote('ETHBTC', ethBtc, ms);
      if (btcUsdt !== null) market.quote('BTCUSDT', btcUsdt, ms);
      market.tick(ms);
    }
  };
  play(0, 5000, (share) => [0.05 + 1e-8 * share, 60_000 + share]);
  const before = system();
  assert.ok(Math.abs(before.peak - 3_000_000) < 1000, `${before.peak}`);
  // BTCUSDT is lost; ETHBTC rises by 5 % while BTC, which nobody hears of, falls by 5 %.
  play(5250, 10_250, () => [0.05, null]);
  play(10_500, 65_000, (share) => [0.05 * (1 + 0.05 * share), null]);
  assert.equal(market.run.system.rooms.marks.doubt(market.run.instruments[1]!), 'stale');
  assert.equal(system().peak, before.peak);
  // It is back, and ETH in dollars is what it was.
  play(65_250, 75_000, () => [0.0525, 57_000]);
  assert.equal(system().level, 'normal');
  assert.equal(system().state, 'active');
  assert.ok(system().drawdown < 0.005);
  assert.equal(telemetry.read('reductionOrders'), 0);
});
