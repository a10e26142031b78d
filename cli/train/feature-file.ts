// Owns the CSV of feature rows that `colin replay --features` writes.
// Promise: one header, one line a row, in order; the file is whole when it is closed.
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { featureCsvHeader, featureCsvRow } from '../../engine/features/vector.ts';
import type { ForecasterOptions } from '../../engine/models/forecaster.ts';

const FLUSH_CHARACTERS = 1 << 20;

export interface FeatureFile {
  readonly onRow: NonNullable<ForecasterOptions['onRow']>;
  close(): void;
}

/** Opens `path` for writing. It and what is returned throw the system's error, with the path. */
export function openFeatureFile(path: string): FeatureFile {
  const file = openSync(path, 'w');
  let text = `${featureCsvHeader()}\n`;
  const flush = (): void => {
    const rows = text;
    text = ''; // what could not be written is not tried again
    try {
      appendFileSync(file, rows); // all of it: one write may take a part
    } catch (error) {
      throw new Error(`${path}: ${error instanceof Error ? error.message : error}`);
    }
  };
  return {
    onRow(instrument, nowUs, status, row) {
      text += `${featureCsvRow(nowUs, instrument.key, status, row)}\n`;
      if (text.length > FLUSH_CHARACTERS) flush();
    },
    close() {
      try {
        flush();
      } finally {
        closeSync(file);
      }
    },
  };
}
