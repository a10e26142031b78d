// Owns the saved form of the simulated venue: it may outlive an engine, and be asked by the next.
// Promise: plain JSON; a venue that goes on from it answers every question as the first would.
import { assert } from '../../core/assert.ts';
import type { MoneyReport } from '../../core/event.ts';
import type { Instrument } from '../../core/instrument.ts';
import { asEpochUs } from '../../core/units.ts';
import { openPosition, type PositionText, positionText } from './accounts.ts';
import type { Waiting } from './line.ts';
import type { TakenLevel } from './liquidity.ts';
import { hold } from './matching.ts';
import { moneyOf, moneyText } from './money.ts';
import { isOpen, type PaperOrder } from './order.ts';
import type { Arrival, VenueState } from './state.ts';

const FORMAT = 2;

// JSON has no Infinity and no NaN: null stands for a queue that is not known.
type SavedOrder = Omit<PaperOrder, 'instrument' | 'ahead' | 'shown'> & {
  readonly instrument: string; // key
  readonly ahead: number | null;
  readonly shown: number | null;
};
type SavedArrival =
  | Exclude<Arrival, { readonly kind: 'place' }>
  | { readonly kind: 'place'; readonly order: SavedOrder };
type SavedMovement = Omit<MoneyReport, 'instrument'> & { readonly instrument: string | null };

export interface PaperSaved {
  readonly format: number;
  readonly balances: readonly {
    readonly account: string;
    readonly venue: string;
    readonly asset: string;
    readonly amount: string;
  }[];
  readonly positions: readonly PositionText[];
  readonly orders: readonly SavedOrder[]; // ended ones first, then open ones in order of arrival
  readonly taken: readonly (Omit<TakenLevel, 'index'> & { readonly instrument: string })[];
  readonly lastTrades: readonly (readonly [key: string, tradeId: number])[];
  readonly movements: readonly SavedMovement[];
  readonly waiting: readonly { readonly item: SavedArrival; readonly dueUs: number }[];
  readonly fundingUs: number | null;
  readonly hasForgotten: boolean;
}

export function saveVenue(state: VenueState): PaperSaved {
  const { accounts, orders, liquidity, fundingUs } = state;
  const keys = new Map([...state.instruments.values()].map(({ index, key }) => [index, key]));
  return {
    format: FORMAT,
    balances: accounts.balances().map(({ account, venue, asset, amount }) => ({
      account,
      venue,
      asset,
      amount: moneyText(amount),
    })),
    positions: accounts.positions().map(positionText),
    orders: [...[...orders.all()].filter((order) => !isOpen(order)), ...orders.open()].map(
      saveOrder,
    ),
    taken: liquidity.taken().map(({ index, side, price, qty }) => ({
      instrument: keys.get(index) ?? '',
      side,
      price,
      qty,
    })),
    lastTrades: [...state.lastTrades],
    movements: state.movements.map((one) => ({ ...one, instrument: one.instrument?.key ?? null })),
    waiting: state.arrivals.waiting().map(({ item, dueUs }) => ({
      item: item.kind === 'place' ? { ...item, order: saveOrder(item.order) } : item,
      dueUs,
    })),
    fundingUs: Number.isNaN(fundingUs) ? null : fundingUs,
    hasForgotten: orders.hasForgotten,
  };
}

const saveOrder = (order: PaperOrder): SavedOrder => ({
  ...order,
  instrument: order.instrument.key,
  ahead: Number.isFinite(order.ahead) ? order.ahead : null,
  shown: Number.isFinite(order.shown) ? order.shown : null,
  fills: [...order.fills],
});

type Instruments = ReadonlyMap<string, Instrument>;

function instrumentOf(instruments: Instruments, key: string): Instrument {
  const instrument = instruments.get(key);
  assert(instrument !== undefined, `the saved venue knows ${key}, which is not listed here`);
  return instrument;
}

const loadOrder = (instruments: Instruments, saved: SavedOrder): PaperOrder => ({
  ...saved,
  instrument: instrumentOf(instruments, saved.instrument),
  ahead: saved.ahead ?? Number.POSITIVE_INFINITY,
  shown: saved.shown ?? Number.NaN,
  fills: [...saved.fills],
});

/** Requests that were on their way, for the line they go on in. */
export function waitingArrivals(
  instruments: Instruments,
  { format, waiting }: PaperSaved,
): readonly Waiting<Arrival>[] {
  assert(format === FORMAT, `a saved venue of format ${format}; this is format ${FORMAT}`);
  return waiting.map(({ item, dueUs }) => ({
    item:
      item.kind === 'place' ? { kind: 'place', order: loadOrder(instruments, item.order) } : item,
    dueUs,
  }));
}

/** Fills an empty venue with what was saved; what orders keep back follows from them. */
export function restore(state: VenueState, saved: PaperSaved): void {
  const { accounts, orders, liquidity, instruments } = state;
  for (const { account, venue, asset, amount } of saved.balances) {
    const money = moneyOf(amount);
    assert(money !== null, `saved balance of ${asset}: '${amount}' is no plain decimal`);
    accounts.balance(account, venue, asset).amount = money;
  }
  for (const told of saved.positions) {
    openPosition(accounts, instrumentOf(instruments, told.instrument), told);
  }
  for (const one of saved.orders) {
    const order = loadOrder(instruments, { ...one, held: 0 });
    orders.add(order);
    if (!isOpen(order)) orders.ended(order);
    else {
      hold(state, order, order.remaining);
      orders.rest(order);
    }
  }
  for (const { instrument, ...level } of saved.taken) {
    const listed = instrumentOf(instruments, instrument);
    liquidity.restore(listed, { ...level, index: listed.index });
  }
  for (const one of saved.movements) {
    const { instrument } = one;
    const listed = instrument === null ? null : instrumentOf(instruments, instrument);
    state.movements.push({ ...one, instrument: listed });
  }
  state.fundingUs = saved.fundingUs === null ? Number.NaN : asEpochUs(saved.fundingUs);
}
