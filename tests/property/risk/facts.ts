// Owns what the rules of the slow model look at: an order's money, its books and its place.
// Promise: exact; worked out from the specification, not from the kernel.
import {
  LEVEL_PORTFOLIO,
  LEVEL_STRATEGY,
  LEVEL_SYSTEM,
  LEVEL_VENUE,
} from '../../../wasm/layout.ts';
import type { Book, Desk, DeskOrder, Limit, Node, Row } from './desk.ts';
import {
  abs,
  add,
  and,
  compare,
  type Exact,
  exact,
  isFiniteExact,
  isGreater,
  isNaNExact,
  larger,
  mul,
  neg,
  not,
  or,
  product,
  size,
  sub,
  sum,
  type Truth,
  truth,
  ZERO,
} from './exact.ts';

/** What every rule looks at. */
export interface Facts {
  readonly desk: Desk;
  readonly order: DeskOrder;
  readonly row: Row;
  readonly sign: Exact; // +1 buy, -1 sell
  readonly qty: Exact;
  readonly price: Exact; // the worst it may fill at
  readonly notional: Exact; // at the price it is valued at
  readonly unitMark: Exact; // money of one unit at the mark; NaN where it is not known
  readonly closes: Truth; // no more than its account can close there
  readonly coins: Truth; // it sells coins that are there
  readonly shrinksRow: Truth;
  readonly isLiquidation: Truth;
}

export const isPositive = (x: number): boolean => x > 0 && x < Infinity;
const isNumberBelow = (x: number, count: number): boolean => x < count;
/** Can the order be read at all, and is everything it names known? */
export function isReadable(desk: Desk, order: DeskOrder): boolean {
  const row = desk.rows[order.instrument];
  if (row === undefined) return false;
  const isPriced = isPositive(order.price) && isPositive(order.value);
  return (
    order.qty > 0 &&
    order.qty < 2 ** 53 &&
    isPriced &&
    isPositive(row.multiplier) &&
    isPositive(row.quoteRate) &&
    order.nowUs >= 0 &&
    order.nowUs < Infinity &&
    isNumberBelow(order.portfolio, desk.portfolios.length) &&
    isNumberBelow(order.strategy, desk.strategies.length) &&
    isNumberBelow(row.venue, desk.venues.length) &&
    isNumberBelow(row.margin, desk.margins[order.portfolio]?.length ?? 0) &&
    isNumberBelow(row.asset, desk.assets.length)
  );
}

export function factsOf(desk: Desk, order: DeskOrder): Facts {
  const row = desk.rows[order.instrument]!;
  const qty = exact(order.qty);
  const price = exact(order.price);
  const sign = exact(order.side === 0 ? 1 : -1);
  const closes = isClosing(order, qty);
  const coins = and(truth(row.isSpot), closes);
  return {
    desk,
    order,
    row,
    sign,
    qty,
    price,
    notional: mul(qty, unit(row, exact(order.value))),
    unitMark: isPositive(row.mark) ? unit(row, exact(row.mark)) : Number.NaN,
    closes,
    coins,
    shrinksRow: or(coins, shrinks(row, sign, qty)),
    isLiquidation: and(truth(order.isLiquidation), closes),
  };
}

export const isMoneyKnown = ({ unitMark, notional }: Facts): boolean =>
  isFiniteExact(unitMark) && isFiniteExact(notional);

/** Base currency of one unit at a price; an inverse contract is worth the same at every price. */
const unit = (row: Row, price: Exact): Exact =>
  product(exact(row.multiplier), row.isInverse ? exact(1) : price, exact(row.quoteRate));

function isClosing({ closable }: DeskOrder, qty: Exact): Truth {
  if (!(closable > 0)) return 'no';
  return closable === Infinity ? 'yes' : not(isGreater(qty, exact(closable), qty));
}

/**
 * Is the order no larger than what it may still close, orders on their way counted as filled? A
 * book with a number that is none is left open: it may be held to hold nothing that can shrink.
 */
