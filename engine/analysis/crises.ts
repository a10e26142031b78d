// Owns the six crises every book is stressed with, as moves of factors and of assets.
// Promise: pure; each number says what it rests on: computed from candles, published, or assumed.
import { CALM, type Scenario } from './scenario.ts';

/** Where a number comes from; docs/stress.md has the windows, definitions and addresses. */
export type Evidence =
  | { readonly kind: 'computed'; readonly from: string }
  | { readonly kind: 'published'; readonly what: string }
  | { readonly kind: 'assumed'; readonly why: string };

/**
 * `low`: from the close of the first day to the lowest trade up to the last day. `day`: close to
 * close over the worst day of BTC. Simple returns in US dollars, the same days for every asset.
 */
export type CrisisMove = 'low' | 'day';

export interface CrisisShock {
  readonly key: string; // an asset, or a group key of scenario.ts
  readonly low: number;
  readonly day: number;
  readonly evidence: Evidence;
}

export interface Figure {
  readonly value: number;
  readonly evidence: Evidence;
}

export interface Crisis {
  readonly name: string;
  readonly description: string;
  readonly from: string; // UTC day of the peak: its close is the start of `low`
  readonly to: string; // last UTC day of `low`
  readonly worstDay: string; // UTC day of `day`
  readonly durationDays: number;
  readonly shocks: readonly CrisisShock[];
  readonly basis: Figure; // perpetual against spot, at the low
  readonly funding: Figure; // paid by a long over the window, fraction of notional
  readonly fundingDay: Figure; // the same on the worst day
  readonly spreadMultiplier: Figure;
  readonly depthMultiplier: Figure;
}

const computed = (from: string): Evidence => ({ kind: 'computed', from });
const published = (what: string): Evidence => ({ kind: 'published', what });
const assumed = (why: string): Evidence => ({ kind: 'assumed', why });

const COINBASE = computed('daily candles of Coinbase spot');
const MEDIAN_LARGE = computed('daily candles of Coinbase spot, median of BCH, LINK and LTC');
const MEDIAN_OTHER = computed('daily candles of Coinbase spot, median of the other coins listed');
const FUNDING = computed('daily mean of BTC funding, three payments a day');
const NO_VENUE = assumed('no venue token is recorded: as the large coins');
const PEG_HELD = assumed('no deviation of the peg is recorded or reported');
const NO_RECORD = assumed('not recorded: at rest');
const ORDER_OF_MAGNITUDE = assumed('an order of magnitude; no measured figure is at hand');

type Row = readonly [key: string, lowPercent: number, dayPercent: number];
const shocks = (evidence: Evidence, rows: readonly Row[]): readonly CrisisShock[] =>
  rows.map(([key, low, day]) => ({ key, low: low / 100, day: day / 100, evidence }));
const figure = (value: number, evidence: Evidence): Figure => ({ value, evidence });

const MAR_2020: Crisis = {
  name: 'mar-2020',
  description: 'Covid: global sell-off, cascading liquidations of coin-margined perpetuals',
  from: '2020-03-07',
  to: '2020-03-13',
  worstDay: '2020-03-12',
  durationDays: 6,
  shocks: [
    ...shocks(COINBASE, [
      ['BTC', -56.7, -38.8],
      ['ETH', -62.1, -43.3],
      ['ALGO', -69.8, -48.4],
      ['ATOM', -70.1, -44.1],
      ['BCH', -59.7, -45.1],
      ['DASH', -62, -38.1],
      ['EOS', -60.8, -41.8],
      ['ETC', -55.1, -37.4],
      ['LINK', -65.3, -44.1],
      ['LTC', -58.7, -38],
    ]),
    ...shocks(MEDIAN_LARGE, [['@large_cap', -59.7, -44.1]]),
    ...shocks(MEDIAN_OTHER, [['@other', -62, -41.8]]),
    ...shocks(NO_VENUE, [['@venue_token', -59.7, -44.1]]),
    ...shocks(PEG_HELD, [['@stablecoin', 0, 0]]),
  ],
  basis: figure(-0.1, published('BitMEX XBTUSD about 10 % below spot, 13 March 2020')),
  funding: figure(-0.0013, FUNDING),
  fundingDay: figure(0, FUNDING),
  spreadMultiplier: figure(
    20,
    published('25 BTC quoted 200 to 700 bp wide on three venues, single digits before (B2C2)'),
  ),
  depthMultiplier: figure(0.1, ORDER_OF_MAGNITUDE),
};

