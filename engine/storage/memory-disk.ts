// Owns a disk in memory that forgets, tears and fails as real ones do, drawn from one seed.
// Promise: after a crash it holds all that was synced; of the rest, what a power cut may leave.
import { assert } from '../core/assert.ts';
import type { Random } from '../core/ports.ts';
import { createRandom } from '../core/random.ts';
import type { Disk, DiskFile, OpenMode } from './disk.ts';

export interface MemoryDiskOptions {
  readonly seed: string;
  readonly capacityBytes?: number; // beyond it a write fails with ENOSPC; 1 GiB unless said
  /**
   * A crash may leave zeros with written sectors behind them, as a disk does that writes out of
   * order. A journal with records behind such a hole is damaged, not torn (recovery.ts).
   */
  readonly hasHoles?: boolean;
}

/** Probabilities, 0 to 1: an append fails (ENOSPC, some of it written), a sync fails (EIO). */
export interface DiskFaults {
  readonly append: number;
  readonly sync: number;
}

export interface MemoryDisk extends Disk {
  setFaults(faults: DiskFaults): void;
  /** The power goes: every use of this disk and its files is refused; what a restart finds. */
  crash(): MemoryDisk;
}

const CAPACITY_BYTES = 2 ** 30;
const SECTOR_BYTES = 512; // written whole or not at all
const NO_FAULTS: DiskFaults = { append: 0, sync: 0 };

interface Content {
  buffer: Buffer; // grows by doubling
  size: number;
  synced: number; // bytes that survive
  before: Buffer | null; // as last synced, where that was cut since and the cut is not synced
  isDoubtful: boolean; // a sync failed: later ones promise nothing (the pages were given up)
}

type Names = ReadonlyMap<string, Content>;

interface State {
  readonly options: MemoryDiskOptions;
  readonly random: Random;
  readonly files: Map<string, Content>;
  readonly created: string[]; // names since the last syncNames(), in order
  faults: DiskFaults;
  crashes: number;
  isOff: boolean;
}

export function createMemoryDisk(options: MemoryDiskOptions): MemoryDisk {
  const { capacityBytes = CAPACITY_BYTES } = options;
  assert(capacityBytes > 0, `a disk holds some bytes, not ${capacityBytes}`);
  return diskOf(options, new Map(), 0);
}

function diskOf(options: MemoryDiskOptions, files: Names, crashes: number): MemoryDisk {
  const state: State = {
    options,
    random: createRandom(`${options.seed}/${crashes}`),
    files: new Map(files),
    created: [],
    faults: NO_FAULTS,
    crashes,
    isOff: false,
  };
  return {
    path: `memory:${options.seed}`,
    list() {
      refuseWhenOff(state);
      return [...state.files.keys()];
    },
    open: (name, mode) => openContent(state, contentOf(state, name, mode)),
    syncNames() {
      refuseWhenOff(state);
      state.created.length = 0;
    },
    setFaults(faults) {
      const isShare = (share: number): boolean => share >= 0 && share <= 1;
      const isGood = isShare(faults.append) && isShare(faults.sync);
      assert(isGood, `faults are probabilities from 0 to 1, not ${JSON.stringify(faults)}`);
      state.faults = faults;
    },
    crash() {
      refuseWhenOff(state);
      state.isOff = true;
      return diskOf(options, survivors(state), crashes + 1);
    },
  };
}

function refuseWhenOff({ isOff, options }: State): void {
  if (isOff) throw fault('EIO', `the disk ${options.seed} has crashed; use what crash() returned`);
}

/** As the file system throws it. */
const fault = (code: string, what: string): Error =>
  Object.assign(new Error(`${code}: ${what}`), { code });

function contentOf(state: State, name: string, mode: OpenMode): Content {
  refuseWhenOff(state);
  const found = state.files.get(name);
  if (found !== undefined) {
    if (mode === 'new') throw fault('EEXIST', `file already exists, open '${name}'`);
    return found;
  }
  if (mode === 'read') throw fault('ENOENT', `no such file or directory, open '${name}'`);
  const made = contentFrom(Buffer.alloc(0));
  state.files.set(name, made);
  state.created.push(name);
  return made;
}

