// Owns the disk under the journal: a folder of files, written at their ends, and the real one.
// Promise: what was synced is there after a crash; every fault is thrown, none is swallowed.
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * One folder. Synchronous: it is used by threads that have nothing else to do. Faults are thrown
 * as the file system throws them: errors with a `code` (ENOENT, EEXIST, ENOSPC, EIO, …).
 */
export interface Disk {
  readonly path: string; // of the folder, for messages
  /** Names in it, in no order; [] when the folder does not exist. */
  list(): readonly string[];
  open(name: string, mode: OpenMode): DiskFile;
  /** Makes names durable: files created before it are there after a crash. */
  syncNames(): void;
}

/** `read`: it must exist; `append`: made where it does not; `new`: it must not exist. */
export type OpenMode = 'read' | 'append' | 'new';

export interface DiskFile {
  /** Size now, bytes. */
  bytes(): number;
  /** Up to `length` bytes from offset `from` into `into` at `at`; how many there were. */
  read(into: Buffer, at: number, length: number, from: number): number;
  /** All of `bytes`, at the end. After a fault any part of them may be there. */
  append(bytes: Buffer): void;
  /** Cuts everything from byte `bytes` on. */
  truncate(bytes: number): void;
  /** Returns when content and size are on the disk. */
  sync(): void;
  close(): void;
}

/** The code of a fault of the file system, '' for any other error. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the quota of this user is used up: free some space',
  EFBIG: 'files may not grow that large here: raise the limit of file sizes (ulimit -f)',
  EROFS: 'the disk can only be read: mount it to be written',
  EACCES: 'give this user the right to write there',
};

/** A fault at the journal in a sentence: which file, which fault, what to do. */
export function describeDiskFault(error: unknown, path: string): string {
  const what = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  const advice = code === '' ? '' : `; ${ADVICE[code] ?? 'look after the disk'}, then start again`;
  return (
    `the journal cannot be written: ${path}: ${what}${advice}. What was recorded before is safe, ` +
    'and the next start goes on from it'
  );
}

const FLAGS: Readonly<Record<OpenMode, string>> = { read: 'r', append: 'a+', new: 'ax+' };
const MODE = 0o640;

/** The folder `path` of the file system. */
export const openDisk = (path: string): Disk => ({
  path,
  list() {
    try {
      return readdirSync(path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  },
  open: (name, mode) => openFile(openSync(join(path, name), FLAGS[mode], MODE)),
  syncNames() {
    const folder = openSync(path, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  },
});

const openFile = (file: number): DiskFile => ({
  bytes: () => fstatSync(file).size,
  read: (into, at, length, from) => readSync(file, into, at, length, from),
  append(bytes) {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
  },
  truncate: (bytes) => ftruncateSync(file, bytes),
  sync: () => fdatasyncSync(file), // with the size, where reading the content needs it
  close: () => closeSync(file),
});
