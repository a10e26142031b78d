// Owns the desk of the tests of pre-trade: intents through compliance, verdicts as short texts.
// Promise: limits are wide unless a test narrows them; see tests/risk-fixture.ts.
import assert from 'node:assert/strict';
import { createCompliance } from '../../../engine/compliance/pre-trade.ts';
import type { Breach, CompliantIntent, RiskDecision } from '../../../engine/core/decision.ts';
import type { OrderIntent, Side } from '../../../engine/core/order.ts';
import { asQty } from '../../../engine/core/units.ts';
import { openRisk, type RiskDesk, type riskOf, wideRisk } from '../../risk-fixture.ts';
import { at, intentOf } from '../../trading-fixture.ts';

export function compliant(parts: Partial<OrderIntent>): CompliantIntent {
  const sides: readonly Side[] = ['buy', 'sell', 'hold' as Side]; // a wrong word passes
  const permissions = [{ account: '*', strategy: '*', instruments: ['*'], sides }];
  const gate = createCompliance({ restricted: [], permissions }).check(intentOf(parts), at(1));
  assert.ok(gate.kind === 'compliant', JSON.stringify(gate));
  return gate.order;
}

export interface Desk extends RiskDesk {
  verdict(parts: Partial<OrderIntent>, nowUs?: number): RiskDecision;
  /** 'limit of scope' of every breach, none when approved. */
  codes(parts: Partial<OrderIntent>, nowUs?: number): string[];
  /** Breaches with nine digits: doubles, and far finer than any lot. */
  ask(parts: Partial<OrderIntent>): readonly Breach[];
}

export function open(risk: Parameters<typeof riskOf>[0] = {}): Desk {
  const desk = openRisk(wideRisk(risk));
  const verdict = (parts: Partial<OrderIntent>, nowUs = 1e6): RiskDecision =>
    desk.preTrade.check(compliant(parts), at(nowUs));
  const breaches = (parts: Partial<OrderIntent>, nowUs?: number): readonly Breach[] => {
    const said = verdict(parts, nowUs);
    return said.kind === 'approved' ? [] : said.breaches;
  };
  return {
    ...desk,
    verdict,
    codes: (parts, nowUs) =>
      breaches(parts, nowUs).map(({ limit, scope }) => `${limit} of ${scope}`),
    ask: (parts) =>
      breaches(parts).map(({ asked, ...one }) => ({
        ...one,
        asked: asked === null ? null : Number(asked.toPrecision(9)),
      })),
  };
}

export const buy = (qty: number): Partial<OrderIntent> => ({ qty: asQty(qty) });
export const sell = (qty: number): Partial<OrderIntent> => ({ qty: asQty(qty), side: 'sell' });
export const LINEAR = 'instrument:BTCUSDT.test';
