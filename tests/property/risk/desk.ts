// Owns the words of the slow model: a desk and an order as plain objects, no bytes anywhere.
// Promise: every number the pre-trade check may look at has a name here; wasm/layout.ts says more.

/** Beyond hard refuses, beyond soft is told; Infinity: none; NaN: refuses everything. */
export interface Limit {
  hard: number;
  soft: number;
}

/** A position with its open orders, in units, and what of it the sums now hold, in money. */
export interface Book {
  position: number;
  openBuy: number;
  openSell: number;
  exposure: number;
  long: number;
  short: number;
}

export interface Recent {
  us: number;
  price: number; // as it was asked: 0 = market
  qty: number;
  side: number;
  portfolio: number;
  strategy: number;
}

export interface Row extends Book {
  isTradable: boolean;
  isInverse: boolean;
  isSpot: boolean;
  state: number;
  mark: number;
  markUs: number;
  multiplier: number;
  quoteRate: number;
  ownBid: number;
  ownAsk: number;
  marginRate: number;
  venue: number;
  margin: number; // its margin place
  asset: number;
  probes: number;
  probeNotional: number;
  orderQty: Limit;
  orderNotional: Limit;
  maxPosition: Limit;
  collar: Limit;
  passiveCollar: Limit;
  notionalMin: number; // quote asset
  qtyMax: number;
  marketQtyMax: number;
  bandBelow: number; // fractions of the mark
  bandAbove: number;
  recentCount: number; // ever written
  recentUs: number; // the latest time ever written
  recent: Recent[]; // slot k of the ring; as many as were ever written, RECENT_KEPT at most
}

export interface Node {
  state: number;
  openOrders: number;
  gross: number;
  long: number;
  short: number;
  tokens: number;
  tokensUs: number;
  ratePerSecond: number;
  messages: number;
  trades: number;
  tradesFloor: number;
  probes: number;
  probeNotional: number;
  limits: Limit[]; // by NODE_CHECK_*
}

/** Of one account at one margin place. */
export interface Margin {
  used: number;
  balance: number;
  us: number;
}

export interface Asset {
  long: number;
  short: number;
}

export interface Scenarios {
  rank: number;
  n: number; // instruments it has columns for
  pnl: number[];
  columns: number[][]; // by instrument
}

export interface Covariance {
  n: number;
  sigmaW: number[];
  matrix: number[][];
}

export interface Desk {
  equity: number;
  equityUs: number;
  variance: number;
  markAgeUsMax: number;
  equityAgeUsMax: number;
  marginAgeUsMax: number;
  duplicateUs: number;
  varZ: number;
  concentration: Limit;
  normalVar: Limit;
  historicalVar: Limit;
  stress: Limit;
  usesHistory: boolean;
  system: Node;
  portfolios: Node[];
  strategies: Node[];
  venues: Node[];
  rows: Row[];
  portfolioCells: Book[][]; // by portfolio, then instrument
  strategyCells: Book[][];
  assets: Asset[];
  margins: Margin[][]; // by portfolio, then place
  covariance: Covariance;
  history: Scenarios;
  shocks: Scenarios;
}

export interface DeskOrder {
  instrument: number;
  portfolio: number;
  strategy: number;
  side: number; // 0 buy, 1 sell
  price: number; // the worst it may fill at
  value: number; // the price its notional is told at
  qty: number;
  spends: number;
  available: number;
  closable: number; // units its account can still close with it there
  carried: number; // money of that side's end on other pairs of the coin
  nowUs: number;
  isMarket: boolean;
  isReduceOnly: boolean;
  isLiquidation: boolean;
  isPreview: boolean;
}
