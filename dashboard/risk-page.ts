// Owns the Risk page: which part shows what of the state.
// Promise: before the engine has told of risk every part says so; nothing is drawn out of sight.
import { makeChoices } from './choices.ts';
import { createDecideControl } from './decide.ts';
import { formatCompact, formatNumber, formatPercent, formatScope, formatTime } from './format.ts';
import { createGauges } from './gauge.ts';
import { createHeatMap } from './heat-map.ts';
import { byId, setText } from './page.ts';
import { HISTORY_COLUMNS } from './risk-history.ts';
import {
  BREAKER_COLUMNS,
  type Horizon,
  KILL_COLUMNS,
  PROPOSAL_COLUMNS,
  STATE_COLUMNS,
  stressColumns,
  toVarLines,
  USE_COLUMNS,
  varColumns,
} from './risk-tables.ts';
import type { BreakerWire, RiskWire } from './risk-wire.ts';
import type { DashboardState } from './state.ts';
import { createTable } from './table.ts';
import { createTiles, type Figure, NONE, type Tiles } from './tiles.ts';

const ofEquity = (amount: number, risk: RiskWire): string =>
  risk.equity === null ? '' : `${formatPercent(amount / Number(risk.equity), 2)} of equity`;

const money = (amount: number, risk: RiskWire, note = ''): Figure => ({
  value: formatNumber(amount, 0),
  note: [ofEquity(amount, risk), note].filter((text) => text !== '').join(' · '),
});

const RISK_TILES: Tiles = {
  'Trading state': ({ risk, tradingState }) =>
    risk === null
      ? NONE
      : {
          value: tradingState ?? '–',
          note: `${risk.states.length} scopes are not active`,
          ...(tradingState === 'active' ? {} : { tone: 'down' }),
        },
  'Normal VaR 95 % 1 d': ({ risk }) => (risk === null ? NONE : money(risk.value_at_risk, risk)),
  'Historical VaR 95 % 1 d': ({ risk }) =>
    risk === null ? NONE : money(risk.historical_value_at_risk, risk),
  'Worst stress': ({ risk }) => (risk === null ? NONE : money(risk.stress_loss, risk)),
  'Fullest limit': ({ risk }) => {
    const fullest = risk?.top_uses[0];
    if (fullest === undefined) return NONE;
    const note = `${fullest.limit.replaceAll('_', ' ')} · ${formatScope(fullest.scope)}`;
    const figure = { value: formatPercent(fullest.utilization, 0), note };
    return fullest.used > fullest.soft ? { ...figure, tone: 'warn' } : figure;
  },
  'Open breakers': ({ risk }) => {
    if (risk === null) return NONE;
    const open = risk.breakers.filter(({ state }) => state !== 'closed').length;
    const trips = risk.breakers.reduce((sum, breaker) => sum + breaker.trips, 0);
    const figure = { value: String(open), note: `${trips} trips since the start` };
    return open > 0 ? { ...figure, tone: 'warn' } : figure;
  },
};

const KINDS = ['all', 'system', 'portfolio', 'strategy', 'venue', 'instrument'] as const;
type Kind = (typeof KINDS)[number];

/** Returns the function that draws the whole page. */
export function createRiskPage(state: DashboardState): () => void {
  const drawParts = [drawRunning(state), drawReport(state), drawRecords(state)];
  return () => {
    for (const draw of drawParts) draw();
  };
}

