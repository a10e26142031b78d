// Owns where the tables of an order lie: its row, its nodes and their books, ring and asset.
// Promise: nothing is ever read outside a table, whatever the order names.
import {
  ASSET_BYTES,
  CELL_BYTES,
  LEVEL_PORTFOLIO,
  LEVEL_STRATEGY,
  LEVEL_VENUE,
  MARGIN_BYTES,
  NODE_BYTES,
  ORDER_INSTRUMENT,
  ORDER_PORTFOLIO,
  ORDER_SIDE,
  ORDER_STRATEGY,
  RISK_ASSETS,
  RISK_ASSET_COUNT,
  RISK_MARGINS,
  RISK_MARGIN_PLACES,
  RISK_NODES,
  RISK_PORTFOLIOS,
  RISK_ROWS,
  RISK_ROW_COUNT,
  RISK_ROW_STRIDE,
  RISK_STRATEGIES,
  RISK_VENUES,
  ROW_ASSET,
  ROW_CELLS,
  ROW_MARGIN,
  ROW_POSITION,
  ROW_VENUE,
} from './layout';

/** Whether the side is one and every number in the order and its row names something. */
export function isKnown(system: u32, order: u32): bool {
  const row = rowOf(system, order);
  return (
    load<u32>(order, ORDER_SIDE) <= 1 &&
    load<u32>(order, ORDER_INSTRUMENT) < load<u32>(system, RISK_ROW_COUNT) &&
    load<u32>(order, ORDER_PORTFOLIO) < load<u32>(system, RISK_PORTFOLIOS) &&
    load<u32>(order, ORDER_STRATEGY) < load<u32>(system, RISK_STRATEGIES) &&
    load<u32>(row, ROW_VENUE) < load<u32>(system, RISK_VENUES) &&
    load<u32>(row, ROW_ASSET) < load<u32>(system, RISK_ASSET_COUNT) &&
    load<u32>(row, ROW_MARGIN) < load<u32>(system, RISK_MARGIN_PLACES)
  );
}

// What is not known is answered with the first of its kind, so that nothing is read outside a
// table; its quantity and price are NaN, so that nothing is let out.
function within(number: u32, count: u32): u32 {
  return number < count ? number : 0;
}

export function rowOf(system: u32, order: u32): u32 {
  const row = within(load<u32>(order, ORDER_INSTRUMENT), load<u32>(system, RISK_ROW_COUNT));
  return load<u32>(system, RISK_ROWS) + row * load<u32>(system, RISK_ROW_STRIDE);
}

/** The sums of the row's base asset. */
export function assetOf(system: u32, row: u32): u32 {
  const asset = within(load<u32>(row, ROW_ASSET), load<u32>(system, RISK_ASSET_COUNT));
  return load<u32>(system, RISK_ASSETS) + asset * ASSET_BYTES;
}

/** The margin of the order's portfolio at its row's margin place. */
export function marginOf(system: u32, order: u32, row: u32): u32 {
  const places = load<u32>(system, RISK_MARGIN_PLACES);
  const portfolio = within(load<u32>(order, ORDER_PORTFOLIO), load<u32>(system, RISK_PORTFOLIOS));
  const number = portfolio * places + within(load<u32>(row, ROW_MARGIN), places);
  return load<u32>(system, RISK_MARGINS) + number * MARGIN_BYTES;
}

/** The node of the order at `level`: nodes lie as system, portfolios, strategies, venues. */
export function nodeOf(system: u32, order: u32, row: u32, level: u32): u32 {
  const portfolios = load<u32>(system, RISK_PORTFOLIOS);
  const strategies = load<u32>(system, RISK_STRATEGIES);
  let number: u32 = 0;
  if (level == LEVEL_PORTFOLIO) {
    number = 1 + within(load<u32>(order, ORDER_PORTFOLIO), portfolios);
  } else if (level == LEVEL_STRATEGY) {
    number = 1 + portfolios + within(load<u32>(order, ORDER_STRATEGY), strategies);
  } else if (level == LEVEL_VENUE) {
    const venue = within(load<u32>(row, ROW_VENUE), load<u32>(system, RISK_VENUES));
    number = 1 + portfolios + strategies + venue;
  }
  return load<u32>(system, RISK_NODES) + number * NODE_BYTES;
}

/** The book a node looks at: the row for system and venue, else the cell of its own. */
export function bookOf(system: u32, order: u32, row: u32, level: u32): u32 {
  const portfolios = load<u32>(system, RISK_PORTFOLIOS);
  let book: u32 = 0;
  if (level == LEVEL_PORTFOLIO) {
    book = within(load<u32>(order, ORDER_PORTFOLIO), portfolios);
  } else if (level == LEVEL_STRATEGY) {
    const strategy = load<u32>(order, ORDER_STRATEGY);
    book = portfolios + within(strategy, load<u32>(system, RISK_STRATEGIES));
  } else {
    return row + ROW_POSITION;
  }
  return row + ROW_CELLS + book * CELL_BYTES;
}
