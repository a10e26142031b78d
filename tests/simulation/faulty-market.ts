// Owns a generated market on a bad line: frames lost, doubled, swapped, connections that break.
// Promise: one seed decides every fault; it knows the true top of every book at every update id.
import type { Instrument } from '../../engine/core/instrument.ts';
import type { Random } from '../../engine/core/ports.ts';
import { createRandom } from '../../engine/core/random.ts';
import { createGenerator, type Generator } from '../../engine/venues/generated/generator.ts';

export interface Top {
  readonly bid: number; // price steps
  readonly ask: number;
}

export type Delivery =
  | { readonly kind: 'frame'; readonly text: string; readonly instrument: Instrument }
  | { readonly kind: 'disconnect'; readonly venue: string };

export interface Faults {
  lost: number;
  doubled: number;
  swapped: number;
  disconnects: number;
}

export interface FaultyMarket {
  readonly generator: Generator;
  readonly faults: Faults;
  /** Emits what arrives up to `toUs`. */
  advance(toUs: number, deliver: (us: number, delivery: Delivery) => void): void;
  /** Asks for a snapshot; it arrives a while later, or is lost and must be asked for again. */
  requestSnapshot(instrument: Instrument): void;
  /** The top of the generator's own book when it had this id; undefined when it never had. */
  topAt(instrument: Instrument, id: number): Top | undefined;
}

const LOST = 0.004; // of all frames
const DOUBLED = 0.01;
const SWAPPED = 0.004; // with the next frame of the instrument
const DISCONNECT = 0.001; // after a frame: the whole venue
const SNAPSHOT_LOST = 0.1;
const SNAPSHOT_DELAY_US_MAX = 300_000;
const SNAPSHOT_AGAIN_US = 500_000; // asked for again when none came

interface State extends FaultyMarket {
  readonly random: Random;
  readonly tops: Map<string, Map<number, Top>>; // by key, then update id
  readonly held: Map<string, string>; // a frame that waits for the next one of its instrument
  readonly due: Map<Instrument, number>; // snapshots on their way
}

export function createFaultyMarket(
  seed: string,
  instruments: readonly Instrument[],
  startUs: number,
): FaultyMarket {
  const generator = createGenerator({ seed, instruments, startUs });
  const random = createRandom(`${seed}/faults`);
  const tops = new Map(instruments.map(({ key }) => [key, new Map<number, Top>()]));
  let nowUs = startUs;
  const state: State = {
    generator,
    random,
    tops,
    held: new Map(),
    due: new Map(),
    faults: { lost: 0, doubled: 0, swapped: 0, disconnects: 0 },
    advance(toUs, deliver) {
      generator.advance(toUs, (us, text, instrument) => {
        nowUs = us;
        remember(state, instrument, text);
        pass(state, us, text, instrument, deliver);
        answerSnapshots(state, us, deliver);
      });
    },
    requestSnapshot(instrument) {
      if (state.due.has(instrument)) return;
      state.due.set(instrument, nowUs + random.integer(SNAPSHOT_DELAY_US_MAX));
    },
    topAt: ({ key }, id) => tops.get(key)?.get(id),
  };
  return state;
}

// A depth frame is emitted when the book is as the frame leaves it; so is a snapshot.
function remember({ generator, tops }: State, instrument: Instrument, text: string): void {
  const id =
    /"e":"depthUpdate".*?"u":(\d+)/.exec(text)?.[1] ?? /"lastUpdateId":(\d+)/.exec(text)?.[1];
  if (id !== undefined) tops.get(instrument.key)?.set(Number(id), generator.top(instrument));
}

type Deliver = (us: number, delivery: Delivery) => void;

function pass(state: State, us: number, text: string, instrument: Instrument, deliver: Deliver) {
  const { random, faults, held } = state;
  const send = (frame: string): void => deliver(us, { kind: 'frame', text: frame, instrument });
  const waiting = held.get(instrument.key);
  held.delete(instrument.key);
  if (random.uniform() < LOST) faults.lost += 1;
  else if (waiting === undefined && random.uniform() < SWAPPED) {
    faults.swapped += 1;
    held.set(instrument.key, text);
  } else {
    send(text);
    if (random.uniform() < DOUBLED) {
      faults.doubled += 1;
      send(text);
    }
  }
  if (waiting !== undefined) send(waiting);
  if (random.uniform() >= DISCONNECT) return;
  faults.disconnects += 1;
  deliver(us, { kind: 'disconnect', venue: instrument.venue });
}

function answerSnapshots(state: State, us: number, deliver: Deliver): void {
  const { due, random, generator } = state;
  for (const [instrument, dueUs] of due) {
    if (dueUs > us) continue;
    due.delete(instrument);
    if (random.uniform() < SNAPSHOT_LOST) {
      due.set(instrument, us + SNAPSHOT_AGAIN_US);
      continue;
    }
    const text = generator.snapshot(instrument);
    remember(state, instrument, text);
    deliver(us, { kind: 'frame', text, instrument });
  }
}
