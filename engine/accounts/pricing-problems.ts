// Owns the refusal of instruments whose assets nobody in the run can price.
// Promise: every one is named with its asset and what would help; nothing is taken for a dollar.
import type { Instrument } from '../core/instrument.ts';
import type { FieldProblem } from '../core/ports.ts';
import { BASE_CURRENCY } from './dollars.ts';
import type { Rates } from './rates.ts';

/** For the start, and before an instrument is added (then with the rates as they will be). */
export function pricingProblems(
  instruments: Iterable<Instrument>,
  rates: Pick<Rates, 'isPriceable'>,
): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const { key, base, quote, settle } of instruments) {
    const unpriced = [...new Set([base, quote, settle])].filter((each) => !rates.isPriceable(each));
    if (unpriced.length === 0) continue;
    const names = unpriced.join(' and ');
    const message =
      `${key}: nothing in this run prices ${names} in ${BASE_CURRENCY}; ` +
      `leave it out, or add a pair of ${unpriced[0]} with a dollar, or one that leads to it`;
    problems.push({ path: 'instruments', message });
  }
  return problems;
}
