// Owns what the fake engine decides on an order, and says it would come to.
// Promise: limits of 100,000 an order, hard, and 80,000, soft; nothing is sent or kept.
import type { Breach, RiskFigures } from '../../../engine/core/decision.ts';
import type { FactOf } from '../../../engine/facts/fact.ts';
import type { GatewayAnswer, OrderRequest } from '../../../engine/facts/gateway-message.ts';
import type { OrderRecord } from '../../../engine/facts/order.ts';
import type { FakeMarket } from './fake-market.ts';

const EXPOSURE = 250_000; // of the book as it stands

export function notTraded(symbol: string): GatewayAnswer {
  const message = `'${symbol}' is not traded here`;
  return { kind: 'invalid', problems: [{ path: 'symbol', message }] };
}

export function previewOrder(
  market: FakeMarket | undefined,
  { symbol, qty }: OrderRequest,
): GatewayAnswer {
  if (market === undefined) return notTraded(symbol);
  const notional = Number(qty) * market.mid;
  const approved = notional <= 100_000;
  const breach = { scope: 'system', asked: notional, allowed: 100_000 } as const;
  return {
    kind: 'preview',
    preview: {
      ...{ approved, by: 'risk', before: figures(0, EXPOSURE) },
      figures: figures(notional, EXPOSURE + notional),
      breaches: approved ? [] : [{ ...breach, limit: 'order_notional' }],
      warnings: notional > 80_000 ? [{ ...breach, limit: 'gross', allowed: 80_000 }] : [],
    },
  };
}

const figures = (notional: number, exposureAfter: number): RiskFigures => ({
  ...{ notional, exposureAfter, varAfter: exposureAfter / 50 },
  ...{ historicalVarAfter: exposureAfter / 40, stressAfter: exposureAfter / 5 },
});

/** The whole verdict on an order that a client has asked for. */
export function verdictOn(
  order: OrderRecord,
  { client, metadata }: OrderRequest,
  notional: number,
): FactOf<'verdict'> {
  const { id: orderId, account, strategy, parentId, instrument, side, type, qty, price } = order;
  const { timeInForce, postOnly, reduceOnly, origin } = order;
  const approved = notional <= 100_000;
  const breach: Breach = {
    ...({ limit: 'order_notional', scope: 'system' } as const),
    ...{ asked: notional, allowed: approved ? 80_000 : 100_000 },
  };
  return {
    ...{
      kind: 'verdict',
      amends: false,
      orderId,
      account,
      strategy,
      parentId,
      instrument,
      side,
      type,
      qty,
    },
    ...{ price, timeInForce, postOnly, reduceOnly, origin, client, metadata, bookSequence: 1 },
    ...{ approved, by: 'risk', breaches: approved ? [] : [breach] },
    warnings: approved && notional > 80_000 ? [breach] : [],
    ...{ notional, varAfter: notional / 50, historicalVarAfter: notional / 40, stressAfter: 0 },
  };
}
