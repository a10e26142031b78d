// Owns what the records after a checkpoint change in it: positions, balances, orders, ids.
// Promise: pure; the fold of all records is the state the engine that wrote them was in.
import { assert, assertNever } from '../core/assert.ts';
import type {
  Checkpoint,
  JournalBody,
  LedgerLine,
  OrderRecord,
  PositionRecord,
} from '../core/journal-record.ts';
import { TERMINAL_STATES } from '../core/order.ts';
import { formatDecimal } from '../core/units.ts';

const LEDGER_SCALE = 18;
const AMOUNT = /^(-?)(\d+)(?:\.(\d{1,18}))?$/;

/** A ledger amount as a count of 10^-18. Throws InvariantError on anything but such a decimal. */
export function parseAmount(text: string): bigint {
  const match = AMOUNT.exec(text);
  assert(match !== null, `ledger amount '${text}' is not a decimal of at most 18 places`);
  const [, sign = '', whole = '', fraction = ''] = match;
  const units = BigInt(whole + fraction.padEnd(LEDGER_SCALE, '0'));
  return sign === '-' ? -units : units;
}

export const EMPTY_CHECKPOINT: Checkpoint = {
  epoch: 0,
  nextOrderNumber: 0,
  nextSignalId: 0,
  nextFillNumber: 0,
  peakEquity: 0,
  tradingState: 'active',
  balances: {},
  positions: [],
  openOrders: [],
};

export interface Fold {
  apply(body: JournalBody): void;
  /** The state after everything applied so far. */
  checkpoint(): Checkpoint;
  /**
   * Ids of orders whose end is not in the journal: open ones, and approved ones of which nothing
   * more was written (the venue may have heard of an order before the journal did).
   */
  unresolvedOrders(): string[];
  /** The last record said that the run ended. */
  readonly isStopped: boolean;
}

interface FoldState {
  head: Checkpoint; // the lists and balances in it are out of date; the maps below hold them
  readonly balances: Map<string, bigint>;
  readonly positions: Map<string, PositionRecord>;
  readonly openOrders: Map<string, OrderRecord>;
  readonly approved: Set<string>; // verdicts without an order record yet
  isStopped: boolean;
}

export function createFold(start: Checkpoint = EMPTY_CHECKPOINT): Fold {
  const state: FoldState = {
    head: start,
    balances: new Map(),
    positions: new Map(),
    openOrders: new Map(),
    approved: new Set(),
    isStopped: false,
  };
  load(state, start);
  return {
    apply: (body) => applyBody(state, body),
    checkpoint: () => ({
      ...state.head,
      balances: Object.fromEntries(
        [...state.balances].map(([account, units]) => [
          account,
          formatDecimal(units, LEDGER_SCALE),
        ]),
      ),
      positions: [...state.positions.values()],
      openOrders: [...state.openOrders.values()],
    }),
    unresolvedOrders: () => [...new Set([...state.openOrders.keys(), ...state.approved])],
    get isStopped() {
      return state.isStopped;
    },
  };
}

function load(state: FoldState, checkpoint: Checkpoint): void {
  state.head = checkpoint;
  state.balances.clear();
  state.positions.clear();
  state.openOrders.clear();
  state.approved.clear();
  for (const [account, amount] of Object.entries(checkpoint.balances)) {
    state.balances.set(account, parseAmount(amount));
  }
  for (const position of checkpoint.positions) state.positions.set(position.instrument, position);
  for (const order of checkpoint.openOrders) state.openOrders.set(order.id, order);
}

function post(state: FoldState, lines: readonly LedgerLine[]): void {
  for (const { account, amount } of lines) {
    state.balances.set(account, (state.balances.get(account) ?? 0n) + parseAmount(amount));
  }
}

function keepOrder(state: FoldState, order: OrderRecord): void {
  state.approved.delete(order.id);
  if (TERMINAL_STATES.has(order.state)) state.openOrders.delete(order.id);
  else state.openOrders.set(order.id, order);
}

function applyBody(state: FoldState, body: JournalBody): void {
  state.isStopped = false;
  const { head } = state;
  switch (body.kind) {
    case 'run_started':
    case 'checkpoint':
      load(state, body.checkpoint);
      break;
    case 'ids_reserved':
      state.head = { ...head, epoch: body.epoch, nextOrderNumber: body.to };
      break;
    case 'signal':
      state.head = { ...head, nextSignalId: Math.max(head.nextSignalId, body.id + 1) };
      break;
    case 'verdict':
      if (body.approved) state.approved.add(body.orderId);
      break;
    case 'order':
      keepOrder(state, body.order);
      break;
    case 'fill':
      state.head = { ...head, nextFillNumber: head.nextFillNumber + 1 };
      state.positions.set(body.position.instrument, body.position);
      post(state, body.ledger);
      break;
    case 'deposit':
      post(state, body.ledger);
      break;
    case 'trading_state':
      state.head = { ...head, tradingState: body.state };
      break;
    case 'run_stopped':
      state.isStopped = true;
      break;
    case 'recovered':
    case 'book':
      break;
    default:
      assertNever(body);
  }
}
