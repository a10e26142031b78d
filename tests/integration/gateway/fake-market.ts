// Owns the market behind the fake engine: seeded walks of a few symbols and the positions in them.
// Promise: the same seed gives the same walk; views are of the engine's own vocabulary.
import { formatAmount } from '../../../engine/accounts/amount.ts';
import type { TradingState } from '../../../engine/core/event.ts';
import type { Random } from '../../../engine/core/ports.ts';
import type {
  MarketView,
  PortfolioView,
  PositionView,
} from '../../../engine/facts/gateway-message.ts';
import type { HoldingRecord } from '../../../engine/facts/money.ts';
import type { Stage } from '../../../engine/memory/telemetry.ts';
import type { State } from '../../../engine/state.ts';

/** Typical times of the stages, ns: what the notes of this project measured. */
export const TYPICAL_NS: Partial<Readonly<Record<Stage, number>>> = {
  decode: 1_100,
  book: 900,
  feature: 6_500,
  inference: 21_000,
  forecast: 88_000,
  signal: 700,
  compliance: 400,
  riskCheck: 650,
  send: 2_300,
  tickToOrder: 96_000,
  journal: 1_900_000,
  apply: 3_200,
};

export interface FakeMarket {
  readonly symbol: string;
  readonly venue: string;
  readonly key: string;
  readonly decimals: number;
  mid: number;
  imbalance: number;
  qty: number;
  entry: number;
  realised: number;
}

export interface FakeBook {
  readonly markets: readonly FakeMarket[];
  cash: number;
  peak: number;
}

/** What the account holds at first, by venue, USDT. */
export const CASH = { 'binance-spot': 400_000, 'binance-usdm': 600_000 } as const;

const START = CASH['binance-spot'] + CASH['binance-usdm'];

const SYMBOLS: readonly (readonly [string, string, number, number])[] = [
  ['BTCUSDT', 'binance-usdm', 61_824.5, 1],
  ['ETHUSDT', 'binance-usdm', 2_684.12, 2],
  ['SOLUSDT', 'binance-usdm', 153.417, 3],
  ['BNBUSDT', 'binance-spot', 512.3, 1],
  ['XRPUSDT', 'binance-usdm', 0.6104, 4],
  ['DOGEUSDT', 'binance-usdm', 0.10361, 5],
  ['AVAXUSDT', 'binance-spot', 22.148, 3],
  ['LINKUSDT', 'binance-usdm', 10.604, 3],
];

export function createFakeBook(): FakeBook {
  const markets = SYMBOLS.map(([symbol, venue, mid, decimals]): FakeMarket => {
    const key = `${symbol}.${venue}`;
    return { symbol, venue, key, decimals, mid, imbalance: 0, qty: 0, entry: mid, realised: 0 };
  });
  return { markets, cash: 1_000_000, peak: 1_000_000 };
}

export function moveMarkets(book: FakeBook, random: Random): void {
  for (const market of book.markets) {
    market.mid *= Math.exp(0.0004 * random.normal());
    const lean = 0.8 * market.imbalance + 0.25 * random.normal();
    market.imbalance = Math.max(-1, Math.min(1, lean));
  }
}

/** Books a fill at the mid with a maker fee of 2 basis points; returns the realised profit. */
export function fillAtMid(
  book: FakeBook,
  market: FakeMarket,
  side: 'buy' | 'sell',
  qty: number,
): number {
  const sign = side === 'buy' ? 1 : -1;
  const before = market.qty;
  const closed = before * sign < 0 ? Math.min(qty, Math.abs(before)) : 0;
  const realised = -sign * closed * (market.mid - market.entry);
  market.realised += realised;
  book.cash += realised - qty * market.mid * 0.0002;
  market.qty = before + sign * qty;
  if (before * sign >= 0) {
    const cost = Math.abs(before) * market.entry + qty * market.mid;
    market.entry = cost / (Math.abs(before) + qty);
  } else if (market.qty * before < 0) {
    market.entry = market.mid;
  }
  if (Math.abs(market.qty * market.mid) < 1) market.qty = 0;
  return realised;
}

export function viewMarket(market: FakeMarket, nowUs: number): MarketView {
  const half = market.mid * (0.00002 + 0.00003 * Math.abs(market.imbalance));
  return {
    instrument: market.key,
    symbol: market.symbol,
    venue: market.venue,
    bid: (market.mid - half).toFixed(market.decimals),
    ask: (market.mid + half).toFixed(market.decimals),
    mid: market.mid,
    spreadBps: (2 * half * 1e4) / market.mid,
    imbalance: market.imbalance,
    ready: true,
    receiveUs: nowUs,
  };
}

function viewPosition(market: FakeMarket): PositionView {
  return {
    instrument: market.key,
    symbol: market.symbol,
    venue: market.venue,
    qty: String(Number(market.qty.toFixed(4))),
    entryPrice: market.entry.toFixed(market.decimals),
    mark: market.mid,
    notional: market.qty * market.mid,
    unrealised: market.qty * (market.mid - market.entry),
    realised: market.realised,
  };
}

/** Balances and holdings are those of the real slice of accounts; worths are of the fake book. */
export function viewPortfolio(
  { accounts }: Pick<State, 'accounts'>,
  book: FakeBook,
  nowUs: number,
  tradingState: TradingState,
): PortfolioView {
  const positions = book.markets.filter((market) => market.qty !== 0).map(viewPosition);
  const sum = (of: (position: PositionView) => number): number =>
    positions.reduce((total, position) => total + of(position), 0);
  const equity = book.cash + sum((position) => position.unrealised);
  book.peak = Math.max(book.peak, equity);
  const gross = sum((position) => Math.abs(position.notional));
  const pnl = (equity - START).toFixed(2);
  const held = book.markets.flatMap(({ key }) => [...accounts.heldOf(key)]);
  const open = held.map(({ record }) => record).filter(({ qty }) => qty !== '0');
  const of = (owner: string | null): HoldingRecord[] =>
    open.filter(({ strategy }) => strategy === owner);
  return {
    timeUs: nowUs,
    baseCurrency: 'USD',
    equity: equity.toFixed(2),
    equityUs: nowUs,
    unpriced: [],
    startEquity: START.toFixed(2),
    pnl,
    accounts: [
      {
        ...{ account: 'main', equity: equity.toFixed(2), positions: of(null) },
        balances: balancesOf(accounts),
      },
    ],
    strategies: [
      { strategy: 'manual', profit: '0.00', holdings: of('manual') },
      { strategy: 'signal-follower', profit: pnl, holdings: of('signal-follower') },
    ],
    cash: { USDT: book.cash.toFixed(2) },
    grossExposure: gross,
    netExposure: sum((position) => position.notional),
    drawdown: 1 - equity / book.peak,
    valueAtRisk: gross * 0.021,
    tradingState,
    openOrders: 3,
    positions,
  };
}

function balancesOf(accounts: State['accounts']): Record<string, Record<string, string>> {
  const venues: Record<string, Record<string, string>> = {};
  for (const { book, venue, asset, amount } of accounts.ledgerRows()) {
    if (book !== 'balance' || amount === 0n) continue;
    venues[venue] = { ...venues[venue], [asset]: formatAmount(amount) };
  }
  return venues;
}