/** What the engine tells a few times a second. */
function drawRunning(state: DashboardState): () => void {
  const tiles = createTiles(byId('risk-tiles'), RISK_TILES);
  const gauges = createGauges(byId('drawdowns'));
  const uses = createTable(
    byId('headroom'),
    USE_COLUMNS,
    ({ scope, limit }) => `${scope} ${limit}`,
    'Nothing is in use',
  );
  const states = createTable(
    byId('states'),
    STATE_COLUMNS,
    ({ scope }) => scope,
    'Every scope is active',
  );
  const breakers = createTable(byId('breakers'), BREAKER_COLUMNS, keyOf, 'All closed and far away');
  let kind: Kind = 'all';
  const draw = (): void => {
    tiles(state);
    const { risk } = state;
    if (risk === null) return;
    const wanted = risk.top_uses.filter(({ scope }) => kind === 'all' || scope.startsWith(kind));
    uses.update([...wanted].sort((a, b) => b.utilization - a.utilization));
    setText(byId('headroom-count'), String(wanted.length));
    gauges(risk.drawdowns);
    states.update(risk.states);
    setText(byId('states-count'), String(risk.states.length));
    breakers.update([...risk.breakers].sort((a, b) => nearness(b) - nearness(a)));
    const open = risk.breakers.filter((breaker) => breaker.state !== 'closed').length;
    setText(byId('breakers-count'), `${open} open`);
    setText(byId('limits-version'), `limits are version ${risk.limits_version}`);
  };
  const offers = KINDS.map((value) => ({ title: value, value }));
  makeChoices<Kind>(byId('headroom-kind'), offers, kind, (chosen) => {
    kind = chosen;
    draw();
  });
  return draw;
}

const keyOf = ({ scope, breaker }: BreakerWire): string => `${scope} ${breaker}`;

/** Open ones first, then those nearest to their threshold. */
const nearness = ({ state, measured, threshold }: BreakerWire): number =>
  (state === 'open' ? 4 : state === 'half_open' ? 2 : 0) + Math.min(1, measured / threshold);

/** What the analysis reports every few seconds. */
function drawReport(state: DashboardState): () => void {
  let horizon: Horizon = '1d';
  const lines = createTable(
    byId('var'),
    varColumns(() => horizon),
    ({ method }) => method,
    'No risk report yet',
  );
  const stress = createTable(
    byId('stress'),
    stressColumns(() => state.analysis?.stress[0]?.loss ?? 0),
    ({ scenario }) => scenario,
    'No risk report yet',
  );
  const heat = createHeatMap(byId('correlation'), byId('correlation-readout'));
  const draw = (): void => {
    const report = state.analysis;
    if (report === null) return;
    lines.update(toVarLines(report.var));
    stress.update(report.stress);
    heat(report.correlation, report.as_of);
    const { alarm = '', distance = null } = report.correlation ?? {};
    setText(byId('correlation-alarm'), alarm === 'calm' ? '' : alarmWords(alarm, distance));
    const source = byId('var-source');
    setText(source, `USD · ${formatTime(report.as_of).slice(0, 8)} · ${report.source}`);
    source.title = report.source;
  };
  const offers = (['1d', '10d'] as const).map((value) => ({
    title: value === '1d' ? '1 day' : '10 days',
    value,
  }));
  makeChoices<Horizon>(byId('var-horizon'), offers, horizon, (chosen) => {
    horizon = chosen;
    draw();
  });
  return draw;
}

const alarmWords = (alarm: string, distance: number | null): string =>
  alarm !== 'broken' ? '' : `breakdown, changed by ${formatNumber(distance ?? Number.NaN, 2)}`;

/** What the journal said. */
function drawRecords(state: DashboardState): () => void {
  const history = createTable(
    byId('history'),
    HISTORY_COLUMNS,
    ({ sequence }) => String(sequence),
    'Nothing has happened',
  );
  const proposals = createTable(
    byId('proposals'),
    PROPOSAL_COLUMNS,
    ({ proposal }) => String(proposal),
    'No change was proposed',
  );
  const offerDecision = createDecideControl();
  const kills = createTable(
    byId('kills'),
    KILL_COLUMNS,
    ({ started_at }) => started_at,
    'None in this run',
  );
  return () => {
    history.update(state.riskEvents);
    const waiting = state.proposals.filter((proposal) => proposal.state === 'pending');
    const decided = state.proposals.filter((proposal) => proposal.state !== 'pending');
    proposals.update([...waiting, ...decided]);
    offerDecision(waiting);
    setText(byId('proposals-count'), `${formatCompact(waiting.length)} waiting`);
    kills.update(state.kills);
  };
}
