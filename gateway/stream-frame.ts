// Owns the list of WebSocket channels and what an encoder of binary frames is.
// Promise: a frame is plain data, numbered within its channel; encoders add nothing to it.
import type { BinaryFrame, Channel } from '../dashboard/wire.ts';

export const CHANNELS = [
  'signals',
  'orders',
  'portfolio',
  'metrics',
  'market',
  'risk',
] as const satisfies readonly Channel[];

/** Turns a frame into a binary one (FlatBuffers); null where the schema has no place for it. */
export type EncodeFrame = (frame: BinaryFrame) => Uint8Array | null;
