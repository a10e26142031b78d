// Every byte offset of the shared memory. AssemblyScript and TypeScript both compile this file.
// Promise: a region has exactly one writer; the host allocates it, kernels only take its offset.

// ---- Book block: one per instrument and venue; written by the engine under its seqlock --------
//    0  sequence    u32  odd while being written (seqlock)
//    4  flags       u32  BOOK_READY | BOOK_CROSSED | BOOK_TRUNCATED
//    8  updateId    f64  the venue's id of the last update applied (exact below 2^53)
//   16  eventUs     f64  venue clock of that update, microseconds since the epoch
//   24  receiveUs   f64  our clock when it arrived
//   32  bidCount    u32
//   36  askCount    u32
//   40  ofi         f64  order-flow imbalance at the best quotes, cumulative, quantity steps
//   48  updates     f64  depth updates applied since the snapshot
//   56  levelsMax   u32  capacity of one side, set once by the host
//   64  buyQty      f64  traded by aggressive buyers, cumulative, quantity steps
//   72  sellQty     f64  the same for sellers
//   80  trades      f64  number of trades seen
//   88  lastPrice   f64  of the last trade, price steps (0 = none yet)
//   96  midMoves    f64  number of changes of the mid
//  104  lastMove    f64  direction of the last change: +1, -1 or 0
//  112  lastMoveUs  f64  receive time of the last change
//  120  squaredSum  f64  cumulative squared log return of the mid, over its changes
//  128  bids        levelsMax x { price f64, quantity f64 }, BEST LAST, so that the busy end moves
//       asks        the same                                  few bytes
export const CACHE_LINE: u32 = 64;
export const BOOK_SEQUENCE: u32 = 0;
export const BOOK_FLAGS: u32 = 4;
export const BOOK_UPDATE_ID: u32 = 8;
export const BOOK_EVENT_US: u32 = 16;
export const BOOK_RECEIVE_US: u32 = 24;
export const BOOK_BID_COUNT: u32 = 32;
export const BOOK_ASK_COUNT: u32 = 36;
export const BOOK_OFI: u32 = 40;
export const BOOK_UPDATES: u32 = 48;
export const BOOK_LEVELS_MAX: u32 = 56;
export const BOOK_BUY_QTY: u32 = 64;
export const BOOK_SELL_QTY: u32 = 72;
export const BOOK_TRADES: u32 = 80;
export const BOOK_LAST_PRICE: u32 = 88;
export const BOOK_MID_MOVES: u32 = 96;
export const BOOK_LAST_MOVE: u32 = 104;
export const BOOK_LAST_MOVE_US: u32 = 112;
export const BOOK_SQUARED_SUM: u32 = 120;
export const BOOK_LEVELS: u32 = 128;
export const LEVEL_BYTES: u32 = 16;

export const BOOK_READY: u32 = 1; // in sequence since a snapshot
export const BOOK_CROSSED: u32 = 2; // best bid >= best ask after the last update
export const BOOK_TRUNCATED: u32 = 4; // a side was full and its worst level was dropped
// Since the last load a level was ignored: its price or quantity was not a whole number of steps
// below 2^53, or was negative. The book no longer equals the venue's: load it again.
export const BOOK_BAD_LEVEL: u32 = 8;

// ---- Level batch: what one depth frame carries, filled by the decoder -------------------------
// bids first, then asks: (bidCount + askCount) x { price f64, quantity f64 }, in steps; 0 removes
export const BATCH_LEVELS_MAX: u32 = 16384;

