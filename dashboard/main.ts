// Owns the dashboard's start: connects the channels, draws what changed, tells when data is old.
// Promise: data older than STALE_MS is marked as such on the whole screen.
import { createEquityChart } from './chart.ts';
import { makeChoices, type Offer } from './choices.ts';
import { type Connection, connectChannel, type Frame } from './connection.ts';
import { formatCompact, formatMoneyText, formatNumber, formatSpan } from './format.ts';
import { createHaltControl } from './halt.ts';
import { BALANCE_COLUMNS, balanceKey, balancesInOrder, STRATEGY_COLUMNS } from './money-tables.ts';
import { byId, drawSoon, setData, setText } from './page.ts';
import { followAddress, type Page } from './pages.ts';
import { createRiskPage } from './risk-page.ts';
import { createState, takeFrame } from './state.ts';
import { createStrategyControl } from './strategy-control.ts';
import { createTable } from './table.ts';
import {
  heldFirst,
  isFlat,
  isOpen,
  ORDER_COLUMNS,
  POSITION_COLUMNS,
  SIGNAL_COLUMNS,
  STAGE_COLUMNS,
} from './tables.ts';
import { createMarketStrip, createTiles, OVERVIEW_TILES } from './tiles.ts';
import type { Channel, MetricsWire, OrderWire } from './wire.ts';

const STALE_MS = 5000;

const state = createState();
const drawTiles = createTiles(byId('tiles'), OVERVIEW_TILES);
const drawRisk = createRiskPage(state);
const drawMarkets = createMarketStrip();
const chart = createEquityChart();
const drawHalt = createHaltControl();
const positions = createTable(
  byId('positions'),
  POSITION_COLUMNS,
  (position) => `${position.symbol}.${position.venue}`,
  'No open positions',
);
const strategies = createTable(
  byId('strategies'),
  STRATEGY_COLUMNS,
  (strategy) => strategy.name,
  'No strategies',
);
const balances = createTable(byId('balances'), BALANCE_COLUMNS, balanceKey, 'No balances');
const drawStrategyControl = createStrategyControl();
const signals = createTable(
  byId('signals'),
  SIGNAL_COLUMNS,
  (signal) => String(signal.id),
  'No signals yet',
);
const orders = createTable(byId('orders'), ORDER_COLUMNS, (order) => order.id, 'None of these');
const ORDER_KINDS: readonly Offer<(order: OrderWire) => boolean>[] = [
  { title: 'All', value: () => true },
  { title: 'Sent', value: ({ status }) => status !== 'rejected' },
  { title: 'Open', value: isOpen },
];
let isWantedOrder: (order: OrderWire) => boolean = () => true;
const stages = createTable(
  byId('latency'),
  STAGE_COLUMNS,
  (stage) => stage.stage,
  'Nothing was timed yet',
);

const DRAW: Readonly<Record<Channel, () => void>> = {
  portfolio() {
    drawTiles(state);
    chart.draw(state);
    const held = heldFirst(state.portfolio?.positions ?? []);
    positions.update(held);
    setText(byId('positions-count'), String(held.filter((p) => !isFlat(p)).length));
    drawMoney();
    drawHalt(state.tradingState);
    setText(byId('mode'), state.run?.mode ?? '–');
    drawFoot();
  },
  signals() {
    signals.update(state.signals);
    setText(byId('signals-count'), formatCompact(state.metrics?.counters.signals ?? 0));
  },
  orders() {
    orders.update(state.orders.filter(isWantedOrder));
    setText(byId('orders-count'), formatCompact(state.metrics?.counters.orders ?? 0));
  },
  metrics() {
    drawTiles(state);
    stages.update(state.metrics?.stages ?? []);
    DRAW.signals();
    DRAW.orders();
    drawFoot();
  },
  market: () => drawMarkets(state.markets),
  risk() {
    if (pages.isShown('risk')) drawRisk();
  },
};

const [everyOrder] = ORDER_KINDS;
if (everyOrder !== undefined) {
  makeChoices(byId('orders-kind'), ORDER_KINDS, everyOrder.value, (chosen) => {
    isWantedOrder = chosen;
    DRAW.orders();
  });
}

/** Who earns what, and what lies where; several accounts are told with what each is worth. */
function drawMoney(): void {
  const { portfolio } = state;
  strategies.update(portfolio?.strategies ?? []);
  drawStrategyControl(portfolio?.strategies ?? []);
  const running = (portfolio?.strategies ?? []).filter((one) => one.state === 'running');
  setText(byId('strategies-count'), `${running.length} running`);
  balances.update(balancesInOrder(portfolio?.balances ?? []));
  setText(byId('balances-count'), String(portfolio?.balances.length ?? 0));
  const accounts = portfolio?.accounts ?? [];
  const told = accounts.map(({ account, equity }) => `${account} ${formatMoneyText(equity)}`);
  setText(byId('accounts'), accounts.length < 2 ? '' : told.join('  ·  '));
}

function drawFoot(): void {
  const { run, metrics } = state;
  const parts = [
    run === null ? '' : `Colin ${run.version}`,
    run === null ? '' : `model ${run.model}`,
    run === null ? '' : `${state.markets.length || run.instruments.length} instruments`,
    metrics === null ? '' : `${formatNumber(metrics.rss_mb, 0)} MB`,
    metrics === null ? '' : lossWords(metrics),
  ];
  setText(byId('foot'), parts.filter((part) => part !== '').join('  ·  '));
  if (metrics !== null) setText(byId('uptime'), formatSpan(metrics.uptime_seconds));
}

const lossWords = ({ lost_records, is_healed }: MetricsWire): string =>
  lost_records === 0
    ? ''
    : is_healed
      ? `${lost_records} records were missed; orders and money are whole again`
      : `${lost_records} records missing on this screen`;

const connections: Connection[] = [];

function connect(channel: Channel): void {
  const onFrame = (frame: Frame): void => {
    takeFrame(state, frame);
    drawSoon(DRAW[channel]);
  };
  connections.push(connectChannel(channel, onFrame, () => drawSoon(drawLink)));
}

/** The worst of all lines; a live line that says nothing is stale. */
function drawLink(): void {
  const link = byId('link');
  const show = (name: string, text: string): void => {
    setData(link, 'link', name);
    setText(link, text);
    document.body.classList.toggle('is-stale', name !== 'live');
  };
  const states = new Set(connections.map((connection) => connection.state));
  if (states.has('signed_out')) return show('broken', 'signed out – reload to sign in');
  if (states.has('broken')) return show('broken', 'connection lost – trying again');
  if (states.has('connecting')) return show('connecting', 'connecting');
  const quietMs = performance.now() - Math.min(...connections.map(({ heardMs }) => heardMs));
  const isQuiet = quietMs > STALE_MS && portfolioQuietMs() > STALE_MS;
  if (isQuiet) return show('stale', `no data for ${formatSpan(portfolioQuietMs() / 1000)}`);
  return show('live', 'live');
}

// Signals and orders may rest for long; the portfolio is told several times a second.
const portfolioQuietMs = (): number => performance.now() - (connections[0]?.heardMs ?? 0);

function tickClock(): void {
  setText(byId('clock'), new Date().toISOString().slice(11, 19));
  drawLink();
}

const pages = followAddress((page: Page) => {
  if (page === 'risk') drawSoon(drawRisk);
});

for (const channel of ['portfolio', 'metrics', 'market', 'signals', 'orders', 'risk'] as const) {
  connect(channel);
}
for (const draw of Object.values(DRAW)) draw();
tickClock();
setInterval(tickClock, 1000);
