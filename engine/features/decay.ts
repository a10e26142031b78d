// Owns exponentially decaying averages in event time, one per instrument.
// Promise: the weight of a value depends on elapsed time only, not on how often it was asked.

export interface Decay {
  /** Moves the average of `instrument` towards `value`; returns it. The first value is taken. */
  update(instrument: number, elapsedUs: number, value: number): number;
  read(instrument: number): number;
  reset(instrument: number): void;
}

/** After `timeConstantUs` a new level is reached to 63 %. NaN before the first value. */
export function createDecay(instruments: number, timeConstantUs: number): Decay {
  const averages = new Float64Array(instruments).fill(Number.NaN);
  const read = (instrument: number): number => averages[instrument] ?? Number.NaN;
  return {
    update(instrument, elapsedUs, value) {
      const before = read(instrument);
      const weight = 1 - Math.exp(-Math.max(0, elapsedUs) / timeConstantUs);
      const after = Number.isNaN(before) ? value : before + weight * (value - before);
      if (Number.isFinite(after)) averages[instrument] = after;
      return after;
    },
    read,
    reset(instrument) {
      averages[instrument] = Number.NaN;
    },
  };
}