// ---- Order-book features: what bookFeatures writes, one f64 a column --------------------------
// Real units: prices in the quote asset, sizes in base units (inverse: contracts), notionals in the
// quote asset. NaN = no value: a side is empty, or the book is thinner than the notional.
// Definitions: imbalance (B - A) / (B + A) over the best n levels; depth: levels whose distance to
// the mid is at most X bps of it, decided in whole steps; slope: least squares through the origin
// of cumulative size on distance from the mid in bps over the best 20; vwap: price of taking a
// quote notional N at once; slippage: bps of the mid, positive = cost; levels: touched on the way.
export const FEATURE_MID: u32 = 0;
export const FEATURE_MICROPRICE: u32 = 1; // (bid x ask size + ask x bid size) / both sizes
export const FEATURE_SPREAD: u32 = 2;
export const FEATURE_SPREAD_BPS: u32 = 3;
export const FEATURE_IMBALANCE: u32 = 4; // 4 columns: best 1, 5, 10, 20 levels
export const FEATURE_BID_SIZE: u32 = 8; // the same 4
export const FEATURE_ASK_SIZE: u32 = 12; // the same 4
export const FEATURE_DEPTH_BID: u32 = 16; // 4 columns: within 1, 5, 10, 25 bps
export const FEATURE_DEPTH_ASK: u32 = 20; // the same 4
export const FEATURE_DEPTH_BID_NOTIONAL: u32 = 24; // the same 4
export const FEATURE_DEPTH_ASK_NOTIONAL: u32 = 28; // the same 4
export const FEATURE_SLOPE_BID: u32 = 32; // size per bps
export const FEATURE_SLOPE_ASK: u32 = 33;
export const FEATURE_VWAP_BUY: u32 = 34; // 3 columns: notionals 10 000, 250 000, 2 000 000
export const FEATURE_VWAP_SELL: u32 = 37; // the same 3
export const FEATURE_SLIPPAGE_BUY: u32 = 40; // the same 3
export const FEATURE_SLIPPAGE_SELL: u32 = 43; // the same 3
export const FEATURE_LEVELS_BUY: u32 = 46; // the same 3; where vwap is NaN: all there were
export const FEATURE_LEVELS_SELL: u32 = 49; // the same 3
export const FEATURE_COLUMNS: u32 = 52;

// ---- Bar ring: one per instrument and time frame; written by the engine -----------------------
//    0  count  u32  bars ever closed; the newest is slot (count - 1) % BARS_KEPT
//   64  bars   BARS_KEPT x BAR_BYTES
// Bar: openUs, open, high, low, close (price steps), volume, buyVolume (qty steps), trades
export const BARS_KEPT: u32 = 256;
export const BAR_BYTES: u32 = 64;
export const BAR_RING_BYTES: u32 = 64 + 256 * 64;
export const BAR_OPEN_US: u32 = 0;
export const BAR_OPEN: u32 = 8;
export const BAR_HIGH: u32 = 16;
export const BAR_LOW: u32 = 24;
export const BAR_CLOSE: u32 = 32;
export const BAR_VOLUME: u32 = 40;
export const BAR_BUY_VOLUME: u32 = 48;
export const BAR_TRADES: u32 = 56;

// ---- Rings: head and tail a cache line apart --------------------------------------------------
//    0  head i32  next to be written (producer)
//   64  tail i32  next to be read (consumer)
//  128  dropped i32  records refused because the ring was full (producer)
//  192  slots
export const RING_HEAD: u32 = 0;
export const RING_TAIL: u32 = 64;
export const RING_DROPPED: u32 = 128;
export const RING_DATA: u32 = 192;

// ---- Forecast request slot (engine -> signal worker) and forecast slot (back) -----------------
export const REQUEST_BYTES: u32 = 64;
export const REQUEST_INSTRUMENT: u32 = 0; // f64
export const REQUEST_US: u32 = 8; // f64 engine clock of the request
export const REQUEST_SEQUENCE: u32 = 16; // f64 book update id at the request
export const REQUEST_TICK_NS: u32 = 24; // f64 monotonic ns at which the frame came in
export const FORECAST_BYTES: u32 = 64;
export const FORECAST_INSTRUMENT: u32 = 0; // f64
export const FORECAST_REQUEST_US: u32 = 8; // f64 copied from the request
export const FORECAST_SEQUENCE: u32 = 16; // f64 update id of the book that was read
export const FORECAST_TICK_NS: u32 = 24; // f64 copied from the request
export const FORECAST_PROBABILITY: u32 = 32; // f64 calibrated P(mid up over the horizon)
export const FORECAST_HORIZON_US: u32 = 40; // f64
export const FORECAST_MODEL: u32 = 48; // f64 index of the model version in this run
export const FORECAST_STATUS: u32 = 56; // f64 0 valid, else one of FORECAST_* below
export const FORECAST_VALID: u32 = 0;
export const FORECAST_STALE_BOOK: u32 = 1;
export const FORECAST_NOT_FINITE: u32 = 2;
export const FORECAST_NO_MODEL: u32 = 3;