export function shrinks(book: Book, sign: Exact, qty: Exact): Truth {
  const position = exact(book.position);
  const [buys, sells] = openOf(book);
  const open = compare(sign, ZERO) > 0 ? buys : sells;
  const left = sub(neg(mul(sign, position)), open);
  if (isNaNExact(left)) return 'no';
  const scale = size(position, buys, sells, qty);
  const fits = not(isGreater(qty, larger(ZERO, left), scale));
  return fits === 'yes' && !isFiniteExact(scale) ? 'either' : fits;
}

/** Open buys and sells; less than nothing cannot be open, and would hide a position. */
const openOf = ({ openBuy, openSell }: Book): readonly [buys: Exact, sells: Exact] => [
  exact(openBuy >= 0 ? openBuy : Number.NaN),
  exact(openSell >= 0 ? openSell : Number.NaN),
];

/** Both ends of the worst case with this order, in units. */
export function endsAfter({ sign, qty }: Facts, book: Book): { long: Exact; short: Exact } {
  const isBuy = compare(sign, ZERO) > 0;
  const [buys, sells] = openOf(book);
  const long = add(exact(book.position), buys);
  const short = sub(exact(book.position), sells);
  return isBuy ? { long: add(long, qty), short } : { long, short: sub(short, qty) };
}

export const worstAfter = (facts: Facts, book: Book): Exact => {
  const { long, short } = endsAfter(facts, book);
  return larger(abs(long), abs(short));
};

/** Money at the mark of everything that went into either end: what errors are measured by. */
export const bookScale = ({ qty, unitMark }: Facts, book: Book): Exact =>
  mul(size(exact(book.position), exact(book.openBuy), exact(book.openSell), qty), unitMark);

export interface Place {
  readonly node: Node;
  readonly book: Book; // in which the level counts its money
  readonly shrinks: Truth;
  readonly gross: { readonly asked: Exact; readonly scale: Exact };
}

export const LEVELS = [LEVEL_SYSTEM, LEVEL_PORTFOLIO, LEVEL_STRATEGY, LEVEL_VENUE];

/** The node of a level, what the order does to its book, and the node's gross after it. */
export function placeOf(facts: Facts, level: number): Place {
  const node = nodeAt(facts, level);
  const book = bookAt(facts, level);
  const held = [exact(node.gross), exact(-book.exposure)];
  const asked = sum(...held, mul(worstAfter(facts, book), facts.unitMark));
  const scale = add(size(...held), bookScale(facts, book));
  const shrinking = shrinksAt(facts, level, book);
  return { node, book, shrinks: shrinking, gross: { asked, scale } };
}

// Coins that are there and sold shrink every book but a strategy's: another may have bought them.
function shrinksAt(facts: Facts, level: number, book: Book): Truth {
  if (book === facts.row) return facts.shrinksRow;
  const own = shrinks(book, facts.sign, facts.qty);
  return level === LEVEL_STRATEGY ? own : or(facts.coins, own);
}

export function nodeAt({ desk, order, row }: Facts, level: number): Node {
  if (level === LEVEL_SYSTEM) return desk.system;
  if (level === LEVEL_PORTFOLIO) return desk.portfolios[order.portfolio]!;
  return level === LEVEL_STRATEGY ? desk.strategies[order.strategy]! : desk.venues[row.venue]!;
}

function bookAt({ desk, order, row }: Facts, level: number): Book {
  const { portfolio, strategy, instrument } = order;
  if (level === LEVEL_PORTFOLIO) return desk.portfolioCells[portfolio]![instrument]!;
  return level === LEVEL_STRATEGY ? desk.strategyCells[strategy]![instrument]! : row;
}

export const limitOf = ({ hard, soft }: Limit): { hard: Exact; soft: Exact } => ({
  hard: exact(hard),
  soft: exact(soft),
});
