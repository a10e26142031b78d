// Owns what follows from the words of a venue: facts about orders and money, and who hears of them.
// Promise: money that moved is booked once or stops its instrument; nothing is passed over.
import { decideFill, type FillReport, feeProblem } from '../accounts/fill.ts';
import type { OpenOrdersReport, OrderReport } from '../core/event.ts';
import type { Order } from '../core/order.ts';
import type { EpochUs } from '../core/units.ts';
import type { InstrumentHalt } from '../orders/order-room.ts';
import { type Reconciliation, reconcile } from '../orders/reconcile.ts';
import { carryOut, commitOrders } from './errands.ts';
import { hold } from './hold.ts';
import type { OrderPath } from './path.ts';

export function takeReport(path: OrderPath, report: OrderReport, nowUs: EpochUs): void {
  const decision = path.orderRoom.onReport(report, nowUs);
  if (decision.kind === 'anomaly') path.telemetry.add('anomalies', 1);
  commitOrders(path, decision.facts, nowUs);
  const { order } = decision;
  if (decision.isFill && order !== null && report.kind === 'fill') {
    bookFill(path, order, report, nowUs);
  }
  commitOrders(path, decision.afterFill, nowUs);
  halt(path, decision.halt, nowUs);
  const isLost = report.kind === 'fill' && decision.kind === 'anomaly' && decision.halt === null;
  if (isLost) haltAll(path, report.orderId, nowUs);
  carryOut(path, decision.errands, nowUs);
}

/** Money moved, and nobody can say on which instrument: what is held is not known any more. */
function haltAll({ guard }: OrderPath, orderId: string, nowUs: EpochUs): void {
  const reason = `a fill of order ${orderId}, which nobody here knows, cannot be booked`;
  hold(guard, { scopes: [], state: 'halted', reason, by: 'orders' }, nowUs);
}

/**
 * A fee that is no amount, or in an asset nobody here can price, is charged by the instrument's
 * schedule instead, and stops the instrument: what the venue took has to be looked at.
 */
function bookFill(path: OrderPath, order: Order, report: FillReport, nowUs: EpochUs): void {
  const { fee } = report;
  const isPriced = fee === null || path.rates.isPriceable(fee.asset);
  const problem = isPriced ? feeProblem(fee) : `nobody here prices the fee's asset ${fee.asset}`;
  const sound = problem === null ? report : { ...report, fee: null };
  path.commit(decideFill(path.state.accounts, order, sound, path.rates), nowUs);
  path.telemetry.add('fills', 1);
  path.exposure.onTrade(order);
  path.onFill(order, report, nowUs);
  const { instrument } = order;
  const isTraded = path.state.instruments.isTraded(instrument.key);
  const what = isTraded ? problem : `what it left in ${instrument.key} is in no limit`;
  if (what === null) return;
  path.telemetry.add('anomalies', 1);
  halt(path, { instrument, reason: `fill ${report.fillId} of ${order.id}: ${what}` }, nowUs);
}

/** Only what closes goes on there, until a person has looked and resumes it. */
function halt({ guard }: OrderPath, one: InstrumentHalt | null, nowUs: EpochUs): void {
  if (one === null) return;
  const { instrument, reason } = one;
  const scopes = [`instrument:${instrument.key}`, `venue:${instrument.venue}`] as const;
  hold(guard, { scopes, state: 'reducing', reason, by: 'orders' }, nowUs);
}

/** What is open at a venue against what is open here; then its gate may open. */
export function takeOpenOrders(path: OrderPath, list: OpenOrdersReport, nowUs: EpochUs): void {
  const { state, requests, orderRoom: room } = path;
  const mayBeUnrecorded = state.run.mayBeUnrecorded;
  const setup = { orders: state.orders, requests, room, mayBeUnrecorded };
  const found: Reconciliation = reconcile(setup, list, nowUs);
  commitOrders(path, found.facts, nowUs);
  for (const one of found.halts) halt(path, one, nowUs);
  carryOut(path, found.errands, nowUs);
  path.telemetry.add('anomalies', found.refused.length);
  path.gate.onReconciled(list.venue);
}
