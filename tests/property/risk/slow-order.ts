// Owns the checks of the order itself, one readable function a rule.
// Promise: exact; in the order of CHECK_*, so that a rule's place is its number.
import type { Limit } from './desk.ts';
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
  truth,
  ZERO,
} from './exact.ts';
import {
  bookScale,
  endsAfter,
  type Facts,
  isMoneyKnown,
  isPositive,
  limitOf,
  shrinks,
  worstAfter,
} from './facts.ts';
import {
  ageOf,
  type Finding,
  judge,
  judgeCount,
  judgeFlag,
  judgeShare,
  skipIf,
  worse,
} from './finding.ts';
import { judgeState } from './slow-state.ts';
import { historicalVar, normalVar, stress } from './slow-var.ts';

type Rule = (facts: Facts) => Finding;

const noSoft = { soft: exact(Infinity), exempt: 'no' } as const;

// Reached by a readable order only; a mark that is none, or money beyond every double, may be named
// here or by its consequences.
const input: Rule = (facts) => judgeFlag(isMoneyKnown(facts) ? 'no' : 'either');

const tradable: Rule = ({ row }) => judgeFlag(truth(!row.isTradable));

const state: Rule = (facts) =>
  skipIf(facts.isLiquidation, judgeState(facts, facts.row, facts.shrinksRow));

const markAge: Rule = ({ desk, order, row }) => {
  const asked = ageOf(order.nowUs, row.markUs);
  return judge({ asked, hard: exact(desk.markAgeUsMax), scale: asked, ...noSoft });
};

const equityAge: Rule = ({ desk, order, isLiquidation }) => {
  const asked = ageOf(order.nowUs, desk.equityUs);
  const found = judge({ asked, hard: exact(desk.equityAgeUsMax), scale: asked, ...noSoft });
  return skipIf(isLiquidation, found);
};

const markOf = ({ row }: Facts): Exact => exact(isPositive(row.mark) ? row.mark : Number.NaN);

/** How far a price is from the mark on one side; on the other it asks for nothing. */
function distance(facts: Facts, price: Exact, sign: Exact, limit: Limit): Finding {
  const mark = markOf(facts);
  const asked = larger(ZERO, mul(sign, sub(price, mark)));
  const scale = size(price, mark);
  return judgeShare({ asked, scale, ...limitOf(limit), exempt: 'no' }, mark);
}

// A market order leaves at the collar: within it, what is told is the price it is valued at.
const collar: Rule = (facts) => {
  const { order, price, sign, row } = facts;
  const worst = distance(facts, price, sign, row.collar);
  if (!order.isMarket || worst.hard === 'yes') return worst;
  const told = distance(facts, exact(order.value), sign, row.collar);
  return worst.hard === 'either' ? { ...told, hard: 'either', soft: 'either' } : told;
};

const passiveCollar: Rule = (facts) =>
  distance(facts, facts.price, neg(facts.sign), facts.row.passiveCollar);

// On the mark itself either width is right.
const priceBand: Rule = (facts) => {
  const { row, price } = facts;
  const mark = markOf(facts);
  const asked = abs(sub(price, mark));
  const scale = size(price, mark);
  const within = (width: number): Finding =>
    judgeShare({ asked, scale, hard: exact(width), soft: exact(Infinity), exempt: 'no' }, mark);
  const isAbove = isGreater(price, mark, scale);
  if (isAbove !== 'either') return within(isAbove === 'yes' ? row.bandAbove : row.bandBelow);
  const [below, above] = [within(row.bandBelow), within(row.bandAbove)];
  return below.hard === above.hard ? below : { ...below, hard: 'either' };
};

const orderQty: Rule = ({ row, qty }) =>
  judge({ asked: qty, scale: qty, ...limitOf(row.orderQty), exempt: 'no' });

const orderNotional: Rule = ({ row, notional }) =>
  judge({ asked: notional, scale: notional, ...limitOf(row.orderNotional), exempt: 'no' });

const qtyMax: Rule = ({ row, order, qty }) => {
  const hard = exact(order.isMarket ? row.marketQtyMax : row.qtyMax);
  return judge({ asked: qty, scale: qty, hard, ...noSoft });
};

// The least is asked and the order allows it: below it the order is refused. What can only close a
// contract may be as small as it is.
const notionalMin: Rule = ({ row, order, notional }) => {
  const least = mul(exact(row.notionalMin), exact(row.quoteRate));
  const found = judge({ asked: least, scale: size(least), hard: notional, ...noSoft });
  const closes = !row.isSpot && (order.isReduceOnly || order.isLiquidation);
  return closes ? { ...found, hard: 'no' } : found;
};

const balance: Rule = ({ order }) => {
  const spends = exact(order.spends);
  return judge({ asked: spends, scale: size(spends), hard: exact(order.available), ...noSoft });
};

