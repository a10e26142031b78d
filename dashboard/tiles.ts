// Owns the row of key figures and the strip of markets.
// Promise: every figure has its unit and its context; a figure not known yet is a dash.
import {
  formatCompact,
  formatDecimalText,
  formatNumber,
  formatPercent,
  formatPrice,
  formatSigned,
  formatSpan,
  formatUs,
} from './format.ts';
import { byId, make, setData, setText, setVariable } from './page.ts';
import type { DashboardState } from './state.ts';
import type { MarketWire, PortfolioWire } from './wire.ts';

export interface Figure {
  readonly value: string;
  readonly note: string;
  readonly tone?: 'up' | 'down' | 'warn';
}

const LAG_ALARM = 0.5; // seconds
const MARK_ALARM = 10; // seconds
const CENTS_MAX = 1e7;

export const NONE: Figure = { value: '–', note: '' };

export type Tiles = Readonly<Record<string, (state: DashboardState) => Figure>>;

export const OVERVIEW_TILES: Tiles = {
  Equity({ portfolio }) {
    if (portfolio === null) return NONE;
    const { equity, unpriced, base_currency, start_equity } = portfolio;
    if (equity === 'unknown') {
      return { value: equity, note: `no price for ${unpriced.join(', ')}`, tone: 'warn' };
    }
    // A tile has room for 12 characters: cents up to ten millions.
    const isLong = Number(equity) >= CENTS_MAX;
    const value = isLong ? formatNumber(Number(equity), 0) : formatDecimalText(equity);
    const ageS = markAgeS(portfolio);
    if (ageS >= MARK_ALARM) {
      return { value, note: `oldest mark ${formatSpan(ageS)} ago`, tone: 'warn' };
    }
    return { value, note: `${base_currency} · start ${startOf(start_equity)}` };
  },
  'P&L'({ portfolio }) {
    if (portfolio === null) return NONE;
    if (portfolio.pnl === 'unknown') {
      const isCapital = portfolio.start_equity === 'unknown';
      const note = isCapital ? 'a deposit has no price yet' : 'while equity is';
      return { value: portfolio.pnl, note, tone: 'warn' };
    }
    const pnl = Number(portfolio.pnl);
    const share = formatSigned((100 * pnl) / Number(portfolio.start_equity), 3);
    const note = `${share} % since start`;
    return pnl === 0
      ? { value: '0.00', note }
      : { value: formatSigned(pnl, 2), note, tone: pnl > 0 ? 'up' : 'down' };
  },
  Exposure({ portfolio }) {
    if (portfolio === null) return NONE;
    const { exposure_fraction, net_exposure } = portfolio;
    const share = exposure_fraction ?? Number.NaN;
    const note = `of equity · net ${formatCompact(net_exposure)}`;
    return { value: formatPercent(share, 1), note };
  },
  Drawdown({ portfolio }) {
    if (portfolio === null) return NONE;
    const { drawdown } = portfolio;
    const figure = { value: formatPercent(drawdown, 2), note: 'below the peak' };
    return drawdown >= 0.03 ? { ...figure, tone: 'warn' } : figure;
  },
  'VaR 95 % 1 d'({ portfolio }) {
    if (portfolio === null) return NONE;
    const share = portfolio.value_at_risk / Number(portfolio.equity);
    const note = `${formatPercent(share, 2)} of equity`;
    return { value: formatNumber(portfolio.value_at_risk, 0), note };
  },
  'Open orders'({ portfolio, metrics }) {
    if (portfolio === null) return NONE;
    const count = (name: string): string => formatNumber(metrics?.counters[name] ?? 0, 0);
    return {
      value: formatNumber(portfolio.open_orders, 0),
      note: `${count('fills')} fills · ${count('rejected')} rejected`,
    };
  },
  'Frames / s'({ metrics }) {
    if (metrics === null) return NONE;
    const gaps = metrics.counters.gaps ?? 0;
    const lag = metrics.counters.engineLagSeconds ?? 0; // what waits is this engine's doing
    const late = lag >= LAG_ALARM ? ` · ${formatNumber(lag, 1)} s behind` : '';
    const note = `${formatCompact(metrics.counters.frames ?? 0)} in all · ${gaps} gaps${late}`;
    const figure = { value: formatNumber(metrics.rates.frames_per_second, 0), note };
    return late === '' ? figure : { ...figure, tone: 'warn' };
  },
  'Tick to order'({ metrics }) {
    const stage = metrics?.stages.find((found) => found.stage === 'tickToOrder');
    if (stage === undefined) return NONE;
    return { value: formatUs(stage.p50_us), note: `p50 · p99 ${formatUs(stage.p99_us)}` };
  },
};

