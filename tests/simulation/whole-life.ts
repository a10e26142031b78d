// Owns what a shaken house is: its engine, its venue and disk, and what it has drawn so far.
// Promise: plain data; whoever shakes it changes it in one place.
import assert from 'node:assert/strict';
import type { Instrument } from '../../engine/core/instrument.ts';
import type { Random } from '../../engine/core/ports.ts';
import type { JournalRecord } from '../../engine/facts/fact.ts';
import type { MemoryDisk } from '../../engine/storage/memory-disk.ts';
import type { System } from '../../engine/surroundings/system.ts';
import type { PaperFaults } from '../../engine/venues/paper/faults.ts';
import type { PaperVenue } from '../../engine/venues/paper/paper.ts';

export interface House {
  readonly random: Random;
  readonly instruments: readonly Instrument[];
  readonly records: JournalRecord[]; // since somebody looked
  /** Engines so far. */
  readonly lives: number;
  system: System;
  disk: MemoryDisk;
  nowUs: number;
}

export interface Life extends House {
  lives: number;
  readonly seed: string;
  readonly faults: Omit<PaperFaults, 'seed'>;
  paper: PaperVenue | null;
  fillIds: number;
  readonly mids: number[]; // real prices
  readonly sequences: number[];
  readonly keys: string[]; // client keys that were used
  readonly broken: string[]; // what a system said of its own end
}

export function at<Value>(list: readonly Value[], index: number): Value {
  const value = list[index];
  assert.ok(value !== undefined);
  return value;
}

export const between = (random: Random, least: number, most: number): number =>
  least + random.integer(most - least + 1);