const position: Rule = (facts) => {
  const { row, order, unitMark, shrinksRow, isLiquidation } = facts;
  const { long, short } = endsAfter(facts, row);
  const carried = exact(order.carried); // the coin's position stands on one of its pairs
  const asked = abs(add(mul(order.side === 0 ? long : short, unitMark), carried));
  const scale = add(bookScale(facts, row), size(carried));
  const found = judge({ asked, scale, ...limitOf(row.maxPosition), exempt: shrinksRow });
  const isOtherKnown = isFiniteExact(order.side === 0 ? short : long);
  return skipIf(isLiquidation, isOtherKnown ? found : worse(found, 'either'));
};

const reduceOnly: Rule = ({ order, closes }) =>
  judgeFlag(and(truth(order.isReduceOnly || order.isLiquidation), not(closes)));

const duplicate: Rule = ({ desk, order, row, isLiquidation }) => {
  const window = exact(desk.duplicateUs);
  if (isNaNExact(window)) return skipIf(isLiquidation, judgeFlag('yes'));
  if (!isFiniteExact(window) || desk.duplicateUs < 0) return judgeFlag('either');
  const isRecent = (us: number): boolean => compare(sub(exact(order.nowUs), exact(us)), window) < 0;
  const equals = row.recent.filter(
    (one) =>
      one.side === order.side &&
      one.price === (order.isMarket ? 0 : order.price) &&
      one.qty === order.qty &&
      one.portfolio === order.portfolio &&
      one.strategy === order.strategy &&
      isRecent(one.us),
  );
  return skipIf(isLiquidation, judgeCount(desk.duplicateUs === 0 ? 0 : equals.length, 0));
};

const selfTrade: Rule = ({ order, row, isLiquidation }) => {
  const isBuy = order.side === 0;
  const resting = isBuy ? row.ownAsk : row.ownBid;
  if (Number.isNaN(resting)) return skipIf(isLiquidation, judgeFlag('yes'));
  const isResting = isBuy ? resting < Infinity : resting > 0;
  const crosses = isBuy ? order.price >= resting : order.price <= resting;
  const found = judgeFlag(truth(isResting && crosses));
  const otherSide = isBuy ? row.ownBid : row.ownAsk;
  return skipIf(
    isLiquidation,
    Number.isNaN(otherSide) ? { ...found, hard: or(found.hard, 'either') } : found,
  );
};

const concentration: Rule = (facts) => {
  const { desk, row, unitMark, shrinksRow, isLiquidation } = facts;
  const asset = desk.assets[row.asset]!;
  const { long, short } = endsAfter(facts, row);
  const longAfter = sum(exact(asset.long), exact(-row.long), mul(long, unitMark));
  const shortAfter = sum(exact(asset.short), exact(-row.short), mul(short, unitMark));
  const held = size(exact(asset.long), exact(row.long), exact(asset.short), exact(row.short));
  const question = {
    asked: larger(abs(longAfter), abs(shortAfter)),
    scale: add(held, bookScale(facts, row)),
    ...limitOf(desk.concentration),
    exempt: shrinksRow,
  };
  return skipIf(isLiquidation, judgeShare(question, exact(desk.equity)));
};

const margin: Rule = (facts) => {
  const { desk, order, row, sign, qty, unitMark, coins, isLiquidation } = facts;
  const own = desk.margins[order.portfolio]![row.margin]!;
  const book = desk.portfolioCells[order.portfolio]![order.instrument]!;
  const rate = exact(row.marginRate);
  const released = mul(exact(book.exposure), rate);
  const needed = product(worstAfter(facts, book), unitMark, rate);
  const used = exact(own.used);
  const asked = sum(used, neg(released), needed);
  const scale = size(used, released, mul(bookScale(facts, book), rate));
  const found = judge({ asked, scale, hard: exact(own.balance), ...noSoft });
  const age = ageOf(order.nowUs, own.us);
  const isOld = judge({ asked: age, scale: age, hard: exact(desk.marginAgeUsMax), ...noSoft });
  const both = worse(found, isOld.hard);
  const isNeeded = not(or(coins, shrinks(book, sign, qty)));
  return skipIf(isLiquidation, { ...both, hard: and(both.hard, isNeeded) });
};

const skipped =
  (rule: Rule): Rule =>
  (facts) =>
    skipIf(facts.isLiquidation, rule(facts));

/** In the order of CHECK_*. */
export const ORDER_RULES: readonly Rule[] = [
  input,
  tradable,
  state,
  markAge,
  equityAge,
  collar,
  passiveCollar,
  priceBand,
  orderQty,
  qtyMax,
  orderNotional,
  notionalMin,
  balance,
  position,
  reduceOnly,
  duplicate,
  selfTrade,
  concentration,
  margin,
  skipped(normalVar),
  skipped(historicalVar),
  skipped(stress),
];