// ---- Risk ---------------------------------------------------------------------------------------
// Money is in the base currency (USD), as doubles: limits compare estimates, ledgers are exact.
// A limit is a pair { hard f64, soft f64 }: beyond hard refuses, beyond soft is told. Infinity =
// none set here (the parent's binds); NaN refuses everything: what was never written is closed.
//
// An order is checked against its instrument's row and against the four nodes on its way up the
// tree: venue, strategy, portfolio (its account), system. Nodes lie in that tree's order:
//   [ system | portfolios … | strategies … | venues … ]
// Sums of system and venues are over the instruments' rows; others over their own cells.
//
// Worst case of a position with open orders: long = position + open buys, short = position - open
// sells; exposure = max(|long|, |short|). An order nobody can account for counts as open, so both
// "it was filled" and "it was not" are inside that envelope.

// Trading state of a node or of an instrument, from the freest to the strictest.
export const RISK_ACTIVE: u32 = 0;
export const RISK_PROBING: u32 = 1; // half-open breaker: few and small orders pass
export const RISK_REDUCING: u32 = 2; // only orders that shrink a position pass
export const RISK_HALTED: u32 = 3; // nothing passes but a liquidation

// ---- Risk: system block; written by the engine --------------------------------------------------
export const RISK_EQUITY: u32 = 0;
export const RISK_EQUITY_US: u32 = 8;
export const RISK_VARIANCE: u32 = 16; // w' S w, daily, base currency squared
export const RISK_MARK_AGE_US_MAX: u32 = 24;
export const RISK_EQUITY_AGE_US_MAX: u32 = 32;
export const RISK_MARGIN_AGE_US_MAX: u32 = 40;
export const RISK_DUPLICATE_US: u32 = 48; // an equal order within this time is a duplicate; 0: off
export const RISK_VAR_Z: u32 = 56; // quantile of the normal, e.g. 1.6448536269514722
export const RISK_CONCENTRATION: u32 = 64; // limit: net worst case of one base asset / equity
export const RISK_VAR: u32 = 80; // limit: normal VaR, 1 day, fraction of equity
export const RISK_HISTORICAL_VAR: u32 = 96; // limit: historical VaR, 1 day, fraction of equity
export const RISK_STRESS: u32 = 112; // limit: worst stress loss, fraction of equity
// Where the tables are (byte offsets) and how long (counts), u32 each.
export const RISK_NODES: u32 = 128;
export const RISK_PORTFOLIOS: u32 = 132; // count
export const RISK_STRATEGIES: u32 = 136; // count
export const RISK_VENUES: u32 = 140; // count
export const RISK_ROWS: u32 = 144;
export const RISK_ROW_COUNT: u32 = 148;
export const RISK_ROW_STRIDE: u32 = 152; // bytes from a row to the next: with its ring and cells
export const RISK_ASSETS: u32 = 156;
export const RISK_ASSET_COUNT: u32 = 160;
export const RISK_COVARIANCE: u32 = 168;
export const RISK_HISTORY: u32 = 172; // scenario block of history
export const RISK_SHOCKS: u32 = 176; // scenario block of stress
export const RISK_FLAGS: u32 = 180;
export const RISK_MARGINS: u32 = 184; // one a portfolio and margin place, portfolio by portfolio
export const RISK_MARGIN_PLACES: u32 = 188; // count
export const RISK_USES_HISTORY: u32 = 1; // check historical VaR and stress on every order
export const RISK_SYSTEM_BYTES: u32 = 192;