const MAY_2021: Crisis = {
  name: 'may-2021',
  description: 'China bans, record liquidations, venues overloaded on 19 May',
  from: '2021-05-11',
  to: '2021-05-23',
  worstDay: '2021-05-19',
  durationDays: 12,
  shocks: [
    ...shocks(COINBASE, [
      ['BTC', -47.1, -14.3],
      ['ETH', -58.7, -27.6],
      ['AAVE', -54.5, -34.2],
      ['ADA', -40.5, -25.6],
      ['ALGO', -54.1, -30.5],
      ['BCH', -69.8, -36.2],
      ['DASH', -71.7, -37.4],
      ['EOS', -75.4, -38.9],
      ['ETC', -64.4, -32.7],
      ['FIL', -62, -34.4],
      ['ICP', -75.8, -25],
      ['LINK', -69.3, -38.2],
      ['LTC', -68.9, -36.5],
      ['MATIC', -30.2, -33.5],
    ]),
    ...shocks(MEDIAN_LARGE, [['@large_cap', -69.3, -36.5]]),
    ...shocks(MEDIAN_OTHER, [['@other', -65.9, -34.3]]),
    ...shocks(NO_VENUE, [['@venue_token', -69.3, -36.5]]),
    ...shocks(PEG_HELD, [['@stablecoin', 0, 0]]),
  ],
  basis: figure(0, NO_RECORD),
  funding: figure(0.0058, FUNDING),
  fundingDay: figure(-0.0004, FUNDING),
  spreadMultiplier: figure(5, ORDER_OF_MAGNITUDE),
  depthMultiplier: figure(0.3, ORDER_OF_MAGNITUDE),
};

const MAY_2022: Crisis = {
  name: 'may-2022',
  description: 'Terra: an algorithmic stablecoin fails and takes its coin to nothing',
  from: '2022-05-04',
  to: '2022-05-12',
  worstDay: '2022-05-09',
  durationDays: 8,
  shocks: [
    ...shocks(COINBASE, [
      ['BTC', -36.1, -11.6],
      ['ETH', -42.1, -11.5],
      ['AAVE', -61.3, -21],
      ['ALGO', -52.5, -21.3],
      ['BCH', -50, -16.7],
      ['CRO', -48.8, -19],
      ['DASH', -55.1, -16],
      ['EOS', -52.3, -18.5],
      ['ETC', -49.4, -14.2],
      ['FIL', -59.6, -16.2],
      ['LINK', -56.6, -18.9],
      ['LTC', -51.1, -18.8],
    ]),
    ...shocks(MEDIAN_LARGE, [['@large_cap', -51.1, -18.8]]),
    ...shocks(MEDIAN_OTHER, [['@other', -62.6, -19.3]]),
    ...shocks(computed('daily candles of Coinbase spot, CRO'), [['@venue_token', -48.8, -19]]),
    ...shocks(published('LUNA above 80 dollars on 5 May, 0.01 on the 12th; -63 % in a day'), [
      ['LUNA', -99.99, -63],
      ['LUNC', -99.99, -63],
    ]),
    ...shocks(published('UST at 0.68 on 9 May and 0.2 on 11 May'), [
      ['UST', -80, -32],
      ['USTC', -80, -32],
    ]),
    ...shocks(published('USDT down to 0.95 on 12 May'), [['USDT', -5, 0]]),
    ...shocks(PEG_HELD, [['@stablecoin', 0, 0]]),
  ],
  basis: figure(0, NO_RECORD),
  funding: figure(0.0003, FUNDING),
  fundingDay: figure(0.0003, FUNDING),
  spreadMultiplier: figure(3, ORDER_OF_MAGNITUDE),
  depthMultiplier: figure(0.5, ORDER_OF_MAGNITUDE),
};

const NOV_2022: Crisis = {
  name: 'nov-2022',
  description: 'FTX: a venue fails, its token and its friends with it',
  from: '2022-11-05',
  to: '2022-11-10',
  worstDay: '2022-11-09',
  durationDays: 5,
  shocks: [
    ...shocks(COINBASE, [
      ['BTC', -27.2, -14.3],
      ['ETH', -34.2, -17.6],
      ['AAVE', -41, -19.8],
      ['ALGO', -40.2, -20.3],
      ['BCH', -29.7, -13.6],
      ['CRO', -34.2, -21.3],
      ['DASH', -32.4, -16.2],
      ['EOS', -32.4, -14.8],
      ['ETC', -33.1, -16.3],
      ['FIL', -35.6, -13.8],
      ['LINK', -32.6, -19.4],
      ['LTC', -31.4, -12.7],
    ]),
    ...shocks(MEDIAN_LARGE, [['@large_cap', -31.4, -13.6]]),
    ...shocks(MEDIAN_OTHER, [['@other', -38.3, -19.3]]),
    ...shocks(computed('daily candles of Coinbase spot, CRO'), [['@venue_token', -34.2, -21.3]]),
    ...shocks(published('FTT from 22 dollars on 7 November to 3.12 on 8 and 9 November'), [
      ['FTT', -86, -70],
    ]),
    ...shocks(published('SOL from 36 dollars on 5 November to 16.5 on 9 November'), [
      ['SOL', -54, -40],
    ]),
    ...shocks(published('USDT at 0.97 on four venues, 10 November (0.93 for seconds on one)'), [
      ['USDT', -3, 0],
    ]),
    ...shocks(PEG_HELD, [['@stablecoin', 0, 0]]),
  ],
  basis: figure(0, NO_RECORD),
  funding: figure(-0.0023, FUNDING),
  fundingDay: figure(-0.0004, FUNDING),
  spreadMultiplier: figure(3, ORDER_OF_MAGNITUDE),
  depthMultiplier: figure(0.6, published('depth within 2 % of the BTC mid down 40 % (Kaiko)')),
};

