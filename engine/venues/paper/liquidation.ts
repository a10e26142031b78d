// Owns what the simulated venue does to positions by itself: funding, and closing them by force.
// Promise: at marks; every movement is told, and whose order it was goes with every forced fill.
import type { MoneyReport } from '../../core/event.ts';
import { roundToTick } from '../../core/instrument.ts';
import { hashOf } from '../../core/json.ts';
import { type EpochUs, powerOfTen } from '../../core/units.ts';
import type { MarginGroup, Position } from './accounts.ts';
import {
  FUNDING_US,
  fundingOf,
  maintenanceMargin,
  maintenanceOf,
  marginBalance,
  nextFundingUs,
} from './margin.ts';
import { endOrder, fill } from './matching.ts';
import { moneyText } from './money.ts';
import { NO_PLACE, type PaperOrder } from './order.ts';
import { say, type VenueState } from './state.ts';

/** Client order ids of forced orders begin like Binance's; a fill id makes them unique for ever. */
export const LIQUIDATION_ID = 'autoclose-';

const WATCH_US = 100_000;

/** Pays the funding that is due at `atUs`, and says when the next is. */
export function payFunding(state: VenueState, atUs: EpochUs, nowUs: number): void {
  const held = state.accounts.positions().filter(({ qty }) => qty !== 0);
  for (const position of held) payPosition(state, position, atUs);
  // A recording may leave out a year: with nothing held there is nothing to pay for it.
  state.fundingUs = held.length > 0 ? atUs + FUNDING_US : nextFundingUs(nowUs);
}

function payPosition(state: VenueState, position: Position, atUs: EpochUs): void {
  const { account, instrument } = position;
  const amount = fundingOf(position, state.marks, state.fundingRate(instrument));
  if (amount === 0n) return;
  const { venue, settle } = instrument;
  state.accounts.balance(account, venue, settle).amount += amount;
  const report: MoneyReport = {
    kind: 'money',
    id: fundingId(position, atUs),
    movement: 'funding',
    venue,
    account,
    instrument,
    asset: settle,
    amount: moneyText(amount),
    timeUs: atUs,
  };
  state.movements.push(report);
  if (state.movements.length > 2 * state.historyMax) state.movements.splice(0, state.historyMax);
  say(state, report, atUs);
}

/** Names may be longer than an id: it has their hash. */
const fundingId = ({ account, instrument }: Position, atUs: EpochUs): string =>
  `funding-${hashOf([account, instrument.key]).slice(0, 24)}-${atUs}`;

/** Looks every 100 ms whether collateral still carries the positions; closes them where not. */
export function watchMargins(state: VenueState, nowUs: EpochUs): void {
  if (nowUs < state.watchUs) return;
  state.watchUs = nowUs + WATCH_US;
  for (const group of state.accounts.groups()) {
    if (isBelow(state, group)) liquidate(state, group, nowUs);
  }
}

const isBelow = ({ marks }: VenueState, group: MarginGroup): boolean => {
  const needed = maintenanceMargin(group, marks);
  return needed > 0 && marginBalance(group, marks) < needed;
};

// Open orders go first: what they kept back may be enough. Then the largest position, and so on.
function liquidate(state: VenueState, group: MarginGroup, nowUs: EpochUs): void {
  const { account, venue, asset } = group.balance;
  for (const order of state.orders.open()) {
    const { instrument } = order;
    const isIts =
      order.account === account && instrument.venue === venue && instrument.settle === asset;
    if (!isIts || instrument.kind === 'spot' || order.remaining === 0) continue;
    endOrder(state, order, 'cancelled', 'liquidation: margin is below maintenance', nowUs);
    state.orders.sweep(instrument);
  }
  const sizes = (position: Position): number => maintenanceOf(position, state.marks);
  for (const position of [...group.positions].sort((a, b) => sizes(b) - sizes(a))) {
    if (!isBelow(state, group)) return;
    if (position.qty !== 0) closeByForce(state, position, nowUs);
  }
}

function closeByForce(state: VenueState, position: Position, nowUs: EpochUs): void {
  const { account, instrument } = position;
  const mark = state.marks.mark(instrument);
  if (Number.isNaN(mark)) return; // no market: nothing can be closed
  const isSale = position.qty > 0;
  const price = roundToTick(instrument, mark * powerOfTen(instrument.priceScale), !isSale);
  const qty = Math.abs(position.qty);
  const order: PaperOrder = {
    ...NO_PLACE,
    id: `${LIQUIDATION_ID}${state.fillIds()}`,
    account,
    instrument,
    side: isSale ? 'sell' : 'buy',
    type: 'limit',
    timeInForce: 'IOC',
    postOnly: false,
    reduceOnly: true,
    createdUs: nowUs,
    qty,
    price,
    remaining: qty,
    filled: 0,
    held: 0,
    state: 'open',
    reason: '',
    fills: [],
  };
  state.orders.add(order);
  order.remaining = 0;
  fill(state, order, price, qty, 'taker', nowUs);
}
