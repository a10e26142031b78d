// Owns the columns of the dashboard's tables.
// Promise: the first level of columns alone tells the story on a telephone.
import {
  formatAmountText,
  formatCompact,
  formatDecimalText,
  formatNumber,
  formatPrice,
  formatSigned,
  formatTime,
  formatUs,
  formatWords,
} from './format.ts';
import type { Cell, Column } from './table.ts';
import type { OrderWire, PositionWire, SignalWire, StageWire } from './wire.ts';

const toneOf = (value: number): 'up' | 'down' | 'muted' =>
  value > 0 ? 'up' : value < 0 ? 'down' : 'muted';

const money = (value: number): Cell => ({ text: formatSigned(value, 2), tone: toneOf(value) });
const muted = (text: string): Cell => ({ text, tone: 'muted' });

/** Coins have eighteen decimals: those beyond eight are in the title. */
const shortly = (quantity: string): string =>
  /\.\d{9}/.test(quantity) ? formatAmountText(quantity) : formatDecimalText(quantity);

export const isFlat = (position: PositionWire): boolean => Number(position.quantity) === 0;

/** What is held first, in the order given; what was only traded below it. */
export const heldFirst = (positions: readonly PositionWire[]): PositionWire[] => [
  ...positions.filter((position) => !isFlat(position)),
  ...positions.filter(isFlat),
];

/** Coins that were paid in have none. */
const hasEntry = (position: PositionWire): boolean => Number(position.entry_price) !== 0;

export const POSITION_COLUMNS: readonly Column<PositionWire>[] = [
  {
    title: 'Symbol',
    kind: 'text',
    level: 1,
    cell: (p) => ({ text: p.symbol, notes: { 3: p.venue } }),
  },
  { title: 'Venue', kind: 'text', level: 3, cell: (p) => muted(p.venue) },
  {
    title: 'Quantity',
    kind: 'number',
    level: 1,
    cell: (p) => ({
      text: shortly(p.quantity),
      title: p.quantity,
      tone: toneOf(Number(p.quantity)),
      notes: { 2: isFlat(p) || !hasEntry(p) ? '' : `at ${formatPrice(Number(p.entry_price))}` },
    }),
  },
  {
    title: 'Entry',
    kind: 'number',
    level: 2,
    cell: (p) =>
      isFlat(p) || !hasEntry(p) ? muted('–') : { text: formatPrice(Number(p.entry_price)) },
  },
  {
    title: 'Mark',
    kind: 'number',
    level: 2,
    cell: (p) => ({ text: formatPrice(p.mark_price) }),
  },
  {
    title: 'Notional',
    kind: 'number',
    level: 2,
    cell: (p) => ({ text: formatNumber(p.notional, 0) }),
  },
  { title: 'Unrealised', kind: 'number', level: 1, cell: (p) => money(p.unrealised_pnl) },
  { title: 'Realised', kind: 'number', level: 3, cell: (p) => money(p.realised_pnl) },
];

const ARROWS = { up: '▲ up', down: '▼ down', flat: '■ flat' } as const;

export const SIGNAL_COLUMNS: readonly Column<SignalWire>[] = [
  { title: 'Time', kind: 'text', level: 2, cell: (s) => muted(formatTime(s.created_at)) },
  { title: 'Symbol', kind: 'text', level: 1, cell: (s) => ({ text: s.symbol, title: s.venue }) },
  {
    title: 'Direction',
    kind: 'text',
    level: 1,
    cell: (s) => ({
      text: ARROWS[s.direction],
      tone: s.direction === 'flat' ? 'muted' : s.direction,
    }),
  },
  {
    title: 'Confidence',
    kind: 'bar',
    level: 1,
    cell: (s) => ({
      text: `${formatNumber(100 * s.confidence, 0)} %`,
      tone: s.direction === 'flat' ? 'muted' : s.direction,
      bar: { size: 100 * s.confidence },
    }),
  },
  {
    title: 'Horizon',
    kind: 'number',
    level: 3,
    cell: (s) => muted(`${formatNumber(s.horizon_seconds, s.horizon_seconds < 10 ? 1 : 0)} s`),
  },
  {
    title: 'Action',
    kind: 'text',
    level: 1,
    cell: (s) => (s.action === 'trade' ? { text: 'trade' } : muted('hold')),
  },
];

const STATUS_TONES: Readonly<Record<string, NonNullable<Cell['tone']>>> = {
  filled: 'up',
  rejected: 'down',
  unknown: 'warn',
  cancelled: 'muted',
  expired: 'muted',
};

