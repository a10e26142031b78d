// Owns a small model of a venue for the laws of orders: it trades, answers, forgets and repeats.
// Promise: it knows only what reached it; its own book of orders is the truth of a test.
import type { OrderReport, VenueOrder } from '../../../engine/core/event.ts';
import type { Order, OrderChange } from '../../../engine/core/order.ts';
import { asPrice, asQty } from '../../../engine/core/units.ts';
import { at, instruments } from '../../trading-fixture.ts';

export interface TestVenue {
  /** A request arrives; `isHeard`: its answer gets through. */
  take(kind: string, order: Order, change: OrderChange | null, isHeard: boolean): void;
  /** Somebody else places an order. */
  place(id: string, qty: number): void;
  /** An open order trades. */
  trade(which: number, qty: number): void;
  /** One of the waiting messages, in any order; a repeat stays. Null: none. */
  message(which: number, isRepeat: boolean): OrderReport | null;
  /** Every trade again, as an adapter asks for at a start. */
  tellTrades(): void;
  list(venue: string, timeUs: number): VenueOrder[];
  orders(): { readonly id: string; readonly filled: number; readonly isOpen: boolean }[];
}

type State = 'open' | 'filled' | 'cancelled' | 'rejected';

interface Row {
  readonly order: Pick<Order, 'id' | 'account' | 'instrument' | 'side'>;
  qty: number;
  price: number;
  filled: number;
  state: State;
  readonly fills: { readonly id: string; readonly qty: number; readonly price: number }[];
}

export function createVenue(): TestVenue {
  const rows = new Map<string, Row>();
  const waiting: OrderReport[] = [];
  let trades = 0;
  const say = (report: OrderReport, isHeard = true): void => {
    if (isHeard) waiting.push(report);
  };
  return {
    take: (kind, order, change, isHeard) =>
      take(rows, (report) => say(report, isHeard), { kind, order, change }),
    place(id, qty) {
      const stranger = { id, account: 'main', instrument: instruments[0]!, side: 'buy' } as const;
      if (!rows.has(id)) rows.set(id, rowOf(stranger, qty, 10_000, false));
    },
    trade(which, qty) {
      const open = [...rows.values()].filter(({ state }) => state === 'open');
      const row = open[which % Math.max(1, open.length)];
      if (row === undefined) return;
      trades += 1;
      const taken = Math.min(qty, row.qty - row.filled);
      const fill = { id: `t${trades}`, qty: taken, price: row.price };
      row.fills.push(fill);
      row.filled += taken;
      if (row.filled === row.qty) row.state = 'filled';
      say(fillReport(row, fill), which % 5 > 0);
    },
    message(which, isRepeat) {
      const at = which % Math.max(1, waiting.length);
      const [message] = waiting.slice(at, at + 1);
      // What stood once may not stand any more: adapters put such words in order.
      const isOnce = message?.kind === 'amended' || message?.kind === 'refused';
      if (message !== undefined && (!isRepeat || isOnce)) waiting.splice(at, 1);
      return message ?? null;
    },
    tellTrades() {
      for (const row of rows.values()) for (const fill of row.fills) say(fillReport(row, fill));
    },
    list: (venue, timeUs) =>
      [...rows.values()]
        .filter(({ order, state }) => state === 'open' && order.instrument.venue === venue)
        .map((row) => ({ ...told(row), timeUs: at(Math.min(timeUs, 1)) })),
    orders: () =>
      [...rows].map(([id, { filled, state }]) => ({ id, filled, isOpen: state === 'open' })),
  };
}

const rowOf = (order: Row['order'], qty: number, price: number, isRefused: boolean): Row => ({
  order,
  qty,
  price,
  filled: 0,
  state: isRefused ? 'rejected' : 'open',
  fills: [],
});

type Say = (report: OrderReport) => void;

const ended = (id: string, state: 'cancelled' | 'rejected'): OrderReport => ({
  kind: 'ended',
  orderId: id,
  state,
  reason: 'the venue says so',
  timeUs: at(1),
});

interface Asked {
  readonly kind: string;
  readonly order: Order;
  readonly change: OrderChange | null;
}

function take(rows: Map<string, Row>, say: Say, { kind, order, change }: Asked): void {
  const { id } = order;
  const row = rows.get(id);
  if (kind === 'query') answer(row, id, say);
  else if (kind === 'new') {
    const isRefused = order.qty % 7 === 0;
    rows.set(id, rowOf(order, order.qty, order.limitPrice ?? 1, isRefused));
    say(isRefused ? ended(id, 'rejected') : { kind: 'accepted', orderId: id, timeUs: at(1) });
  } else if (row?.state !== 'open') refuse(say, id, kind);
  else if (kind === 'cancel') {
    row.state = 'cancelled';
    say(ended(id, 'cancelled'));
  } else amend(row, change, say);
}

/** Its fills first, then how it stands. */
function answer(row: Row | undefined, id: string, say: Say): void {
  if (row === undefined) return say(ended(id, 'rejected'));
  for (const fill of row.fills) say(fillReport(row, fill));
  if (row.state === 'cancelled' || row.state === 'rejected') say(ended(id, row.state));
  else say(standing(row));
}

function refuse(say: Say, id: string, kind: string): void {
  const request = kind === 'amend' ? 'amend' : 'cancel';
  say({ kind: 'refused', orderId: id, request, reason: 'not open', timeUs: at(1) });
}

function amend(row: Row, change: OrderChange | null, say: Say): void {
  if (change === null || change.qty <= row.filled) return refuse(say, row.order.id, 'amend');
  row.qty = change.qty;
  row.price = change.price ?? row.price;
  say(standing(row));
}

const standing = ({ order, qty, price }: Row): OrderReport => ({
  kind: 'amended',
  orderId: order.id,
  qty: asQty(qty),
  price: asPrice(price),
  timeUs: at(1),
});

const told = ({ order, qty, price, filled }: Row): VenueOrder => ({
  orderId: order.id,
  account: order.account,
  instrument: order.instrument,
  side: order.side,
  type: 'limit',
  qty: asQty(qty),
  filledQty: asQty(filled),
  price: asPrice(price),
  timeUs: at(1),
});

const fillReport = (row: Row, { id, qty, price }: Row['fills'][number]): OrderReport => ({
  kind: 'fill',
  orderId: row.order.id,
  fillId: id,
  price: asPrice(price),
  qty: asQty(qty),
  liquidity: 'taker',
  fee: null,
  order: told(row),
  timeUs: at(1),
});
