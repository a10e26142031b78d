// Owns the made-up market of the risk benchmark: its instruments and every frame it can send.
// Promise: frames are bytes made once; sending one writes its ids and times and nothing else.
import type { Instrument } from '../engine/core/instrument.ts';
import { listInstruments } from '../engine/market/instruments.ts';
import { inferInstrument } from '../engine/venues/binance/catalogue.ts';

export const VENUE = 'binance-usdm';

/** C0000USDT, C0001USDT …, prices of 100.00 to 1,000.00, lots of 0.001. */
export const makeInstruments = (count: number): Instrument[] =>
  listInstruments(
    Array.from({ length: count }, (_, k) => inferInstrument(VENUE, symbolOf(k), 2, 3)),
  );

export const symbolOf = (instrument: number): string =>
  `C${String(instrument).padStart(4, '0')}USDT`;

/** Which side the sizes at the touch speak for, by imbalance: none, 0.8 for buys, 0.8 for sells. */
export const LEANS = ['none', 'buy', 'sell'] as const;
export type Lean = (typeof LEANS)[number];

const LEVELS = 5; // a side
const SPREAD = 4; // price steps of 0.01
const STEPS = [0, 1, 0, -1] as const; // of the mid, one a frame, from where it stands
const TOUCH: Readonly<Record<Lean, readonly [bid: string, ask: string]>> = {
  none: ['50.000', '50.000'],
  buy: ['90.000', '10.000'],
  sell: ['10.000', '90.000'],
};

const bidOf = (instrument: number): number => 10_000 + ((instrument * 7919) % 90_000);

type Level = readonly [steps: number, qty: string];

const textOf = (levels: readonly Level[]): string =>
  levels.map(([steps, qty]) => `["${(steps / 100).toFixed(2)}","${qty}"]`).join(',');

const sideOf = (best: number, away: 1 | -1, touch: string): Level[] =>
  Array.from({ length: LEVELS }, (_, k) => [best + away * k, k === 0 ? touch : `${20 + k}.000`]);

// Ten digits an id and thirteen a time in milliseconds: every frame has them in the same places.
const ID = '0000000000';
const TIME = '0000000000000';
export const FIRST_ID = 1_000_000_000;

/** The whole book at FIRST_ID, as an answer to a question for it. */
export function snapshotText(instrument: number): string {
  const bid = bidOf(instrument) + STEPS[0];
  const bids = textOf(sideOf(bid, -1, TOUCH.none[0]));
  const asks = textOf(sideOf(bid + SPREAD, 1, TOUCH.none[1]));
  const symbol = symbolOf(instrument);
  return `{"symbol":"${symbol}","lastUpdateId":${FIRST_ID},"bids":[${bids}],"asks":[${asks}]}`;
}

/** Frame `step` of an instrument: the book moved there from the step before, and all its sizes. */
function frameText(instrument: number, step: number, lean: Lean): string {
  const bid = bidOf(instrument) + (STEPS[step % STEPS.length] ?? 0);
  const before = bidOf(instrument) + (STEPS[(step + STEPS.length - 1) % STEPS.length] ?? 0);
  const [bidQty, askQty] = TOUCH[lean];
  const sides = [
    { key: 'b', away: -1, from: before, to: bid, touch: bidQty },
    { key: 'a', away: 1, from: before + SPREAD, to: bid + SPREAD, touch: askQty },
  ] as const;
  const levels = sides.map(({ key, away, from, to, touch }) => {
    const now = sideOf(to, away, touch);
    const kept = new Set(now.map(([steps]) => steps));
    const gone = sideOf(from, away, '0.000').filter(([steps]) => !kept.has(steps));
    return `"${key}":[${textOf([...gone.map(([steps]): Level => [steps, '0.000']), ...now])}]`;
  });
  const symbol = symbolOf(instrument);
  return (
    `{"stream":"${symbol.toLowerCase()}@depth@0ms","data":{"e":"depthUpdate","E":${TIME},` +
    `"T":${TIME},"s":"${symbol}","U":${ID},"u":${ID},"pu":${ID},${levels.join(',')}}}`
  );
}

export interface Frames {
  /** Bytes of the frame of this step, header included. */
  sizeOf(instrument: number, step: number, lean: Lean): number;
  /** Writes it at `at`, as the update after `id - 1`; the end of it. */
  write(
    into: Buffer,
    at: number,
    instrument: number,
    step: number,
    lean: Lean,
    timeMs: number,
  ): number;
}

/** All frames of `count` instruments: about 6 kB each. */
export function makeFrames(count: number): Frames {
  const frames: Buffer[] = [];
  for (let instrument = 0; instrument < count; instrument += 1) {
    for (const step of STEPS.keys()) {
      for (const lean of LEANS) frames.push(serverFrame(frameText(instrument, step, lean)));
    }
  }
  const [first = Buffer.alloc(0)] = frames;
  const places = {
    times: [first.indexOf(`"E":`) + 4, first.indexOf(`"T":`) + 4],
    ids: [first.indexOf(`"U":`) + 4, first.indexOf(`"u":`) + 4],
    before: first.indexOf(`"pu":`) + 5,
  };
  const frameOf = (instrument: number, step: number, lean: Lean): Buffer =>
    frames[
      (instrument * STEPS.length + (step % STEPS.length)) * LEANS.length + LEANS.indexOf(lean)
    ] ?? first;
  return {
    sizeOf: (instrument, step, lean) => frameOf(instrument, step, lean).length,
    write(into, at, instrument, step, lean, timeMs) {
      const frame = frameOf(instrument, step, lean);
      frame.copy(into, at);
      for (const place of places.times) writeDigits(into, at + place, TIME.length, timeMs);
      const id = FIRST_ID + step;
      for (const place of places.ids) writeDigits(into, at + place, ID.length, id);
      writeDigits(into, at + places.before, ID.length, id - 1);
      return at + frame.length;
    },
  };
}

function writeDigits(into: Buffer, at: number, digits: number, value: number): void {
  let rest = value;
  for (let k = digits - 1; k >= 0; k -= 1) {
    const quotient = Math.floor(rest / 10);
    into[at + k] = 48 + (rest - 10 * quotient);
    rest = quotient;
  }
}

/** One unmasked text frame of 126 to 65,535 bytes (RFC 6455, section 5.2), ready for one write. */
export function serverFrame(text: string): Buffer {
  const frame = Buffer.allocUnsafe(4 + text.length);
  frame[0] = 0x81;
  frame[1] = 126;
  frame.writeUInt16BE(text.length, 2);
  frame.write(text, 4, 'latin1');
  return frame;
}
