// Owns how Binance prints its market data: the frames of the three venues, byte for byte alike.
// Promise: fixed decimals, the venue's own order of fields.
import type { Instrument } from '../../core/instrument.ts';
import { powerOfTen } from '../../core/units.ts';
import { type GeneratedSide, levelsOf, qtyAt } from './book.ts';

/** An integer of 10^-scale with all its decimals, as venues print: 618002 at 2 gives "6180.02". */
export function fixedDecimal(steps: number, scale: number): string {
  if (scale === 0) return String(steps);
  const unit = powerOfTen(scale);
  const whole = Math.floor(steps / unit);
  return `${whole}.${String(steps - whole * unit).padStart(scale, '0')}`;
}

const isSpot = (instrument: Instrument): boolean => instrument.venue === 'binance-spot';

const SPOT_DECIMALS = 8; // spot prints eight decimals everywhere, whatever the tick

function printed(instrument: Instrument, steps: number, scale: number): string {
  const text = fixedDecimal(steps, scale);
  if (!isSpot(instrument) || scale >= SPOT_DECIMALS) return text;
  const zeros = '0'.repeat(SPOT_DECIMALS - scale);
  return scale === 0 ? `${text}.${zeros}` : text + zeros;
}

const priceText = (instrument: Instrument, tick: number): string =>
  printed(instrument, tick * instrument.tick, instrument.priceScale);
const qtyText = (instrument: Instrument, lots: number): string =>
  printed(instrument, lots * instrument.lot, instrument.qtyScale);

const isCoin = (instrument: Instrument): boolean => instrument.venue === 'binance-coinm';
// COIN-M names the pair beside the symbol: BTCUSD of BTCUSD_PERP.
const pairText = (instrument: Instrument): string =>
  isCoin(instrument) ? `,"ps":"${instrument.symbol.split('_')[0]}"` : '';

const wrap = (instrument: Instrument, stream: string, data: string): string =>
  `{"stream":"${instrument.symbol.toLowerCase()}@${stream}","data":{${data}}}`;

const levelText = (instrument: Instrument, tick: number, lots: number): string =>
  `["${priceText(instrument, tick)}","${qtyText(instrument, lots)}"]`;

const changesText = (
  instrument: Instrument,
  side: GeneratedSide,
  ticks: readonly number[],
): string => ticks.map((tick) => levelText(instrument, tick, qtyAt(side, tick))).join(',');

export interface DepthIds {
  readonly firstId: number;
  readonly lastId: number;
  readonly previousId: number;
}

/** A depth diff: what `bidTicks` and `askTicks` hold now. */
export function depthFrame(
  instrument: Instrument,
  eventMs: number,
  ids: DepthIds,
  bids: GeneratedSide,
  asks: GeneratedSide,
  bidTicks: readonly number[],
  askTicks: readonly number[],
): string {
  const { symbol } = instrument;
  const levels = `"b":[${changesText(instrument, bids, bidTicks)}],"a":[${changesText(
    instrument,
    asks,
    askTicks,
  )}]`;
  const head = `"e":"depthUpdate","E":${eventMs}`;
  const chain = `"U":${ids.firstId},"u":${ids.lastId}`;
  if (isSpot(instrument)) {
    return wrap(instrument, 'depth@100ms', `${head},"s":"${symbol}",${chain},${levels}`);
  }
  const names = `"T":${eventMs},"s":"${symbol}"${pairText(instrument)}`;
  const data = `${head},${names},${chain},"pu":${ids.previousId},${levels}`;
  return wrap(instrument, 'depth@0ms', data);
}

/** The best bid and ask as the venue's ticker states them. */
export function tickerFrame(
  instrument: Instrument,
  eventMs: number,
  id: number,
  bids: GeneratedSide,
  asks: GeneratedSide,
): string {
  const quote =
    `"b":"${priceText(instrument, bids.best)}","B":"${qtyText(instrument, bids.bestQty)}",` +
    `"a":"${priceText(instrument, asks.best)}","A":"${qtyText(instrument, asks.bestQty)}"`;
  const names = `"s":"${instrument.symbol}"${pairText(instrument)}`;
  if (isSpot(instrument)) return wrap(instrument, 'bookTicker', `"u":${id},${names},${quote}`);
  const head = isCoin(instrument) ? `"u":${id},"e":"bookTicker"` : `"e":"bookTicker","u":${id}`;
  const times = `"T":${eventMs},"E":${eventMs}`;
  return wrap(instrument, 'bookTicker', `${head},${names},${quote},${times}`);
}

/** One trade; the aggressor sold when the buyer is the maker. */
export function tradeFrame(
  instrument: Instrument,
  eventMs: number,
  id: number,
  tick: number,
  lots: number,
  buyerIsMaker: boolean,
): string {
  const head = `"e":"trade","E":${eventMs}`;
  const body =
    `"s":"${instrument.symbol}","t":${id},"p":"${priceText(instrument, tick)}",` +
    `"q":"${qtyText(instrument, lots)}"`;
  const data = isSpot(instrument)
    ? `${head},${body},"T":${eventMs},"m":${buyerIsMaker},"M":true`
    : `${head},"T":${eventMs},${body},"X":"MARKET","m":${buyerIsMaker}`;
  return wrap(instrument, 'trade', data);
}

/** The REST answer to a depth request. Spot prints no symbol: tell the decoder whose it is. */
export function snapshotFrame(
  instrument: Instrument,
  eventMs: number,
  id: number,
  bids: GeneratedSide,
  asks: GeneratedSide,
): string {
  const side = (levels: GeneratedSide): string =>
    [...levelsOf(levels)].map(([tick, lots]) => levelText(instrument, tick, lots)).join(',');
  const times = isSpot(instrument) ? '' : `,"E":${eventMs},"T":${eventMs}`;
  const { symbol } = instrument;
  const names = isCoin(instrument) ? `,"symbol":"${symbol}","pair":"${symbol.split('_')[0]}"` : '';
  return `{"lastUpdateId":${id}${times}${names},"bids":[${side(bids)}],"asks":[${side(asks)}]}`;
}
