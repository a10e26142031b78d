// Owns the CSV of feature rows that `colin replay --features` writes.
// Promise: one header, one line a row, in order; the file is whole when it is closed.
import { closeSync, openSync, writeSync } from 'node:fs';
import { featureCsvHeader, featureCsvRow } from '../../engine/features/vector.ts';
import type { ForecasterOptions } from '../../engine/models/forecaster.ts';

const FLUSH_CHARACTERS = 1 << 20;

export interface FeatureFile {
  readonly onRow: NonNullable<ForecasterOptions['onRow']>;
  close(): void;
}

/** Opens `path` for writing, or nothing for null. Throws the system's error when it cannot. */
export function openFeatureFile(path: string | null): FeatureFile | null {
  if (path === null) return null;
  const file = openSync(path, 'w');
  let text = `${featureCsvHeader()}\n`;
  const flush = (): void => {
    writeSync(file, text);
    text = '';
  };
  return {
    onRow(instrument, nowUs, status, row) {
      text += `${featureCsvRow(nowUs, instrument.key, status, row)}\n`;
      if (text.length > FLUSH_CHARACTERS) flush();
    },
    close() {
      flush();
      closeSync(file);
    },
  };
}