// ---- Risk: node of the limit tree ---------------------------------------------------------------
export const NODE_STATE: u32 = 0; // u32 RISK_ACTIVE … RISK_HALTED
export const NODE_OPEN_ORDERS: u32 = 4; // u32
export const NODE_GROSS: u32 = 8; // sum of worst-case exposures
export const NODE_LONG: u32 = 16; // signed sum of the long ends
export const NODE_SHORT: u32 = 24; // signed sum of the short ends
export const NODE_TOKENS: u32 = 32; // bucket of orders, and of amends that are asked about
export const NODE_TOKENS_US: u32 = 40;
export const NODE_RATE_PER_SECOND: u32 = 48; // refill of the bucket
export const NODE_MESSAGES: u32 = 56; // orders and cancels sent today (UTC)
export const NODE_TRADES: u32 = 64; // fills today
export const NODE_PROBES: u32 = 72; // orders a half-open breaker still lets out
export const NODE_PROBE_NOTIONAL: u32 = 80; // and how large each may be
export const NODE_TRADES_FLOOR: u32 = 88; // order-to-trade counts at least this many trades
export const NODE_LIMITS: u32 = 128; // NODE_CHECKS x { hard f64, soft f64 }
export const NODE_BYTES: u32 = 320;
// What every node on the way is asked; the place of its limit in NODE_LIMITS.
export const NODE_CHECK_STATE: u32 = 0; // no limit: NODE_STATE decides
export const NODE_CHECK_ORDER_NOTIONAL: u32 = 1;
export const NODE_CHECK_GROSS: u32 = 2; // base currency
export const NODE_CHECK_NET: u32 = 3; // max(|long|, |short|), base currency
export const NODE_CHECK_EXPOSURE: u32 = 4; // gross, fraction of equity
export const NODE_CHECK_LEVERAGE: u32 = 5; // gross / equity
export const NODE_CHECK_OPEN_ORDERS: u32 = 6; // with this one
export const NODE_CHECK_RATE: u32 = 7; // hard: burst of the bucket; soft: tokens used
export const NODE_CHECK_ORDER_TO_TRADE: u32 = 8; // messages a trade
export const NODE_CHECKS: u32 = 9;
export const LEVEL_SYSTEM: u32 = 0;
export const LEVEL_PORTFOLIO: u32 = 1;
export const LEVEL_STRATEGY: u32 = 2;
export const LEVEL_VENUE: u32 = 3;
export const LEVELS: u32 = 4;

