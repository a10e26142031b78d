// Owns what a record of the journal means for the tables: its rows, of a closed set of types.
// Promise: pure; the same record gives the same rows, so they can be written again and again.
import { assertNever } from '../core/assert.ts';
import type { Fact, FactOf, JournalRecord } from '../facts/fact.ts';
import type { HoldingRecord, Posting } from '../facts/money.ts';
import type { Row } from './tables.ts';

/** Order a record speaks of, null where it speaks of none. */
export function orderIdOf(body: Fact): string | null {
  if (body.kind === 'order') return body.order.id;
  if (body.kind === 'fill') return body.fill.orderId;
  return body.kind === 'verdict' || body.kind === 'request' ? body.orderId : null;
}

/** Where a record lies in the journal. */
export interface RecordPlace {
  readonly file: number;
  readonly offset: number;
}

interface At {
  readonly seq: number;
  readonly timeUs: number;
}

/** The rows of one record, in the order in which they are written. */
export function rowsOf({ seq, timeUs, body }: JournalRecord, place: RecordPlace): readonly Row[] {
  const { file, offset } = place;
  const at = { seq, timeUs };
  const values = { ...at, kind: body.kind, orderId: orderIdOf(body), file, offset };
  return [{ table: 'records', values }, ...rowsOfBody(at, body)];
}

function rowsOfBody(at: At, body: Fact): readonly Row[] {
  switch (body.kind) {
    case 'instrument':
      return [instrumentRow(at, body)];
    case 'order':
      return [orderRow(at, body)];
    case 'verdict':
      return [verdictRow(at, body)];
    case 'request':
      return [requestRow(at, body)];
    case 'fill':
      return [...fillRows(at, body), ...postingRows(at, body.postings)];
    case 'money':
      return [...moneyRows(at, body), ...postingRows(at, body.postings)];
    case 'capital_valued':
      return [{ table: 'capital', values: { ...at, id: body.id, value: body.value } }];
    case 'signal':
      return [signalRow(at, body)];
    case 'strategy':
      return [strategyRow(at, body)];
    case 'refusals':
      return [refusalsRow(at, body)];
    case 'run_started':
    case 'recovered':
    case 'ids_reserved':
    case 'checkpoint':
    case 'book':
    case 'run_stopped':
    case 'trading_state':
    case 'limits':
    case 'limits_configured':
    case 'breaker':
    case 'drawdown':
    case 'reduction':
    case 'kill':
    case 'peaks':
    case 'risk_report':
    case 'strategy_saved':
      return [];
    default:
      return assertNever(body);
  }
}

function instrumentRow({ seq }: At, body: FactOf<'instrument'>): Row {
  const { change, instrument, by } = body;
  const { key, symbol, venue, kind, base, quote, settle, tick, lot } = instrument;
  const what = { key, state: change, symbol, venue, kind, base, quote, settle, tick, lot };
  return { table: 'instruments', values: { ...what, by, seq } };
}

function orderRow({ seq }: At, { order }: FactOf<'order'>): Row {
  const { id, parentId, account, strategy, instrument, side, type, qty, price } = order;
  const { limitPrice, timeInForce, state, filledQty, averagePrice, reason } = order;
  const { createdUs, updatedUs } = order;
  const asked = { id, parentId, account, strategy, instrument, side, type, qty, price };
  const told = { limitPrice, timeInForce, origin: JSON.stringify(order.origin) };
  const became = { state, filledQty, averagePrice, reason, createdUs, updatedUs };
  return { table: 'orders', values: { ...asked, ...told, ...became, seq } };
}

function verdictRow(at: At, body: FactOf<'verdict'>): Row {
  const { orderId, parentId, account, strategy, instrument, side, type, qty, price } = body;
  const { bookSequence, notional, varAfter, historicalVarAfter, stressAfter } = body;
  const asked = { orderId, parentId, account, strategy, instrument, side, type, qty, price };
  const why = { origin: JSON.stringify(body.origin), clientKey: body.client?.key ?? null };
  const said = {
    amends: body.amends ? 1 : 0,
    approved: body.approved ? 1 : 0,
    decidedBy: body.by,
    breaches: JSON.stringify(body.breaches),
    warnings: JSON.stringify(body.warnings),
  };
  const figures = { notional, varAfter, historicalVarAfter, stressAfter };
  return {
    table: 'verdicts',
    values: { ...at, ...asked, ...why, bookSequence, ...said, ...figures },
  };
}

function requestRow(at: At, { kind: _, change, ...request }: FactOf<'request'>): Row {
  const wanted = { changeQty: change?.qty ?? null, changePrice: change?.price ?? null };
  return { table: 'requests', values: { ...at, ...request, ...wanted } };
}

function fillRows(at: At, { fill, position, holding }: FactOf<'fill'>): Row[] {
  const { id, number, orderId, account, strategy, instrument, side, price, qty } = fill;
  const { fee, feeAsset, realised, liquidity } = fill;
  const what = { id, number, orderId, account, strategy, instrument, side, price, qty };
  const paid = { fee, feeAsset, realised, liquidity };
  return [
    { table: 'fills', values: { ...at, ...what, ...paid } },
    { table: 'positions', values: { account: position.account, ...heldOf(at, position) } },
    {
      table: 'holdings',
      values: { account: holding.account, strategy, ...heldOf(at, holding) },
    },
  ];
}

function heldOf({ seq }: At, record: HoldingRecord) {
  const { instrument, qty, cost, entryPrice, realised, fees, funding } = record;
  return { instrument, qty, cost, entryPrice, realised, fees, funding, seq };
}

function moneyRows(at: At, body: FactOf<'money'>): Row[] {
  const { id, movement, instrument, by, reason, value } = body;
  const movements: Row = {
    table: 'money',
    values: { ...at, id, movement, instrument, by, reason },
  };
  if (value === null) return [movements];
  return [movements, { table: 'capital', values: { ...at, id, value } }];
}

const postingRows = (at: At, postings: readonly Posting[]): Row[] =>
  postings.map(({ account, venue, book, asset, amount }, line) => ({
    table: 'postings',
    values: { ...at, line, account, venue, book, asset, amount },
  }));

function signalRow(at: At, { kind: _, ...signal }: FactOf<'signal'>): Row {
  return { table: 'signals', values: { ...at, ...signal } };
}

function strategyRow(at: At, { kind: _, ...strategy }: FactOf<'strategy'>): Row {
  return { table: 'strategies', values: { ...strategy, ...at } };
}

function refusalsRow(at: At, { kind: _, limits, ...refusals }: FactOf<'refusals'>): Row {
  return { table: 'refusals', values: { ...at, ...refusals, limits: JSON.stringify(limits) } };
}
