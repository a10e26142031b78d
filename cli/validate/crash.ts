// Owns the rehearsal of the emergency: a generated crash, and what the journal says of it.
// Promise: judged by the run's report and its verified journal alone, never by its own words.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fact, JournalRecord } from '../../engine/facts/fact.ts';
import type { Report } from '../trade/report.ts';
import { documentOf, runColin } from './process.ts';
import { atLeast, atMost, isSo, type ValidationRow } from './row.ts';

const RUN = '100s';
const RUN_SECONDS_MAX = 180;
const GROSS_MAX = 1000; // US dollars left at the end: parts of lots, of an account of a million

/** The limits of the run, from the configuration it runs under. */
export interface CrashLimits {
  readonly drawdownHard: number;
  readonly reductionSteps: number;
}

export async function rehearseCrash(limits: CrashLimits): Promise<ValidationRow[]> {
  const state = mkdtempSync(join(tmpdir(), 'colin-validate-'));
  try {
    const market = ['--mode', 'test', '--scenario', 'crash', '--for', RUN];
    const doors = ['--port', '0', '--ws-port', '0'];
    const run = ['run', ...market, ...doors, '--state', state, '--json'];
    const report = documentOf(await runColin(run, RUN_SECONDS_MAX)) as Report;
    const exported = await runColin(['audit', 'export', '--state', state], RUN_SECONDS_MAX);
    const verified = await runColin(['audit', 'verify', '--state', state], RUN_SECONDS_MAX);
    return [
      ...reportRows(report, limits),
      chainRow(readChain(exported.out)),
      isSo(
        'crash: journal',
        'verified',
        verified.code === 0 ? 'verified' : `exit code ${verified.code}`,
        verified.out.trim(),
        verified.code === 0 && report.journal.verified,
      ),
    ];
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

export function reportRows(
  { risk }: Pick<Report, 'risk'>,
  { drawdownHard, reductionSteps }: CrashLimits,
): ValidationRow[] {
  const told = `run --mode test --scenario crash --for ${RUN}`;
  // At the hard limit everything that is left is sold at once: what the market can still take
  // before that is done is bounded by what one step of the schedule would have sold.
  const bound = drawdownHard * (1 + 1 / reductionSteps);
  return [
    atLeast('crash: breaker trips', 1, risk.breakerTrips, '', told),
    atLeast('crash: orders of the reduction', 1, risk.reductionOrders, '', told),
    isSo('crash: trading', 'halted', risk.tradingState, told, risk.tradingState === 'halted'),
    atMost(
      'crash: largest drawdown',
      bound,
      risk.drawdownMax,
      'of the peak',
      `hard limit ${drawdownHard} and one of ${reductionSteps} reduction steps of it`,
    ),
    atMost('crash: positions at the end', GROSS_MAX, risk.gross, 'USD', 'gross, at the marks'),
  ];
}

// ---- The chain in the journal -------------------------------------------------------------------

type Link = readonly [name: string, fits: (body: Fact) => boolean];

/** In the order in which an emergency unfolds; each one's first record counts. */
const CHAIN: readonly Link[] = [
  ['breaker opened', (body) => body.kind === 'breaker' && body.to === 'open'],
  ['drawdown warning', (body) => isDrawdown(body, 'warning')],
  [
    'order by risk, approved by risk',
    (body) => body.kind === 'verdict' && body.origin.kind === 'risk' && body.approved,
  ],
  ['reduction', (body) => body.kind === 'reduction'], // told once its orders are out
  ['fill of such an order', () => false], // told by its order id, see readChain
  ['hard drawdown', (body) => isDrawdown(body, 'halted')],
  [
    'trading halted',
    (body) => body.kind === 'trading_state' && body.scope === 'system' && body.state === 'halted',
  ],
];
const FILL_LINK = 4;

const isDrawdown = (body: Fact, to: string): boolean =>
  body.kind === 'drawdown' && body.scope === 'system' && body.to === to;

const WANTED = /"kind":"(?:breaker|drawdown|reduction|verdict|fill|trading_state)"/;

/** First sequence number of each link, NaN for what never happened. `text`: one record a line. */
export function readChain(text: string): ReadonlyMap<string, number> {
  const found = new Map(CHAIN.map(([name]) => [name, Number.NaN]));
  const byRisk = new Set<string>(); // order ids
  for (const line of text.split('\n')) {
    if (!WANTED.test(line)) continue;
    const { seq, body } = JSON.parse(line) as JournalRecord;
    if (body.kind === 'verdict' && body.origin.kind === 'risk') byRisk.add(body.orderId);
    const isOfRisk = body.kind === 'fill' && byRisk.has(body.fill.orderId);
    for (const [k, [name, fits]] of CHAIN.entries()) {
      if (!Number.isNaN(found.get(name))) continue;
      if (k === FILL_LINK ? isOfRisk : fits(body)) found.set(name, seq);
    }
  }
  return found;
}

export function chainRow(chain: ReadonlyMap<string, number>): ValidationRow {
  const links = [...chain];
  const isWhole = links.every(([, seq]) => seq > 0);
  const isOrdered = links.every(([, seq], k) => k === 0 || seq > (links[k - 1]?.[1] ?? 0));
  const told = links.map(([name, seq]) => `${name} ${Number.isNaN(seq) ? 'never' : `#${seq}`}`);
  const measured = isWhole ? (isOrdered ? 'whole, in order' : 'out of order') : 'incomplete';
  const promised = 'whole, in order';
  return isSo(
    'crash: chain in the audit',
    promised,
    measured,
    told.join(', '),
    isWhole && isOrdered,
  );
}
