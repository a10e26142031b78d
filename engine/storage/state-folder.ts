// Owns the folder given by --state: its layout, and the lock that lets one engine alone use it.
// Promise: the kernel drops the lock with its process, so a dead engine never blocks the next.
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Where things are within a state folder. */
export const statePaths = (dir: string): StatePaths => ({
  root: resolve(dir),
  journal: join(resolve(dir), 'journal'),
  database: join(resolve(dir), 'projections.db'),
  captures: join(resolve(dir), 'captures'),
});

export interface StatePaths {
  readonly root: string;
  readonly journal: string;
  readonly database: string;
  readonly captures: string;
}

export interface StateFolder {
  readonly kind: 'open';
  readonly paths: StatePaths;
  /** Gives the folder back; later calls do nothing. */
  close(): void;
}

export type StateProblem =
  /** A configuration problem (exit 3): the folder cannot be made or written. */
  | { readonly kind: 'unwritable'; readonly path: string; readonly message: string }
  /** Another engine has it (exit 5). `pid` is null where it has not said who it is. */
  | { readonly kind: 'in_use'; readonly pid: number | null; readonly message: string };

/** Creates what is missing below `dir` and takes the lock. */
export function openStateFolder(dir: string): StateFolder | StateProblem {
  const paths = statePaths(dir);
  try {
    mkdirSync(paths.journal, { recursive: true, mode: 0o750 });
    for (const path of [paths.root, paths.journal]) {
      accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    }
    return lock(paths);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const advice = 'choose another with --state';
    const message = `cannot use the state folder ${paths.root}: ${why}; ${advice}`;
    return { kind: 'unwritable', path: paths.root, message };
  }
}

const SQLITE_BUSY = 5;
const LOCK = 'engine.lock';

/**
 * The lock is SQLite's exclusive lock on an empty database: a kernel lock, gone with its process,
 * which Node has no other call for. A pid in a file could outlive its process or name another.
 */
function lock(paths: StatePaths): StateFolder | StateProblem {
  const pidPath = join(paths.root, 'engine.pid');
  const held = new DatabaseSync(join(paths.root, LOCK), { timeout: 0 });
  try {
    held.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    held.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    return inUse(paths.root, readPid(pidPath));
  }
  const robbed = readPid(pidPath);
  if (robbed !== null && holdsRemoved(robbed, paths.root)) {
    held.close();
    return lockRemoved(paths.root, robbed);
  }
  let isOpen = true;
  const close = (): void => {
    if (isOpen) held.close();
    isOpen = false;
  };
  try {
    writeFileSync(pidPath, `${process.pid}\n`);
  } catch (error) {
    close();
    throw error;
  }
  return { kind: 'open', paths, close };
}

/**
 * A lock file that somebody removed still locks its owner's own copy, and nobody else: the kernel
 * says who has one open. Where it does not say, there is nothing to be found.
 */
function holdsRemoved(pid: number, root: string): boolean {
  const removed = `${join(realpathSync(root), LOCK)} (deleted)`;
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => linkOf(join(folder, fd)) === removed);
  } catch {
    return false; // no such process any more, or not ours
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}

function lockRemoved(root: string, pid: number): StateProblem {
  const message =
    `process ${pid} still uses the state folder ${root}, although its ${LOCK} was removed; stop ` +
    'that engine first or choose another folder with --state. Never remove that file: it keeps ' +
    'two engines out of one journal';
  return { kind: 'in_use', pid, message };
}

function inUse(root: string, pid: number | null): StateProblem {
  const who = pid === null ? 'another process' : `process ${pid}`;
  const message =
    `the state folder ${root} is in use by ${who}; ` +
    'stop that engine first or choose another folder with --state';
  return { kind: 'in_use', pid, message };
}

function readPid(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null; // the owner is just starting and has not written it yet
  }
}