const AUG_2024: Crisis = {
  name: 'aug-2024',
  description: 'Yen carry trade unwinds; equities, coins and leverage fall together',
  from: '2024-07-31',
  to: '2024-08-05',
  worstDay: '2024-08-05',
  durationDays: 5,
  shocks: [
    ...shocks(COINBASE, [
      ['BTC', -24.1, -7.1],
      ['ETH', -34.5, -10],
      ['AAVE', -29, -1.5],
      ['ALGO', -30.5, -3.8],
      ['BCH', -34, -6.8],
      ['CRO', -22, -3.3],
      ['DASH', -28.8, -0.7],
      ['EOS', -31.7, -5.6],
      ['ETC', -27.9, -6.6],
      ['FIL', -31.1, -8.1],
      ['LINK', -37, -12.8],
      ['LTC', -28.9, -10.2],
    ]),
    ...shocks(MEDIAN_LARGE, [['@large_cap', -34, -10.2]]),
    ...shocks(MEDIAN_OTHER, [['@other', -35.2, -6.2]]),
    ...shocks(computed('daily candles of Coinbase spot, CRO'), [['@venue_token', -22, -3.3]]),
    ...shocks(published('USDT and USDC kept their pegs'), [['@stablecoin', 0, 0]]),
  ],
  basis: figure(0, NO_RECORD),
  funding: figure(0.0013, FUNDING),
  fundingDay: figure(0.0002, FUNDING),
  spreadMultiplier: figure(3, ORDER_OF_MAGNITUDE),
  depthMultiplier: figure(
    0.5,
    published('BTC and ETH depth from 1,230 to 612 million dollars, 29 July to 5 August (CCData)'),
  ),
};

const OCT_2025: Crisis = {
  name: 'oct-2025',
  description: 'Tariff news into record leverage: 19 billion dollars liquidated, books empty',
  from: '2025-10-09',
  to: '2025-10-10',
  worstDay: '2025-10-10',
  durationDays: 1,
  shocks: [
    ...shocks(published('daily prices of Coinbase spot, close of 9 October to low of the 10th'), [
      ['BTC', -12.1, -7.2],
      ['ETH', -19.7, -12.2],
      ['AAVE', -53.3, -16.7],
      ['ALGO', -27.4, -19.4],
      ['BCH', -18.2, -11.4],
      ['CRO', -51.3, -19],
      ['ETC', -37.8, -23.4],
      ['FIL', -24.3, -21],
      ['LINK', -31.8, -21.1],
      ['LTC', -43.1, -21.2],
      ['SOL', -20, -14.6],
      ['SUI', -41.3, -22.2],
      ['XRP', -36.8, -15.3],
      ['@large_cap', -31.8, -21.1], // median of BCH, LINK and LTC, as in the other crises
      ['@other', -40.3, -22.7], // median of 45 coins
      ['@venue_token', -51.3, -19], // CRO
    ]),
    ...shocks(published('USDE at 0.68 on one venue, at its peg elsewhere (Rena Labs)'), [
      ['USDE', -32, 0],
    ]),
    ...shocks(published('stablecoins backed by reserves kept their pegs'), [['@stablecoin', 0, 0]]),
  ],
  basis: figure(
    -0.047,
    published('Binance BTC perpetual down to 102,000 against 107,000 on Coinbase spot'),
  ),
  funding: figure(0, NO_RECORD),
  fundingDay: figure(0, NO_RECORD),
  spreadMultiplier: figure(20, ORDER_OF_MAGNITUDE),
  depthMultiplier: figure(0.1, published('depth down by more than 90 % on key venues (FTI)')),
};

/** In order of time. */
export const CRISES: readonly Crisis[] = [
  MAR_2020,
  MAY_2021,
  MAY_2022,
  NOV_2022,
  AUG_2024,
  OCT_2025,
];

/** The crises as scenarios; `low` is the whole fall, `day` the worst single day. */
export function crisisScenarios(move: CrisisMove = 'low'): readonly Scenario[] {
  return CRISES.map((crisis) => ({
    ...CALM,
    name: crisis.name,
    description: crisis.description,
    shocks: new Map(crisis.shocks.map((shock) => [shock.key, shock[move]])),
    basis: crisis.basis.value,
    funding: move === 'low' ? crisis.funding.value : crisis.fundingDay.value,
    spreadMultiplier: crisis.spreadMultiplier.value,
    depthMultiplier: crisis.depthMultiplier.value,
    durationDays: move === 'low' ? crisis.durationDays : 1,
  }));
}