const priceOf = ({ price }: OrderWire): string =>
  price === null ? 'market' : formatDecimalText(price);

const ENDED = new Set(['filled', 'rejected', 'cancelled', 'expired']);
export const isOpen = ({ status }: OrderWire): boolean => !ENDED.has(status);

const filledShare = (order: OrderWire): number => {
  const quantity = Number(order.quantity);
  return quantity > 0 ? (100 * Number(order.filled_quantity)) / quantity : 0;
};

export const ORDER_COLUMNS: readonly Column<OrderWire>[] = [
  { title: 'Time', kind: 'text', level: 2, cell: (o) => muted(formatTime(o.created_at)) },
  {
    title: 'Symbol',
    kind: 'text',
    level: 1,
    cell: (o) => ({
      text: o.symbol,
      title: o.venue,
      notes: { 3: o.venue, 2: `${formatTime(o.created_at).slice(0, 8)} ${o.strategy || o.origin}` },
    }),
  },
  {
    title: 'Side',
    kind: 'text',
    level: 1,
    cell: (o) => ({ text: o.side, tone: o.side === 'buy' ? 'up' : 'down' }),
  },
  {
    title: 'Type',
    kind: 'text',
    level: 3,
    cell: (o) => muted(`${o.order_type} ${o.post_only ? 'post' : o.time_in_force}`),
  },
  {
    title: 'Quantity',
    kind: 'number',
    level: 1,
    cell: (o) => ({ text: formatDecimalText(o.quantity), notes: { 2: `at ${priceOf(o)}` } }),
  },
  {
    title: 'Price',
    kind: 'number',
    level: 2,
    cell: (o) => ({ text: priceOf(o) }),
  },
  {
    title: 'Filled',
    kind: 'bar',
    level: 2,
    cell: (o) => ({
      text: `${formatNumber(filledShare(o), 0)} %`,
      tone: filledShare(o) > 0 ? 'up' : 'muted',
      bar: { size: filledShare(o) },
    }),
  },
  {
    title: 'Average',
    kind: 'number',
    level: 3,
    cell: (o) =>
      o.average_price === null ? muted('–') : { text: formatPrice(Number(o.average_price)) },
  },
  {
    title: 'Status',
    kind: 'text',
    level: 1,
    cell: (o) => ({ text: formatWords(o.status), tone: STATUS_TONES[o.status] ?? 'plain' }),
  },
  { title: 'Origin', kind: 'text', level: 3, cell: (o) => muted(o.strategy || o.origin) },
  {
    title: 'Reason',
    kind: 'text',
    level: 3,
    cell: (o) => ({ text: formatWords(o.reason), tone: 'muted', title: o.reason }),
  },
];

const STAGE_TITLES: Readonly<Record<string, string>> = {
  decode: 'Decode',
  book: 'Book',
  feature: 'Features',
  inference: 'Inference',
  forecast: 'Forecast back',
  signal: 'Signal',
  compliance: 'Compliance',
  riskCheck: 'Risk check',
  send: 'Send',
  tickToOrder: 'Tick to order',
  journal: 'Journal durable',
  apply: 'Any event',
};

// The scale of the bars: 100 ns at the left, 100 ms at the right.
const LEAST_US = 0.1;
const DECADES = 6;

const onScale = (us: number): number =>
  Math.max(0, Math.min(100, (100 * Math.log10(us / LEAST_US)) / DECADES));

export const STAGE_COLUMNS: readonly Column<StageWire>[] = [
  {
    title: 'Stage',
    kind: 'text',
    level: 1,
    cell: (s) => ({
      text: STAGE_TITLES[s.stage] ?? s.stage,
      title: `${formatCompact(s.count)} values, longest ${formatUs(s.max_us)}`,
    }),
  },
  { title: 'p50', kind: 'number', level: 1, cell: (s) => ({ text: formatUs(s.p50_us) }) },
  { title: 'p99', kind: 'number', level: 1, cell: (s) => ({ text: formatUs(s.p99_us) }) },
  { title: 'p99.9', kind: 'number', level: 2, cell: (s) => muted(formatUs(s.p999_us)) },
  {
    title: '',
    kind: 'range',
    level: 1,
    cell: (s) => ({
      text: '',
      bar: {
        from: onScale(s.p50_us),
        size: Math.max(1.5, onScale(s.p99_us) - onScale(s.p50_us)),
        mark: Math.min(98.5, onScale(s.p999_us)),
      },
    }),
  },
];