// ---- Risk: instrument: its row, then the ring of its orders, then its cells ---------------------
// All an order looks at of its instrument lies side by side, in one page or two: what is rare finds
// it in no cache, and each page of its own would cost a walk of the page tables as well.
export const ROW_FLAGS: u32 = 0; // u32 ROW_TRADABLE | ROW_INVERSE
export const ROW_STATE: u32 = 4; // u32 RISK_ACTIVE … RISK_HALTED of this instrument
export const ROW_MARK: u32 = 8; // reference price, real units of the quote asset
export const ROW_MARK_US: u32 = 16;
export const ROW_MULTIPLIER: u32 = 24; // linear: base per unit; inverse: quote value per contract
export const ROW_QUOTE_RATE: u32 = 32; // base currency per unit of the quote asset
export const ROW_POSITION: u32 = 40; // signed, real units
export const ROW_OPEN_BUY: u32 = 48; // open buy quantity, unknown orders included
export const ROW_OPEN_SELL: u32 = 56;
export const ROW_EXPOSURE: u32 = 64; // worst-case notional now held in the sums
export const ROW_LONG: u32 = 72; // signed notional of the long end now held in the sums
export const ROW_SHORT: u32 = 80;
export const ROW_OWN_BID: u32 = 88; // best price of our own resting buys, 0 = none
export const ROW_OWN_ASK: u32 = 96; // of our own resting sells, Infinity = none
export const ROW_MARGIN_RATE: u32 = 104; // initial margin a unit of notional; NaN = not known
export const ROW_VENUE: u32 = 112; // u32 number among the venues
export const ROW_ASSET: u32 = 116; // u32 number of the base asset
export const ROW_PROBES: u32 = 120; // f64, as NODE_PROBES
export const ROW_PROBE_NOTIONAL: u32 = 128;
export const ROW_RECENT: u32 = 136; // u32 orders ever written to the recent ring
export const ROW_MARGIN: u32 = 140; // u32 number of its margin place: venue and settle asset
export const ROW_ORDER_QTY: u32 = 144; // limit: real units
export const ROW_ORDER_NOTIONAL: u32 = 160; // limit
export const ROW_MAX_POSITION: u32 = 176; // limit: |position + open of that side + order|, notional
export const ROW_COLLAR: u32 = 192; // limit: how far a buy is above the mark, a sale below it
export const ROW_PASSIVE_COLLAR: u32 = 208; // limit: how far a buy is below it, a sale above it
export const ROW_RECENT_US: u32 = 224; // f64 the latest time in the recent ring
export const ROW_VARIANCE: u32 = 232; // f64 of the daily return: the covariance's own diagonal
// What the venue asks of every order; Infinity (NOTIONAL_MIN: 0) where it asks nothing.
export const ROW_NOTIONAL_MIN: u32 = 240; // f64 quote asset; inverse: face value
export const ROW_QTY_MAX: u32 = 248; // f64 real units, of a limit order
export const ROW_MARKET_QTY_MAX: u32 = 256; // f64 of a market order: ROW_QTY_MAX + 8
export const ROW_BAND_BELOW: u32 = 264; // f64 how far a price may lie below the mark, fraction
export const ROW_BAND_ABOVE: u32 = 272; // f64 and above it
export const ROW_RING: u32 = 320; // RECENT_KEPT x RECENT_BYTES
export const ROW_CELLS: u32 = 320 + 16 * 32; // a cell a book: all portfolios come first
export const ROW_TRADABLE: u32 = 1;
export const ROW_INVERSE: u32 = 2;
export const ROW_SPOT: u32 = 4;

// ---- Risk: cell, instrument x (portfolio or strategy) -------------------------------------------
export const CELL_POSITION: u32 = 0; // f64 as in the row, of this book alone
export const CELL_OPEN_BUY: u32 = 8;
export const CELL_OPEN_SELL: u32 = 16;
export const CELL_EXPOSURE: u32 = 24;
export const CELL_LONG: u32 = 32;
export const CELL_SHORT: u32 = 40;
export const CELL_BYTES: u32 = 64;

// ---- Risk: margin, portfolio x (venue, settle asset): nothing else's collateral stands for it ---
export const MARGIN_USED: u32 = 0; // f64 sum over its cells there: exposure x initial margin rate
export const MARGIN_BALANCE: u32 = 8; // f64 collateral; NaN = not known
export const MARGIN_US: u32 = 16; // f64 when the venue said so
export const MARGIN_BYTES: u32 = 32;

// ---- Risk: base asset: sums of the rows' long and short ends ----------------------------------
export const ASSET_LONG: u32 = 0;
export const ASSET_SHORT: u32 = 8;
export const ASSET_BYTES: u32 = 16;

// ---- Risk: the last approved orders of an instrument, a ring; the kernel writes it ------------
export const RECENT_KEPT: u32 = 16;
export const RECENT_US: u32 = 0; // f64
export const RECENT_PRICE: u32 = 8; // f64, 0 = market
export const RECENT_QTY: u32 = 16; // f64
export const RECENT_SIDE: u32 = 24; // u32 side + 2 x portfolio
export const RECENT_STRATEGY: u32 = 28; // u32
export const RECENT_BYTES: u32 = 32;

