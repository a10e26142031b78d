// Owns the client side of one WebSocket text frame (RFC 6455, section 5): header, mask, payload.
// Promise: one buffer a frame, ready for one write; each frame has a mask nobody can foretell.
import { randomFillSync } from 'node:crypto';

const TEXT_FINAL = 0x81; // FIN, opcode 1
const MASKED = 0x80;
const MASK_BYTES = 4;
const SHORT_MAX = 125;
const MEDIUM_MAX = 65535;
const MASKS = Buffer.alloc(4096);

let maskAt = MASKS.length;

/** Bytes of `text` as one masked frame; null when it is longer than 65,535 bytes of UTF-8. */
export function encodeTextFrame(text: string): Buffer | null {
  const length = Buffer.byteLength(text);
  if (length > MEDIUM_MAX) return null;
  const isShort = length <= SHORT_MAX;
  const start = (isShort ? 2 : 4) + MASK_BYTES;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = TEXT_FINAL;
  if (isShort) frame[1] = MASKED | length;
  else {
    frame[1] = MASKED | 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.write(text, start);
  mask(frame, start);
  return frame;
}

function mask(frame: Buffer, start: number): void {
  if (maskAt === MASKS.length) {
    randomFillSync(MASKS);
    maskAt = 0;
  }
  for (let at = 0; at < MASK_BYTES; at += 1)
    frame[start - MASK_BYTES + at] = MASKS[maskAt + at] ?? 0;
  for (let at = start; at < frame.length; at += 1) {
    frame[at] = (frame[at] ?? 0) ^ (MASKS[maskAt + ((at - start) & 3)] ?? 0);
  }
  maskAt += MASK_BYTES;
}