const contentFrom = (bytes: Buffer): Content => ({
  buffer: bytes,
  size: bytes.length,
  synced: bytes.length,
  before: null,
  isDoubtful: false,
});

const openContent = (state: State, content: Content): DiskFile => ({
  bytes() {
    refuseWhenOff(state);
    return content.size;
  },
  read(into, at, length, from) {
    refuseWhenOff(state);
    const end = Math.min(content.size, from + length);
    return from >= end ? 0 : content.buffer.copy(into, at, from, end);
  },
  append(bytes) {
    refuseWhenOff(state);
    write(state, content, bytes);
  },
  truncate(bytes) {
    refuseWhenOff(state);
    cut(content, bytes);
  },
  sync() {
    refuseWhenOff(state);
    if (state.random.uniform() < state.faults.sync) {
      content.isDoubtful = true;
      throw fault('EIO', 'i/o error, fdatasync');
    }
    if (content.isDoubtful) return; // says yes, as Linux does, about pages it has given up
    content.synced = content.size;
    content.before = null;
  },
  close: () => refuseWhenOff(state),
});

function write(state: State, content: Content, bytes: Buffer): void {
  const { capacityBytes = CAPACITY_BYTES } = state.options;
  const used = [...state.files.values()].reduce((sum, { size }) => sum + size, 0);
  const room = Math.max(0, capacityBytes - used);
  const isFailing = state.random.uniform() < state.faults.append;
  const length = isFailing ? state.random.integer(bytes.length) : Math.min(bytes.length, room);
  const end = content.size + length;
  if (content.buffer.length < end) {
    const grown = Buffer.alloc(Math.max(end, 2 * content.buffer.length));
    content.buffer.copy(grown, 0, 0, content.size);
    content.buffer = grown;
  }
  bytes.copy(content.buffer, content.size, 0, length);
  content.size = end;
  if (length < bytes.length) throw fault('ENOSPC', 'no space left on device, write');
}

function cut(content: Content, bytes: number): void {
  assert(bytes >= 0 && bytes <= content.size, `a cut at ${bytes} of ${content.size} bytes`);
  if (bytes < content.synced) {
    content.before ??= Buffer.from(content.buffer.subarray(0, content.synced));
    content.synced = bytes;
  }
  content.size = bytes;
}

/** Names reach the disk in the order they were made; contents in any, each on its own. */
function survivors(state: State): Names {
  const { random, created } = state;
  const lost = new Set(created.slice(random.integer(created.length + 1)));
  const left = [...state.files].filter(([name]) => !lost.has(name));
  return new Map(left.map(([name, content]) => [name, contentFrom(whatIsLeft(state, content))]));
}

function whatIsLeft({ random, options }: State, content: Content): Buffer {
  const { buffer, synced, size, before } = content;
  if (before !== null && random.integer(2) === 0) return before;
  const draw = random.integer(4);
  const torn = synced + random.integer(size - synced + 1);
  const end = draw === 0 ? synced : draw === 1 ? size : torn;
  const left = Buffer.from(buffer.subarray(0, end));
  if (draw !== 3) return left;
  // The file has grown, and not all of its pages were written before the power went.
  const grown = Buffer.alloc(end + random.integer(size - end + 1));
  left.copy(grown);
  if (options.hasHoles === true) keepSectors(random, buffer, grown, end);
  return grown;
}

function keepSectors(random: Random, from: Buffer, to: Buffer, start: number): void {
  const first = Math.ceil(start / SECTOR_BYTES) * SECTOR_BYTES;
  for (let at = first; at < to.length; at += SECTOR_BYTES) {
    if (random.integer(2) === 0) from.copy(to, at, at, Math.min(at + SECTOR_BYTES, to.length));
  }
}
