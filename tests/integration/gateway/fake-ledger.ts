// Owns the durable state behind the fake engine: the real slices, its instruments, its opening.
// Promise: every fact it records was folded first, so that a replica can fold it as well.
import { decideFill } from '../../../engine/accounts/fill.ts';
import { move } from '../../../engine/accounts/ledger.ts';
import type { LimitTree } from '../../../engine/core/limit.ts';
import { asEpochUs, asPrice, asQty, parseDecimal } from '../../../engine/core/units.ts';
import type { Fact, FactOf } from '../../../engine/facts/fact.ts';
import type { OrderRecord } from '../../../engine/facts/order.ts';
import { JOURNAL_FORMAT } from '../../../engine/facts/run.ts';
import { toOrderRecord } from '../../../engine/orders/order-record.ts';
import { createState, type State } from '../../../engine/state.ts';
import { CASH, type FakeMarket } from './fake-market.ts';

export const QTY_SCALE = 8;
const AMOUNT = 10n ** 18n;

/** Of the fake engine; a gateway in front of it is given the same. */
export const CAPACITY = { orders: 1024, clientKeys: 4096 };

export const openState = (): State => createState({ capacity: CAPACITY });

/** What an engine records first, its round of checkpoints apart. */
export function openingFacts(
  markets: readonly FakeMarket[],
  seed: string,
  tree: LimitTree,
): readonly Fact[] {
  const start: Fact = {
    kind: 'run_started',
    format: JOURNAL_FORMAT,
    mode: 'test',
    version: '0.1.0',
    configHash: 'c0ffee',
    seed,
    instruments: markets.map(({ key }) => key),
    model: 'logistic-3',
    epoch: 1,
  };
  const deposits = Object.entries(CASH).map(([venue, amount]) => depositOf(venue, amount));
  const runs: Fact = {
    ...{ kind: 'strategy', name: 'signal-follower', state: 'running', module: 'signal-follower' },
    ...{ moduleHash: '', reason: 'starts with the engine', by: 'configuration' },
  };
  const configured: Fact = { kind: 'limits_configured', tree };
  return [start, ...markets.map(instrumentOf), ...deposits, configured, runs];
}

const depositOf = (venue: string, amount: number): Fact => ({
  ...{ kind: 'money', id: `opening/${venue}`, movement: 'deposit', instrument: null },
  postings: move(
    { account: 'main', venue, asset: 'USDT' },
    ...(['capital', 'balance'] as const),
    BigInt(amount) * AMOUNT,
  ),
  ...{ by: 'configuration', reason: 'opening', value: amount },
});

function instrumentOf({ key, symbol, venue, decimals }: FakeMarket): Fact {
  const isSpot = venue.endsWith('spot');
  const [base, quote] = [symbol.slice(0, -4), symbol.slice(-4)];
  const tick = (10 ** -decimals).toFixed(decimals);
  const lot = (10 ** -QTY_SCALE).toFixed(QTY_SCALE);
  return {
    kind: 'instrument',
    change: 'added',
    instrument: {
      ...{ key, symbol, venue, kind: isSpot ? 'spot' : 'linear', base, quote, settle: quote },
      ...{ priceScale: decimals, qtyScale: QTY_SCALE, tick, lot, multiplier: 1 },
      ...{ makerFee: 0.0002, takerFee: 0.0005 },
      rules: {
        ...{ minNotional: 0, minQty: lot, maxQty: null, maxMarketQty: null, marketLot: lot },
        ...{ priceBand: null, feeIn: isSpot ? 'quote' : 'settle', maintenanceMargin: 0 },
      },
    },
    by: 'configuration',
  };
}

/** The whole of an order at its price, by the engine's own rules; the dollar is the only asset. */
export function fillOf(
  { accounts, orders }: State,
  { id, qty, price }: OrderRecord,
  fillId: string,
  timeUs: number,
): FactOf<'fill'> {
  const order = orders.get(id);
  if (order === null || price === null) throw new Error(`order ${id} cannot be filled`);
  const steps = (text: string, scale: number): number => Number(parseDecimal(text, scale));
  const report = {
    ...({ kind: 'fill', orderId: id, fillId, liquidity: 'maker', fee: null } as const),
    price: asPrice(steps(price, order.instrument.priceScale)),
    qty: asQty(steps(qty, QTY_SCALE)),
    timeUs: asEpochUs(timeUs),
  };
  return decideFill(accounts, order, report, { rateOf: () => 1 });
}

/** What became of an order, as a fact. */
export function orderFact({ orders }: State, id: string): FactOf<'order'> {
  const order = orders.get(id);
  if (order === null) throw new Error(`there is no order ${id}`);
  return { kind: 'order', order: toOrderRecord(order) };
}
