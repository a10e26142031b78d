// Owns the recording of live frames for `colin run --record`: one capture file a venue.
// Promise: what was fed is what a replay reads; a slow disk loses frames loudly, never the market.
import type { Instrument } from '../../engine/core/instrument.ts';
import { type CaptureWriter, createCaptureWriter } from '../../engine/storage/capture-writer.ts';
import { complain } from '../terminal.ts';

export interface Recorder {
  readonly write: (receiveUs: number, frame: string, instrument: Instrument) => void;
  /** False when a disk refused; what is missing has been said. Never rejects. */
  close(): Promise<boolean>;
}

/** A recorder into `folder`, or one that records nothing for null. */
export function openRecorder(folder: string | null): Recorder {
  if (folder === null) return { write: () => undefined, close: async () => true };
  const writers = new Map<string, CaptureWriter>();
  const failed = new Set<string>();
  const fail = (venue: string, { message }: Error): void => {
    if (failed.has(venue)) return;
    failed.add(venue);
    complain(`--record: ${venue}: nothing more is recorded, and trading goes on: ${message}`);
  };
  const writerOf = (venue: string): CaptureWriter => {
    const open = writers.get(venue);
    if (open !== undefined) return open;
    const onFailure = (error: Error): void => fail(venue, error);
    const writer = createCaptureWriter({ folder, name: venue, onFailure });
    writers.set(venue, writer);
    return writer;
  };
  return {
    write(receiveUs, frame, { venue }) {
      writerOf(venue).write(receiveUs, frame);
    },
    async close() {
      for (const [venue, writer] of writers) {
        await writer.close().catch((error: Error) => fail(venue, error));
        if (writer.refused > 0) complain(`${venue}: ${writer.refused} frames were not recorded.`);
      }
      return failed.size === 0;
    },
  };
}
