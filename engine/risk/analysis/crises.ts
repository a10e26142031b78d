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

type Row = readonly [key: string, low: number, day: number];
const shocks = (evidence: Evidence, rows: readonly Row[]): readonly CrisisShock[] =>
  rows.map(([key, low, day]) => ({ key, low, day, evidence }));
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
      ['BTC', -0.567, -0.388],
      ['ETH', -0.621, -0.433],
      ['ALGO', -0.698, -0.484],
      ['ATOM', -0.701, -0.441],
      ['BCH', -0.597, -0.451],
      ['DASH', -0.62, -0.381],
      ['EOS', -0.608, -0.418],
      ['ETC', -0.551, -0.374],
      ['LINK', -0.653, -0.441],
      ['LTC', -0.587, -0.38],
    ]),
    ...shocks(MEDIAN_LARGE, [['@large_cap', -0.597, -0.441]]),
    ...shocks(MEDIAN_OTHER, [['@other', -0.62, -0.418]]),
    ...shocks(NO_VENUE, [['@venue_token', -0.597, -0.441]]),
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
      ['BTC', -0.471, -0.143],
      ['ETH', -0.587, -0.276],
      ['AAVE', -0.545, -0.342],
      ['ADA', -0.405, -0.256],
      ['ALGO', -0.541, -0.305],
      ['BCH', -0.698, -0.362],
      ['DASH', -0.717, -0.374],
      ['EOS', -0.754, -0.389],
      ['ETC', -0.644, -0.327],
      ['FIL', -0.62, -0.344],
      ['ICP', -0.758, -0.25],
      ['LINK', -0.693, -0.382],
      ['LTC', -0.689, -0.365],
      ['MATIC', -0.302, -0.335],
    ]),
    ...shocks(MEDIAN_LARGE, [['@large_cap', -0.693, -0.365]]),
    ...shocks(MEDIAN_OTHER, [['@other', -0.644, -0.344]]),
    ...shocks(NO_VENUE, [['@venue_token', -0.693, -0.365]]),
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
      ['BTC', -0.361, -0.116],
      ['ETH', -0.421, -0.115],
      ['AAVE', -0.613, -0.21],
      ['ALGO', -0.525, -0.213],
      ['BCH', -0.5, -0.167],
      ['CRO', -0.488, -0.19],
      ['DASH', -0.551, -0.16],
      ['EOS', -0.523, -0.185],
      ['ETC', -0.494, -0.142],
      ['FIL', -0.596, -0.162],
      ['LINK', -0.566, -0.189],
      ['LTC', -0.511, -0.188],
    ]),
    ...shocks(MEDIAN_LARGE, [['@large_cap', -0.511, -0.188]]),
    ...shocks(MEDIAN_OTHER, [['@other', -0.626, -0.193]]),
    ...shocks(computed('daily candles of Coinbase spot, CRO'), [['@venue_token', -0.488, -0.19]]),
    ...shocks(published('LUNA from above 80 dollars on 5 May to 0.01 on 12 May'), [
      ['LUNA', -0.9999, -0.5],
      ['LUNC', -0.9999, -0.5],
    ]),
    ...shocks(published('UST at 0.68 on 9 May and 0.2 on 11 May'), [
      ['UST', -0.8, -0.32],
      ['USTC', -0.8, -0.32],
    ]),
    ...shocks(published('USDT down to 0.95 on 12 May'), [['USDT', -0.05, 0]]),
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
      ['BTC', -0.272, -0.143],
      ['ETH', -0.342, -0.176],
      ['AAVE', -0.41, -0.198],
      ['ALGO', -0.402, -0.203],
      ['BCH', -0.297, -0.136],
      ['CRO', -0.342, -0.213],
      ['DASH', -0.324, -0.162],
      ['EOS', -0.324, -0.148],
      ['ETC', -0.331, -0.163],
      ['FIL', -0.356, -0.138],
      ['LINK', -0.326, -0.194],
      ['LTC', -0.314, -0.127],
    ]),
    ...shocks(MEDIAN_LARGE, [['@large_cap', -0.314, -0.136]]),
    ...shocks(MEDIAN_OTHER, [['@other', -0.372, -0.193]]),
    ...shocks(computed('daily candles of Coinbase spot, CRO'), [['@venue_token', -0.342, -0.213]]),
    ...shocks(published('FTT from 22 dollars on 7 November to 3.12 on 8 and 9 November'), [
      ['FTT', -0.86, -0.7],
    ]),
    ...shocks(published('SOL from 36 dollars on 5 November to 16.5 on 9 November'), [
      ['SOL', -0.54, -0.4],
    ]),
    ...shocks(published('USDT at 0.97 on four venues, 10 November (0.93 for seconds on one)'), [
      ['USDT', -0.03, 0],
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
      ['BTC', -0.241, -0.071],
      ['ETH', -0.345, -0.1],
      ['AAVE', -0.29, -0.015],
      ['ALGO', -0.305, -0.038],
      ['BCH', -0.34, -0.068],
      ['CRO', -0.22, -0.033],
      ['DASH', -0.288, -0.007],
      ['EOS', -0.317, -0.056],
      ['ETC', -0.279, -0.066],
      ['FIL', -0.311, -0.081],
      ['LINK', -0.37, -0.128],
      ['LTC', -0.289, -0.102],
    ]),
    ...shocks(MEDIAN_LARGE, [['@large_cap', -0.34, -0.102]]),
    ...shocks(MEDIAN_OTHER, [['@other', -0.349, -0.056]]),
    ...shocks(computed('daily candles of Coinbase spot, CRO'), [['@venue_token', -0.22, -0.033]]),
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
      ['BTC', -0.121, -0.072],
      ['ETH', -0.197, -0.122],
      ['AAVE', -0.533, -0.167],
      ['ALGO', -0.274, -0.194],
      ['BCH', -0.182, -0.114],
      ['CRO', -0.513, -0.19],
      ['ETC', -0.378, -0.234],
      ['FIL', -0.243, -0.21],
      ['LINK', -0.318, -0.211],
      ['LTC', -0.431, -0.212],
      ['SOL', -0.2, -0.146],
      ['SUI', -0.413, -0.222],
      ['XRP', -0.368, -0.153],
      ['@large_cap', -0.318, -0.211], // median of BCH, LINK and LTC, as in the other crises
      ['@other', -0.403, -0.227], // median of 45 coins
      ['@venue_token', -0.513, -0.19], // CRO
    ]),
    ...shocks(published('USDE at 0.68 on one venue, at its peg elsewhere (Rena Labs)'), [
      ['USDE', -0.32, 0],
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
