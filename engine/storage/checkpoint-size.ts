// Owns the largest checkpoint a run may come to write, against the rings it has to pass.
// Promise: pure; a run whose checkpoint could ever be too long does not start, and is told why.
import type { FieldProblem } from '../core/ports.ts';
import { SLICES, type SliceName, type SliceSizes } from '../facts/slice-names.ts';
import type { Capacities } from '../memory/plan.ts';
import { LINE_BYTES_MAX } from './journal-format.ts';

// Around a state: {"seq":…,"timeUs":…,"body":{"kind":"checkpoint","slice":"…","state":…}} with
// numbers of up to 17 digits, and {"type":"record","record":…} on the way to the gateway.
const ENVELOPE_BYTES = 160;
const STATE_BYTES_MAX = LINE_BYTES_MAX - 2 * ENVELOPE_BYTES;
const FRAME_BYTES = 16; // header and padding of a frame
const RINGS = [
  { key: 'capacity.journalRingBytes', of: ({ journalBytes }: Rings) => journalBytes },
  { key: 'capacity.gatewayRingBytes', of: ({ gatewayBytes }: Rings) => gatewayBytes },
] as const;

type Rings = Pick<Capacities, 'journalBytes' | 'gatewayBytes'>;

/** The least ring, a power of two, that every record of a round is sure to pass. */
export function ringBytesFor(sizes: SliceSizes): number {
  const longest = Math.max(...SLICES.map((slice) => sizes[slice]));
  return 2 ** Math.ceil(Math.log2(2 * (longest + ENVELOPE_BYTES + FRAME_BYTES)));
}

/** A record has to fit half a ring: the other half may be padding at its end. */
const fitsRing = (bytes: number, ringBytes: number): boolean =>
  bytes + ENVELOPE_BYTES <= ringBytes / 2 - FRAME_BYTES;

/** Every slice that could outgrow a ring, each with its bytes and the key to raise; [] is good. */
export function problemsOfCheckpoint(sizes: SliceSizes, rings: Rings): readonly FieldProblem[] {
  return SLICES.flatMap((slice) => {
    const bytes = sizes[slice];
    if (!Number.isSafeInteger(bytes) || bytes < 2) {
      return [{ path: 'capacity', message: `the slice '${slice}' states ${bytes} B as its size` }];
    }
    if (bytes > STATE_BYTES_MAX) return [tooLong(slice, bytes)];
    const short = RINGS.filter(({ of }) => !fitsRing(bytes, of(rings)));
    return short.map(({ key, of }) => tooShort(key, of(rings), slice, bytes, sizes));
  });
}

/** What a slice's size comes from most. */
const keyOf = (slice: SliceName): string =>
  slice === 'orders' ? 'capacity.orders' : 'capacity.instruments';

const tooLong = (slice: SliceName, bytes: number): FieldProblem => ({
  path: keyOf(slice),
  message:
    `a checkpoint of the slice '${slice}' can take ${bytes} B, more than a line of the journal ` +
    `may (${STATE_BYTES_MAX} B): lower it`,
});

function tooShort(
  path: string,
  ringBytes: number,
  slice: SliceName,
  bytes: number,
  sizes: SliceSizes,
): FieldProblem {
  const message =
    `a checkpoint of the slice '${slice}' can take ${bytes} B, which has to fit half of this ` +
    `ring of ${ringBytes} B: raise it to ${ringBytesFor(sizes)}`;
  return { path, message };
}
