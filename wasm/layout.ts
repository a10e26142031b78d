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

// ---- Risk: system block; written by the engine ------------------------------------------------
// Money is in the base currency (USD), as doubles: limits compare estimates, ledgers are exact.
export const RISK_STATE: u32 = 0; // u32 RISK_ACTIVE | RISK_REDUCING | RISK_HALTED
export const RISK_OPEN_ORDERS: u32 = 4; // u32
export const RISK_EQUITY: u32 = 8;
export const RISK_EQUITY_US: u32 = 16;
export const RISK_GROSS: u32 = 24; // sum of the instruments' worst-case exposure
export const RISK_NET: u32 = 32; // signed sum of position notionals
export const RISK_VARIANCE: u32 = 40; // w' S w, daily, base currency squared
export const RISK_TOKENS: u32 = 48; // message-rate bucket
export const RISK_TOKENS_US: u32 = 56;
export const RISK_MAX_ORDER_NOTIONAL: u32 = 64;
export const RISK_MAX_EXPOSURE: u32 = 72; // fraction of equity, gross
export const RISK_MAX_LEVERAGE: u32 = 80; // gross / equity
export const RISK_MAX_OPEN_ORDERS: u32 = 88; // f64
export const RISK_RATE_PER_SECOND: u32 = 96;
export const RISK_RATE_BURST: u32 = 104;
export const RISK_MARK_AGE_US_MAX: u32 = 112;
export const RISK_EQUITY_AGE_US_MAX: u32 = 120;
export const RISK_VAR_LIMIT: u32 = 128; // fraction of equity
export const RISK_VAR_Z: u32 = 136; // quantile of the normal, e.g. 1.6448536269514722
export const RISK_SYSTEM_BYTES: u32 = 192;

export const RISK_ACTIVE: u32 = 0;
export const RISK_REDUCING: u32 = 1; // only orders that shrink a position pass
export const RISK_HALTED: u32 = 2;

// ---- Risk: instrument row; written by the engine ----------------------------------------------
export const RISK_ROW_BYTES: u32 = 128;
export const ROW_FLAGS: u32 = 0; // u32 ROW_TRADABLE | ROW_INVERSE
export const ROW_MARK: u32 = 8; // reference price, real units of the quote asset
export const ROW_MARK_US: u32 = 16;
export const ROW_MULTIPLIER: u32 = 24; // linear: base per unit; inverse: quote value per contract
export const ROW_QUOTE_RATE: u32 = 32; // base currency per unit of the quote asset
export const ROW_POSITION: u32 = 40; // signed, real units
export const ROW_OPEN_BUY: u32 = 48; // open buy quantity, unknown orders included
export const ROW_OPEN_SELL: u32 = 56;
export const ROW_MAX_POSITION: u32 = 64; // notional
export const ROW_MAX_ORDER_QTY: u32 = 72; // real units
export const ROW_COLLAR: u32 = 80; // fraction of the mark
export const ROW_EXPOSURE: u32 = 88; // worst-case notional now held in RISK_GROSS
export const ROW_TRADABLE: u32 = 1;
export const ROW_INVERSE: u32 = 2;

// ---- Covariance block: n x n EWMA of daily returns; written by the engine ---------------------
//    0  n u32    8  lambda f64   16  observations f64
//   64  weights n f64 (notional by instrument) | sigmaW n f64 | last marks n f64 | matrix n*n f64
export const COVARIANCE_N: u32 = 0;
export const COVARIANCE_LAMBDA: u32 = 8;
export const COVARIANCE_OBSERVATIONS: u32 = 16;
export const COVARIANCE_WEIGHTS: u32 = 64;

// ---- Risk order: the question and the answer --------------------------------------------------
export const ORDER_INSTRUMENT: u32 = 0; // u32
export const ORDER_SIDE: u32 = 4; // u32 0 buy, 1 sell
export const ORDER_FLAGS: u32 = 8; // u32 ORDER_REDUCE_ONLY
export const ORDER_REDUCE_ONLY: u32 = 1; // must not grow or flip the position
export const ORDER_BREACHES: u32 = 12; // u32 out: bit i set = check i said no
export const ORDER_PRICE: u32 = 16; // real units; 0 = market, priced at the mark
export const ORDER_QTY: u32 = 24; // real units
export const ORDER_NOW_US: u32 = 32;
export const ORDER_NOTIONAL: u32 = 40; // out
export const ORDER_VAR_AFTER: u32 = 48; // out
export const ORDER_EXPOSURE_AFTER: u32 = 56; // out: gross after the order
export const ORDER_RESULTS: u32 = 64; // out: CHECKS x { asked f64, allowed f64 }
export const ORDER_BYTES: u32 = 64 + 16 * 16;

// The checks, cheapest first. Every one runs, so a refused trader sees every reason at once.
export const CHECK_INPUT: u32 = 0; // finite, positive, known instrument
export const CHECK_HALT: u32 = 1; // trading state
export const CHECK_TRADABLE: u32 = 2; // instrument permitted and its book in sequence
export const CHECK_MARK_AGE: u32 = 3;
export const CHECK_EQUITY_AGE: u32 = 4;
export const CHECK_COLLAR: u32 = 5;
export const CHECK_ORDER_QTY: u32 = 6;
export const CHECK_ORDER_NOTIONAL: u32 = 7;
export const CHECK_POSITION: u32 = 8;
export const CHECK_EXPOSURE: u32 = 9;
export const CHECK_LEVERAGE: u32 = 10;
export const CHECK_OPEN_ORDERS: u32 = 11;
export const CHECK_RATE: u32 = 12;
export const CHECK_REDUCE_ONLY: u32 = 13;
export const CHECK_VAR: u32 = 14;
export const CHECKS: u32 = 15;

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
