// Owns the tests of an engine that goes on where another stopped: what still holds, and what acts.
// Promise: the real rooms on real kernels; what the first engine left is its own checkpoint.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import type { Checkpoint } from '../../../engine/facts/fact.ts';
import { createFold } from '../../../engine/storage/recovery-fold.ts';
import { at, BTC, createEngineDesk, type EngineDesk, fillReport } from '../../engine-fixture.ts';
import { intentOf } from '../../trading-fixture.ts';

const BID = 6_000_000; // 60,000.00
const ASK = 6_000_010;
const HALT = { kind: 'trading_state', state: 'halted', reason: 'r', by: 'anna' } as const;

const manual = (parts: Parameters<typeof intentOf>[0] = {}) =>
  intentOf({
    instrument: BTC,
    strategy: 'manual',
    origin: { kind: 'api', key: 'test' },
    price: asPrice(BID - 1000),
    ...parts,
  });

function openDesk(checkpoint: Checkpoint | null = null): EngineDesk {
  const desk = createEngineDesk({ checkpoint });
  desk.load(BID, ASK, 0);
  desk.tick(10);
  return desk;
}

/** What the journal of `desk` says of it, told to `start`. */
function recovered(desk: EngineDesk, start: Checkpoint): Checkpoint {
  const fold = createFold(start);
  for (const body of desk.out.records) fold.apply(JSON.parse(JSON.stringify(body)));
  return fold.checkpoint();
}

/** Holds 1 BTC bought by hand. */
function holdingDesk(): EngineDesk {
  const desk = openDesk();
  const intent = manual({ qty: asQty(1000), price: asPrice(ASK), timeInForce: 'IOC' });
  desk.command({ kind: 'submit', intent }, 1);
  desk.report(fillReport(desk.out.placed[0]?.id ?? '', ASK, 1000, 'f1', 15));
  return desk;
}

test('restart: orders of an earlier engine in a halted scope are taken back', () => {
  const first = openDesk();
  first.command({ kind: 'submit', intent: manual() }, 1);
  const before = first.engine.checkpoint(7);
  first.command({ ...HALT, scope: 'strategy:manual' }, 2);
  const halted = recovered(first, before);
  assert.equal(halted.openOrders.length, 1, 'the cancel was not answered before the crash');
  const next = createEngineDesk({ checkpoint: halted });
  assert.deepEqual(
    next.out.cancelled.map(({ id }) => id),
    [halted.openOrders[0]?.id],
  );
});

test('restart: an order approved in the last record counts as open, filled and quoted', () => {
  const first = openDesk();
  const before = first.engine.checkpoint(7);
  first.command({ kind: 'submit', intent: manual({ qty: asQty(20) }) }, 1);
  const torn = first.out.records.findIndex(({ kind }) => kind === 'order');
  first.out.records.splice(torn);
  const kept = recovered(first, before);
  assert.equal(kept.openOrders[0]?.state, 'unknown');
  const next = createEngineDesk({ checkpoint: kept });
  next.load(BID, ASK, 0);
  next.tick(10);
  assert.equal(next.rooms.orders.open()[0]?.id, first.out.placed[0]?.id);
  assert.equal(next.rooms.exposure.openOrders(), 1);
  assert.ok(next.rooms.exposure.gross() > 0);
  const sell = manual({ side: 'sell', price: asPrice(BID - 1000), timeInForce: 'IOC' });
  next.command({ kind: 'submit', intent: sell }, 1);
  const answer = next.out.answers.at(-1)?.answer;
  assert.ok(answer?.kind === 'rejected');
  assert.ok(answer.breaches.some(({ limit }) => limit === 'self_trade'));
});

test('restart: a position without an owner is a person’s, and a kill can close it', () => {
  const { books: _, ...old } = holdingDesk().engine.checkpoint(7);
  const next = openDesk(old);
  assert.deepEqual(next.rooms.exposure.books(), [
    { account: 'main', strategy: 'manual', instrument: BTC.key, qty: '1' },
  ]);
  const options = { flatten: true, drill: false, reason: 'test', by: 'anna' };
  next.command({ kind: 'kill', options }, 9);
  next.tick(20);
  next.report({ kind: 'open_orders', venue: BTC.venue, orderIds: [], timeUs: at(30) });
  next.tick(40);
  assert.deepEqual(
    next.out.placed.map(({ intent }) => [intent.side, intent.qty]),
    [['sell', 1000]],
  );
});

test('restart: a halt at the drawdown stays, and closes what is held', () => {
  const first = holdingDesk();
  const checkpoint = first.engine.checkpoint(7);
  const peak = 10_000_000;
  const drawdowns = [{ scope: 'system', level: 'halted', peak, day: 0, dayPeak: peak }] as const;
  const next = openDesk({ ...checkpoint, drawdowns });
  assert.equal(next.engine.tradingState(), 'halted');
  assert.deepEqual(
    next.out.placed.map(({ intent }) => [intent.side, intent.qty, intent.origin.kind]),
    [['sell', 1000, 'risk']],
  );
});

test('restart: peaks are in the record of each risk report, so a crash keeps them', () => {
  const first = openDesk();
  const before = first.engine.checkpoint(7);
  const peakBefore = first.rooms.portfolio.equity();
  first.engine.apply({
    kind: 'analysis',
    summary: {
      timeUs: at(10),
      equity: peakBefore,
      valueAtRisk: {},
      expectedShortfall: {},
      worstStress: { scenario: 'none', loss: 0 },
      elapsedMs: 1,
    },
  });
  const kept = recovered(first, { ...before, drawdowns: [] });
  assert.equal(kept.drawdowns?.find(({ scope }) => scope === 'system')?.peak, peakBefore);
});
