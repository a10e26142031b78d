// Owns the recording of live frames for `colin run --record`: one capture file a venue.
// Promise: what was fed is what a replay reads; a slow disk loses frames loudly, never the market.
import type { Instrument } from '../../engine/core/instrument.ts';
import { type CaptureWriter, createCaptureWriter } from '../../engine/storage/capture-writer.ts';
import { complain } from '../terminal.ts';

export interface Recorder {
  readonly write: (receiveUs: number, frame: string, instrument: Instrument) => void;
  close(): Promise<void>;
}

/** A recorder into `folder`, or one that records nothing for null. */
export function openRecorder(folder: string | null): Recorder {
  if (folder === null) return { write: () => undefined, close: async () => undefined };
  const writers = new Map<string, CaptureWriter>();
  const writerOf = (venue: string): CaptureWriter => {
    const open = writers.get(venue);
    if (open !== undefined) return open;
    const writer = createCaptureWriter({ folder, name: venue });
    writers.set(venue, writer);
    return writer;
  };
  return {
    write(receiveUs, frame, { venue }) {
      writerOf(venue).write(receiveUs, frame);
    },
    async close() {
      for (const [venue, writer] of writers) {
        await writer.close();
        if (writer.refused > 0) complain(`${venue}: ${writer.refused} frames were not recorded.`);
      }
    },
  };
}
