// Owns the drive of a run: who brings frames, who takes them, and by whose time clocks go.
// Promise: frames go one way whatever the run; without a real clock the same frames drive it alike.
import type { RealClock } from '../core/clock.ts';
import { asEpochUs, type EpochUs } from '../core/units.ts';
import { createBeat, TICK_US } from './beat.ts';
import { createLines, type FrameTaker } from './frames.ts';
import type { Forecasts, MarketSource, Recording } from './house.ts';
import { sleepLong } from './long-sleep.ts';

/** What a run drives; a whole system is one. */
export interface Driven extends FrameTaker {
  tick(nowUs: EpochUs): void;
  readonly forecasts: Pick<Forecasts, 'isPending' | 'settle'>;
}

export interface LiveDrive {
  readonly source: MarketSource;
  readonly driven: Driven;
  readonly clock: RealClock;
  readonly beatMs: number; // between two looks at the source
  readonly onStall: (lagMs: number) => void; // the engine was behind; no venue is to blame
  readonly onClockStep: (stepMs: number) => void; // the clock was behind the wall
}

const CLOCK_MS = 1000; // between two looks at the wall clock

/** In real time, until it is stopped: beats behind the sockets' turn of the event loop. */
export function driveLive(drive: LiveDrive): () => void {
  const { source, driven, clock, beatMs, onStall, onClockStep } = drive;
  source.connect(createLines(driven, clock.nowNs));
  const { telemetry } = driven.ground;
  const { tick } = driven;
  const beatUs = beatMs * 1000;
  const beat = createBeat({ source, tick, telemetry, beatUs, onStall, nowUs: clock.nowUs });
  let next: NodeJS.Immediate | undefined;
  const beats = setInterval(() => {
    next = setImmediate(beat);
  }, beatMs);
  const looks = setInterval(() => {
    const stepUs = clock.observe(Date.now());
    if (stepUs > 0) onClockStep(Math.round(stepUs / 1000));
  }, CLOCK_MS);
  return () => {
    for (const timer of [beats, looks]) clearInterval(timer);
    clearImmediate(next);
  };
}

export interface RecordedDrive {
  readonly source: Recording;
  readonly driven: Driven;
  readonly nowNs: () => number;
  /** Times real time; default: as fast as frames come. */
  readonly speed?: number;
  readonly isOver?: () => boolean; // asked before each frame
  readonly onProgress?: () => void; // some thousand frames later
}

const QUIET_US = 60_000_000; // a longer silence is skipped, not ticked through

/** In the recording's own time, to its end: the clock up to a frame, the frame, its forecasts. */
export async function driveRecorded(drive: RecordedDrive): Promise<void> {
  const { source, driven, nowNs, speed = Number.POSITIVE_INFINITY } = drive;
  const { isOver = () => false, onProgress = () => undefined } = drive;
  const { forecasts } = driven;
  source.connect(createLines(driven, nowNs));
  const pace = Number.isFinite(speed) ? createPace(speed) : null;
  let tickUs = 0;
  try {
    while (!isOver() && (await source.load())) {
      for (let us = source.nextUs(); us < Infinity && !isOver(); us = source.nextUs()) {
        if (us - tickUs > QUIET_US) tickUs = us;
        for (; tickUs <= us; tickUs += TICK_US) driven.tick(asEpochUs(tickUs));
        source.step();
        if (forecasts.isPending()) await forecasts.settle();
        if (pace !== null) await pace(us);
      }
      onProgress();
    }
  } finally {
    await source.close();
  }
}

/** Waits for the moment at which a frame of `us` is due, the first being due now. */
function createPace(speed: number): (us: number) => Promise<void> {
  const startMs = performance.now();
  let firstUs = Number.NaN;
  return async (us) => {
    if (Number.isNaN(firstUs)) firstUs = us;
    const aheadMs = startMs + (us - firstUs) / 1000 / speed - performance.now();
    if (aheadMs > 1) await sleepLong(aheadMs);
  };
}
