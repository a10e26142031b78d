// Owns the pre-trade check said again, slowly: one readable function a rule, in exact arithmetic.
// Promise: shares no line and no rounding with the kernel; written from the specification alone.
import { CHECK_NODES, NODE_CHECKS } from '../../../wasm/layout.ts';
import type { Desk, DeskOrder } from './desk.ts';
import { not, or, type Truth } from './exact.ts';
import { type Facts, factsOf, isMoneyKnown, isReadable, LEVELS, placeOf } from './facts.ts';
import { type Finding, judgeFlag } from './finding.ts';
import { NODE_RULES } from './slow-node.ts';
import { ORDER_RULES } from './slow-order.ts';

export interface Answer {
  readonly findings: readonly Finding[]; // by CHECK_*
  readonly approved: Truth;
  /** The order or its mark cannot be read: only the verdict is laid down. */
  readonly isOpaque: boolean;
  readonly facts: Facts | null;
}

/** What the kernel has to say to this order at this desk. Changes nothing. */
export function checkSlowly(desk: Desk, order: DeskOrder): Answer {
  if (!isReadable(desk, order)) {
    return { findings: [judgeFlag('yes')], approved: 'no', isOpaque: true, facts: null };
  }
  const facts = factsOf(desk, order);
  const findings = ORDER_RULES.map((rule) => rule(facts));
  for (let level = 0; level < LEVELS.length; level += 1) {
    const place = placeOf(facts, level);
    for (const rule of NODE_RULES) findings.push(rule(facts, place));
  }
  const broken = findings.reduce<Truth>((any, { hard }) => or(any, hard), 'no');
  return { findings, approved: not(broken), isOpaque: !isMoneyKnown(facts), facts };
}

/** One check of that answer. */
export function findingOf(facts: Facts, check: number): Finding {
  const rule = ORDER_RULES[check];
  if (rule !== undefined) return rule(facts);
  const level = Math.floor((check - CHECK_NODES) / NODE_CHECKS);
  const node = NODE_RULES[(check - CHECK_NODES) % NODE_CHECKS];
  if (node === undefined) throw new Error(`there is no check ${check}`);
  return node(facts, placeOf(facts, level));
}