// ---- Scenario block: P&L of the book in each of S scenarios (history, or stress) --------------
//    0  count u32    4  n u32 instruments    8  rank u32 of the quantile, 0-based, 0 = the worst
//   12  columns u32 where they are    16  guide f64: half as many again lie at or below it as the
//   24  stride u32 from a column to the next             quantile needs
//   28  width u32 of a return: 4 or 8 bytes   32  cash u32 columns of assets, behind the others
//   64  pnl S f64 | scratch S f64 | cash S f64: the part of pnl that no instrument carries
// Column: the return of one instrument in each scenario, 1 day, simple. An order reads a column
// that nothing has kept in a cache. History is measured: as f32 it is half the lines, and 6e-8 of a
// return is less than anybody knows of it. A stress is what somebody wrote: f64. P&L is f64.
export const SCENARIOS_COUNT: u32 = 0;
export const SCENARIOS_N: u32 = 4;
export const SCENARIOS_RANK: u32 = 8;
export const SCENARIOS_COLUMNS: u32 = 12;
export const SCENARIOS_GUIDE: u32 = 16;
export const SCENARIOS_STRIDE: u32 = 24;
export const SCENARIOS_WIDTH: u32 = 28;
export const SCENARIOS_CASH: u32 = 32;
export const SCENARIOS_PNL: u32 = 64;
export const SCENARIOS_BYTES_EACH: u32 = 24; // pnl, scratch and cash
export const CASH_ASSETS_MAX: u32 = 16; // quote and settlement assets that are no instrument's base

// ---- Covariance block: n x n EWMA of daily returns; written by the engine ---------------------
//    0  n u32    8  lambda f64   16  observations f64
//   64  weights n f64 (worst-case notional by instrument, signed) | sigmaW n f64 | last marks n f64
//       matrix n*n f64
export const COVARIANCE_N: u32 = 0;
export const COVARIANCE_LAMBDA: u32 = 8;
export const COVARIANCE_OBSERVATIONS: u32 = 16;
export const COVARIANCE_WEIGHTS: u32 = 64;

// ---- Risk order: the question and the answer --------------------------------------------------
export const ORDER_INSTRUMENT: u32 = 0; // u32
export const ORDER_SIDE: u32 = 4; // u32 0 buy, 1 sell
export const ORDER_FLAGS: u32 = 8; // u32 ORDER_REDUCE_ONLY | … | ORDER_MARKET
export const ORDER_PORTFOLIO: u32 = 12; // u32 number among the portfolios
export const ORDER_STRATEGY: u32 = 16; // u32 number among the strategies
export const ORDER_PRICE: u32 = 24; // f64 real units: the worst it may fill at, market orders too
export const ORDER_QTY: u32 = 32; // f64 real units
export const ORDER_VALUE: u32 = 40; // f64 real units: the price its notional is told at
export const ORDER_SPENDS: u32 = 48; // f64 units of the asset it pays with; a contract: 0
export const ORDER_AVAILABLE: u32 = 56; // f64 what is free of that asset, at its venue and account
export const ORDER_NOW_US: u32 = 64; // f64
export const ORDER_HARD: u32 = 72; // out: 2 x u32, bit i set = check i said no
export const ORDER_SOFT: u32 = 80; // out: 2 x u32, bit i set = within hard, beyond soft
// Out, base currency: what the host keeps of an approved order, side by side.
export const ORDER_NOTIONAL: u32 = 88;
export const ORDER_EXPOSURE_AFTER: u32 = 96; // the system's gross
export const ORDER_VAR_AFTER: u32 = 104; // normal VaR
export const ORDER_HISTORICAL_AFTER: u32 = 112; // historical VaR
export const ORDER_STRESS_AFTER: u32 = 120; // worst stress loss
export const ORDER_RESULTS: u32 = 128; // out: CHECKS x { asked f64, hard f64, soft f64 }
export const ORDER_RESULT_BYTES: u32 = 24;
export const ORDER_CLOSABLE: u32 = 1520; // in: f64 real units that its account can close with it
export const ORDER_CARRIED: u32 = 1528; // in: f64 money of that end on other pairs of the coin
export const ORDER_SPARE: u32 = 1536; // where an order that is not let out writes what it takes
export const ORDER_BYTES: u32 = 1536 + 256;
export const ORDER_REDUCE_ONLY: u32 = 1; // must not grow or flip the position
export const ORDER_LIQUIDATION: u32 = 2; // risk's own way out of a position: passes a halt
export const ORDER_PREVIEW: u32 = 4; // nothing is spent: what would be said
export const ORDER_MARKET: u32 = 8; // no price was asked for: ORDER_PRICE is its protection

