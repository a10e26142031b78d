// Owns what people see of accounts: equity, positions, balances by venue, profit by strategy.
// Promise: exact decimals where there are any; what is unknown says so and is no number.
import { type Instrument, notionalOf } from '../core/instrument.ts';
import { MANUAL } from '../core/order.ts';
import { type EpochUs, formatCents } from '../core/units.ts';
import type {
  AccountView,
  PortfolioView,
  PositionView,
  StrategyView,
} from '../facts/gateway-message.ts';
import type { HoldingRecord } from '../facts/money.ts';
import { type Amount, formatAmount, parseAmount, toNumber } from './amount.ts';
import { BASE_CURRENCY } from './dollars.ts';
import { EVERYBODY, exposureOf } from './exposures.ts';
import { createNet, type Net } from './nets.ts';
import { entryPriceText, FLAT } from './position.ts';
import {
  equityOf,
  equityUsOf,
  pnlOf,
  profitOf,
  strategyProfitOf,
  unpricedOf,
  type Worths,
  worthOf,
} from './valuation.ts';

export type PortfolioPieces = Pick<
  PortfolioView,
  | 'timeUs'
  | 'baseCurrency'
  | 'equity'
  | 'equityUs'
  | 'unpriced'
  | 'startEquity'
  | 'pnl'
  | 'cash'
  | 'accounts'
  | 'strategies'
  | 'grossExposure'
  | 'netExposure'
  | 'positions'
>;

/** Numbers that cannot be told are shown as 0 in the rows of positions, texts as 'unknown'. */
export function viewOf(worths: Worths, nowUs: EpochUs): PortfolioPieces {
  const { value, pending } = worths.options.accounts.capital();
  const exposures = exposuresOf(worths);
  return {
    timeUs: nowUs,
    baseCurrency: BASE_CURRENCY,
    equity: moneyText(equityOf(worths)),
    equityUs: equityUsOf(worths),
    unpriced: unpricedOf(worths),
    startEquity: moneyText(pending.length > 0 ? Number.NaN : value),
    pnl: moneyText(pnlOf(worths)),
    cash: cashOf(worths),
    accounts: accountsOf(worths),
    strategies: strategiesOf(worths),
    grossExposure: exposures.reduce((sum, one) => sum + Math.abs(one), 0),
    netExposure: exposures.reduce((sum, one) => sum + one, 0),
    positions: positionsOf(worths),
  };
}

/** What risk holds of each instrument, base currency: also what open profit in coins adds. */
const exposuresOf = (worths: Worths): number[] =>
  [...worths.options.rates.instruments()].map((instrument) => {
    const mark = worths.options.rates.markOf(instrument);
    return worthAt(worths, instrument, mark, exposureOf(worths, instrument, EVERYBODY));
  });

/** Signed, base currency. */
function worthAt({ options }: Worths, instrument: Instrument, mark: number, qty: number): number {
  if (qty === 0) return 0;
  const worth = Math.sign(qty) * notionalOf(instrument, mark, qty);
  return known(worth * options.rates.rateOf(instrument.quote));
}

/** By slot: what was ever traded, and what carries coins. Its notional is its quantity's own. */
function positionsOf(worths: Worths): PositionView[] {
  const { rates } = worths.options;
  const views: PositionView[] = [];
  for (const instrument of rates.instruments()) {
    const traded = worths.nets.get(instrument.key);
    if (traded === undefined && exposureOf(worths, instrument, EVERYBODY) === 0) continue;
    const net = traded ?? createNet(instrument, rates);
    const held = heldOf(worths, net);
    const isOpen = instrument.kind !== 'spot' && net.qty !== 0;
    const mark = isOpen ? rates.markFor(instrument, net.qty) : rates.markOf(instrument);
    const realised = [...net.parts.values()].reduce((sum, part) => sum + part.realised, 0n);
    views.push({
      instrument: instrument.key,
      symbol: instrument.symbol,
      venue: instrument.venue,
      qty: formatAmount(held),
      entryPrice: entryOf(net),
      mark: known(mark),
      notional: worthAt(worths, instrument, mark, toNumber(held)),
      unrealised: known(profitOf(worths, net, net.qty, net.cost)),
      realised: known(toNumber(realised) * rates.rate(net.settleIndex)),
    });
  }
  return views;
}