const startOf = (text: string): string => (text === 'unknown' ? text : formatCompact(Number(text)));

/** How far the oldest mark that equity needs lies behind it, seconds. */
const markAgeS = ({ as_of, equity_as_of }: PortfolioWire): number =>
  (Date.parse(as_of) - Date.parse(equity_as_of)) / 1000;

export function createTiles(host: HTMLElement, wanted: Tiles): (state: DashboardState) => void {
  const tiles = Object.entries(wanted).map(([title, read]) => {
    const tile = make('div', 'tile');
    const value = make('b', 'value', '–');
    const note = make('small', 'note');
    tile.append(make('span', 'title', title), value, note);
    setData(tile, 'tile', title);
    return { tile, value, note, read };
  });
  host.replaceChildren(...tiles.map(({ tile }) => tile));
  return (state) => {
    for (const { value, note, read } of tiles) {
      const figure = read(state);
      setText(value, figure.value);
      setText(note, figure.note);
      setData(value, 'tone', figure.tone ?? 'plain');
    }
  };
}

interface MarketCard {
  readonly card: HTMLElement;
  readonly mid: HTMLElement;
  readonly spread: HTMLElement;
  readonly bar: HTMLElement;
  last: number;
}

const CARDS_MAX = 100; // nobody reads a thousand: REST has them all

export function createMarketStrip(): (markets: readonly MarketWire[]) => void {
  const host = byId('markets');
  const cards = new Map<string, MarketCard>();
  const more = make('small', 'more');
  return (markets) => {
    if (markets.length > CARDS_MAX) {
      setText(more, `${markets.length - CARDS_MAX} more: GET /api/v2/markets`);
      host.append(more);
    }
    for (const market of markets.slice(0, CARDS_MAX)) {
      const key = `${market.symbol}.${market.venue}`;
      let card = cards.get(key);
      if (card === undefined) {
        card = makeCard(market);
        cards.set(key, card);
        host.insertBefore(card.card, more.parentNode === host ? more : null);
      }
      fillCard(card, market);
    }
  };
}

function makeCard(market: MarketWire): MarketCard {
  const card = make('div', 'market');
  const head = make('div', 'head');
  head.append(make('b', '', market.symbol), make('small', '', shortVenue(market.venue)));
  const mid = make('span', 'mid');
  const spread = make('small', 'spread');
  const bar = make('i', 'imbalance');
  card.append(head, mid, spread, bar);
  return { card, mid, spread, bar, last: market.mid };
}

function fillCard(card: MarketCard, market: MarketWire): void {
  setText(card.mid, formatPrice(market.mid));
  setText(card.spread, `${formatNumber(market.spread_bps, 2)} bps`);
  if (market.mid !== card.last) setData(card.mid, 'tone', market.mid > card.last ? 'up' : 'down');
  card.last = market.mid;
  const lean = Math.max(-1, Math.min(1, market.imbalance));
  setVariable(card.bar, '--from', `${(lean < 0 ? 50 + 50 * lean : 50).toFixed(1)}%`);
  setVariable(card.bar, '--size', `${(50 * Math.abs(lean)).toFixed(1)}%`);
  setData(card.bar, 'tone', lean < 0 ? 'down' : 'up');
  const title = `${market.bid} / ${market.ask}, imbalance ${formatSigned(lean, 2)}`;
  if (card.card.title !== title) card.card.title = title;
  setData(card.card, 'ready', String(market.ready));
}

// 'binance-usdm' is told as 'usdm': the strip has no room, and the tables say it whole.
const shortVenue = (venue: string): string => venue.slice(venue.indexOf('-') + 1);
