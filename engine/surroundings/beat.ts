// Owns the beat of a run in real time: waiting frames first, then the clock; how late we are.
// Promise: a stall is told as ours; the clock never overtakes a frame that was there before it.
import type { EpochUs } from '../core/units.ts';
import type { Telemetry } from '../memory/telemetry.ts';
import type { MarketSource } from './house.ts';

export interface BeatOptions {
  readonly source: Pick<MarketSource, 'nextUs' | 'step'>;
  readonly nowUs: () => EpochUs; // a clock that goes on while the engine does not
  readonly tick: (nowUs: EpochUs) => void;
  readonly telemetry: Telemetry;
  readonly beatUs: number; // between two beats, when nothing is late
  /** The engine was behind by more than LAG_ALARM_US, and this was the most. Once a stall. */
  readonly onStall: (lagMs: number) => void;
}

/** Between two clock events, in whatever time a run goes by. */
export const TICK_US = 100_000;

/** Behind by more than this is a stall: five ticks, a tenth of what makes a venue stale. */
export const LAG_ALARM_US = 500_000;

// Of market time in one beat, a few hundred frames: what is late comes in pieces, so that commands
// and timers get their turn between them.
const SLICE_US = 100_000;

/** One turn of the event loop's timer. */
export function createBeat(options: BeatOptions): () => void {
  const { source, nowUs, tick, telemetry, beatUs } = options;
  let throughUs: number = nowUs(); // everything up to here has been fed
  let tickedUs = Number.NEGATIVE_INFINITY;
  let worstUs = 0; // of the stall that goes on; 0: none
  const measure = (now: number): void => {
    const lagUs = Math.max(0, now - throughUs - beatUs);
    const lag = lagUs / 1e6;
    telemetry.set('engineLagSeconds', lag);
    telemetry.set('engineLagSecondsMax', Math.max(lag, telemetry.read('engineLagSecondsMax')));
    if (lagUs < LAG_ALARM_US) return;
    if (worstUs === 0) telemetry.add('engineStalls', 1);
    worstUs = Math.max(worstUs, lagUs);
  };
  return () => {
    const now = nowUs();
    measure(now);
    const untilUs = Math.min(now, source.nextUs() + SLICE_US);
    while (source.nextUs() <= untilUs) source.step();
    if (source.nextUs() <= now) return;
    throughUs = now;
    if (worstUs > 0) options.onStall(Math.round(worstUs / 1000));
    worstUs = 0;
    if (now - tickedUs < TICK_US) return;
    tickedUs = now;
    tick(now);
  };
}