/** Contracts as they net over accounts; coins that are carried as they are. */
function heldOf(worths: Worths, { instrument, sum }: Net): Amount {
  let amount = instrument.kind === 'spot' ? 0n : sum.qty;
  for (const { carrier, exact } of worths.cells.carriedBy(instrument.key)) {
    if (carrier?.unit === 'base') amount += exact;
  }
  return amount;
}

/** Of what was traded. Coins that were sold without having been bought here have no entry. */
function entryOf({ instrument, sum }: Net): string {
  const isDeposit = instrument.kind === 'spot' && sum.qty < 0n;
  return isDeposit ? '0' : entryPriceText(instrument, { ...FLAT, ...sum });
}

function cashOf({ cells }: Worths): Record<string, string> {
  const sums = new Map<string, Amount>();
  for (const { asset, exact } of cells.held) sums.set(asset, (sums.get(asset) ?? 0n) + exact);
  return Object.fromEntries(
    [...sums.entries()].sort(byKey).map(([asset, sum]) => [asset, formatAmount(sum)]),
  );
}

function accountsOf(worths: Worths): AccountView[] {
  const { accounts } = worths.options;
  const balances = new Map<string, Record<string, Record<string, string>>>();
  for (const { account, cell, exact } of worths.cells.rows) {
    const venues = balances.get(account) ?? {};
    balances.set(account, venues);
    if (exact === 0n) continue;
    venues[cell.venue] = { ...venues[cell.venue], [cell.asset]: formatAmount(exact) };
  }
  const positions = new Map<string, HoldingRecord[]>();
  for (const key of worths.nets.keys()) {
    for (const { record } of accounts.heldOf(key)) {
      if (record.strategy !== null || record.qty === '0') continue;
      positions.set(record.account, [...(positions.get(record.account) ?? []), record]);
    }
  }
  return [...balances.entries()].sort(byKey).map(([account, venues]) => ({
    account,
    equity: moneyText(worthOf(worths, account, null)),
    balances: venues,
    positions: positions.get(account) ?? [],
  }));
}

function strategiesOf(worths: Worths): StrategyView[] {
  const others = [...worths.shares.keys()].filter((strategy) => strategy !== MANUAL);
  const profits = new Map(
    others.map((strategy) => [strategy, moneyText(strategyProfitOf(worths, strategy))]),
  );
  profits.set(MANUAL, restText(moneyText(pnlOf(worths)), [...profits.values()]));
  return [...profits.entries()].sort(byKey).map(([strategy, profit]) => ({
    strategy,
    profit,
    holdings: [...worths.options.accounts.heldBy(strategy)]
      .map(({ record }) => record)
      .filter(({ qty }) => qty !== '0'),
  }));
}

/** What the others leave of the whole as it is shown, so that what is shown sums to the cent. */
function restText(whole: string, others: readonly string[]): string {
  let rest = parseAmount(whole);
  for (const text of others) {
    const part = parseAmount(text);
    rest = rest === null || part === null ? null : rest - part;
  }
  return rest === null ? moneyText(Number.NaN) : moneyText(toNumber(rest));
}

const byKey = <T>([a]: readonly [string, T], [b]: readonly [string, T]): number => (a < b ? -1 : 1);
const known = (value: number): number => (Number.isFinite(value) ? value : 0);

/** Two digits, 'unknown' where there is no number. */
export const moneyText = (value: number): string =>
  Number.isFinite(value) ? formatCents(value).replace(/^-0\.00$/, '0.00') : 'unknown';
