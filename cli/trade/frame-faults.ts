// Owns what is said about frames and files that are not as they should be.
// Promise: the first of each kind in each file is told with file and line; all of them are counted.
import type { CaptureProblem } from '../../engine/storage/capture-source.ts';
import type { DecodeProblem } from '../../engine/venues/binance/decode.ts';
import { complain } from '../terminal.ts';

const TOLD_PER_KIND = 3;
// What is not damage: a stream we do not decode, a recorder's clock, an answer to a subscription.
const HARMLESS = new Set(['unknown_stream', 'not_market_data', 'time_backwards', 'unknown_symbol']);

export interface FrameFaults {
  readonly onCapture: (problem: CaptureProblem) => void;
  readonly onFrame: (path: string, line: number, problem: DecodeProblem) => void;
  /** Something was lost: the exit code says so. */
  readonly isDamaged: boolean;
  /** Count by kind. */
  summary(): Readonly<Record<string, number>>;
}

export function createFrameFaults(): FrameFaults {
  const counts = new Map<string, number>();
  const told = new Map<string, number>();
  let isDamaged = false;
  const note = (kind: string, path: string, text: string): void => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    isDamaged ||= !HARMLESS.has(kind);
    const key = `${path} ${kind}`;
    const times = (told.get(key) ?? 0) + 1;
    told.set(key, times);
    if (times <= TOLD_PER_KIND) complain(text);
    if (times === TOLD_PER_KIND) complain(`${path}: further '${kind}' are only counted.`);
  };
  return {
    onCapture({ kind, path, line, offset, what }) {
      note(kind, path, `${path}:${line}: byte ${offset}: ${kind}: ${what}`);
    },
    onFrame(path, line, { kind, what, at }) {
      note(kind, path, `${path}:${line}: character ${at} of the frame: ${kind}: ${what}`);
    },
    get isDamaged() {
      return isDamaged;
    },
    summary: () => Object.fromEntries(counts),
  };
}
