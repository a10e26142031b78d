// Owns the rule of trading states, the same for an instrument and for every node of the tree.
// Promise: exact; a probe needs a probe left and a notional small enough.
import { and, type Exact, exact, isGreater, not, size, type Truth, truth } from './exact.ts';
import type { Facts } from './facts.ts';
import { type Finding, judgeCount } from './finding.ts';

/** A probing state lets small orders pass while probes are left; a shrinking order needs none. */
export function judgeState(
  { notional }: Facts,
  at: { readonly state: number; readonly probes: number; readonly probeNotional: number },
  shrinking: Truth,
): Finding {
  const isProbe = at.state === 1 ? mayProbe(notional, at.probes, at.probeNotional) : 'no';
  const reduced = judgeCount(at.state, 2);
  const free = { ...judgeCount(at.state, 0), hard: and(truth(at.state > 0), not(isProbe)) };
  if (shrinking === 'yes') return reduced;
  if (shrinking === 'no') return { ...free, isClose: free.hard === 'no' };
  return { ...free, hard: reduced.hard === free.hard ? free.hard : 'either', isClose: false };
}

function mayProbe(notional: Exact, probes: number, most: number): Truth {
  if (!(probes >= 1) || Number.isNaN(most)) return 'no';
  return not(isGreater(notional, exact(most), size(notional, exact(most))));
}