// The order's own checks, cheapest first; then NODE_CHECKS a level, system to venue. All run.
export const CHECK_INPUT: u32 = 0; // finite, positive, known instrument, portfolio and strategy
export const CHECK_TRADABLE: u32 = 1; // instrument permitted and its book in sequence
export const CHECK_STATE: u32 = 2; // trading state of the instrument (breaker)
export const CHECK_MARK_AGE: u32 = 3;
export const CHECK_EQUITY_AGE: u32 = 4;
export const CHECK_COLLAR: u32 = 5;
export const CHECK_PASSIVE_COLLAR: u32 = 6;
export const CHECK_PRICE_BAND: u32 = 7; // of the venue
export const CHECK_ORDER_QTY: u32 = 8;
export const CHECK_QTY_MAX: u32 = 9; // of the venue
export const CHECK_ORDER_NOTIONAL: u32 = 10; // of the instrument
export const CHECK_NOTIONAL_MIN: u32 = 11; // of the venue: asks for at least that much
export const CHECK_BALANCE: u32 = 12; // of the asset it spends
export const CHECK_POSITION: u32 = 13;
export const CHECK_REDUCE_ONLY: u32 = 14;
export const CHECK_DUPLICATE: u32 = 15;
export const CHECK_SELF_TRADE: u32 = 16;
export const CHECK_CONCENTRATION: u32 = 17;
export const CHECK_MARGIN: u32 = 18;
export const CHECK_VAR: u32 = 19;
export const CHECK_HISTORICAL_VAR: u32 = 20;
export const CHECK_STRESS: u32 = 21;
export const CHECK_NODES: u32 = 21 + 1; // + level x NODE_CHECKS + NODE_CHECK_*
export const CHECKS: u32 = 22 + 4 * 9;

// ---- Histogram: log-linear (HDR) counts of nanoseconds; one writer ----------------------------
//    0  count f64   8  sum f64   16  max f64   24  min f64   64  counts u32
// 128 sub-buckets an octave: relative error below 0.8 %; up to 2^36 ns (68 s).
export const HISTOGRAM_COUNT: u32 = 0;
export const HISTOGRAM_SUM: u32 = 8;
export const HISTOGRAM_MAX: u32 = 16;
export const HISTOGRAM_MIN: u32 = 24;
export const HISTOGRAM_COUNTS: u32 = 64;
export const HISTOGRAM_SUB_BITS: u32 = 7;
export const HISTOGRAM_OCTAVES: u32 = 30;
export const HISTOGRAM_BYTES: u32 = 64 + 30 * 128 * 4;

// ---- Monte Carlo source: one per thread that simulates; filled by the host, moved on by kernels -
//    0  streams  4 x { a, b, c, d of stream s at lane s } u32: one xoshiro128++ a lane
//   64  retries  u32 a, b, c, d of the stream that finishes the ziggurat's rare draws
//  128  edges    257 f64 x of the ziggurat's layers: v / f(r), r, ..., 0
// 2240  heights  257 f64 exp(-x^2 / 2) at each edge
// 4352  words    scratch of one block
export const MONTE_CARLO_BLOCK: u32 = 512; // paths simulated together, within the first-level cache
export const MONTE_CARLO_LAYERS: u32 = 256;
export const MONTE_CARLO_RETRIES: u32 = 64;
export const MONTE_CARLO_EDGES: u32 = 128;
export const MONTE_CARLO_HEIGHTS: u32 = 2240;
export const MONTE_CARLO_WORDS: u32 = 4352;
export const MONTE_CARLO_BYTES: u32 = 6400;
