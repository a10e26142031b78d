// Owns the proof of the fold: what each record after a checkpoint changes in it.
// Promise: a checkpoint, and the records that led to it, say the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvariantError } from '../../../engine/core/assert.ts';
import type { Fact, FillRecord, PositionRecord } from '../../../engine/facts/fact.ts';
import {
  createFold,
  EMPTY_CHECKPOINT,
  parseAmount,
} from '../../../engine/storage/recovery-fold.ts';
import { checkpoint, order } from '../../integration/storage/journal-fixture.ts';

const fold = (...bodies: Fact[]) => {
  const made = createFold(checkpoint(1));
  for (const body of bodies) made.apply(body);
  return made;
};

const position: PositionRecord = {
  instrument: 'BTCUSDT.binance-usdm',
  qty: '0.5',
  cost: '30900.1',
  entryPrice: '61800.2',
  realised: '0',
  fees: '12.36004',
};
const fill = (id: string): FillRecord => ({
  id,
  orderId: order(4, 'open').id,
  account: 'main',
  strategy: 'manual',
  instrument: position.instrument,
  side: 'buy',
  price: '61800.2',
  qty: '0.5',
  fee: '12.36004',
  feeAsset: 'USDT',
  realised: '0',
  liquidity: 'taker',
});

test('fold: ledger lines add up exactly to the last of 18 places', () => {
  const line = (account: string, amount: string) => ({ account, amount });
  const ledger = [line('cash:USDT', '-0.000000000000000001'), line('fees:USDT', '12.5')];
  const body = { kind: 'fill', fill: fill('1'), ledger, position } as const;
  const folded = fold(body, { ...body, fill: fill('2') }).checkpoint();
  assert.deepEqual(folded.balances, {
    'cash:USDT': '999999.999999999999999998',
    'equity:USDT': '-1000000',
    'fees:USDT': '25',
  });
  assert.deepEqual(folded.positions, [position]);
  assert.equal(folded.nextFillNumber, 3);
});

test('fold: a deposit creates its accounts', () => {
  const ledger = [
    { account: 'cash:BTC', amount: '1.5' },
    { account: 'equity:BTC', amount: '-1.5' },
  ];
  assert.equal(fold({ kind: 'deposit', ledger }).checkpoint().balances['cash:BTC'], '1.5');
});

test('fold: an order stays open until its end is recorded', () => {
  const open = fold(
    { kind: 'order', order: order(4, 'open') },
    { kind: 'order', order: order(5, 'sent') },
  );
  assert.deepEqual(open.unresolvedOrders(), [order(4, 'open').id, order(5, 'sent').id]);
  open.apply({ kind: 'order', order: order(4, 'filled') });
  open.apply({ kind: 'order', order: order(5, 'unknown') });
  assert.deepEqual(open.unresolvedOrders(), [order(5, 'unknown').id]);
  assert.deepEqual(open.checkpoint().openOrders, [order(5, 'unknown')]);
});

test('fold: an approved order of which nothing more is known is unresolved', () => {
  const verdict = {
    kind: 'verdict',
    orderId: 'c0001x00000009',
    account: 'main',
    strategy: 'manual',
    instrument: position.instrument,
    side: 'buy',
    qty: '1',
    price: null,
    origin: { kind: 'api', key: 'desk' },
    bookSequence: 5,
    approved: true,
    by: 'risk',
    breaches: [],
    warnings: [],
    notional: 1,
    varAfter: 1,
    historicalVarAfter: 0,
    stressAfter: 0,
  } as const;
  assert.deepEqual(fold(verdict).unresolvedOrders(), ['c0001x00000009']);
  assert.deepEqual(fold({ ...verdict, approved: false }).unresolvedOrders(), []);
});

test('fold: reserved order numbers count as used, and signals and states move on', () => {
  const folded = fold(
    { kind: 'ids_reserved', epoch: 3, from: 1024, to: 2048 },
    {
      kind: 'signal',
      id: 41,
      instrument: 'A',
      direction: 'up',
      probability: 0.6,
      confidence: 0.2,
      strength: 0.1,
      horizonUs: 1e6,
      model: 'm',
      bookSequence: 1,
      mid: 1,
      action: 'hold',
    },
    { kind: 'trading_state', scope: 'system', state: 'halted', reason: 'drawdown', by: 'risk' },
  ).checkpoint();
  assert.equal(folded.epoch, 3);
  assert.equal(folded.nextOrderNumber, 2048);
  assert.equal(folded.nextSignalId, 42);
  assert.equal(folded.tradingState, 'halted');
});

test('fold: a checkpoint replaces everything before it', () => {
  const folded = fold(
    { kind: 'order', order: order(4, 'open') },
    { kind: 'checkpoint', checkpoint: EMPTY_CHECKPOINT },
  );
  assert.deepEqual(folded.checkpoint(), EMPTY_CHECKPOINT);
  assert.deepEqual(folded.unresolvedOrders(), []);
});

test('fold: only a run_stopped with nothing after it is a good end', () => {
  const stop = { kind: 'run_stopped', reason: 'asked', stateHash: 'ab' } as const;
  const book = { kind: 'book', instrument: 'A', state: 'stale', reason: 'gap' } as const;
  assert.equal(fold(book, stop).isStopped, true);
  assert.equal(fold(stop, book).isStopped, false);
});

test('fold: an amount that is no decimal is refused', () => {
  assert.equal(parseAmount('-12.5'), -12_500_000_000_000_000_000n);
  for (const text of ['', '1e5', '1.', '.5', 'NaN', '0.0000000000000000001', '--1', '1,5']) {
    assert.throws(() => parseAmount(text), InvariantError, text);
  }
});
