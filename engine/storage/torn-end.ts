// Owns the end of a journal that a crash cut short: telling it from damage, and cutting it off.
// Promise: what is cut is on the disk in a file of its own before the journal loses it.
import { assert } from '../core/assert.ts';
import type { Disk, DiskFile } from './disk.ts';
import { journalFileName } from './journal-format.ts';
import { type JournalPlace, readLines, type ScanEnd } from './journal-scan.ts';

const COPY_BYTES = 1 << 16;
const KEPT_MAX = 1000; // files of one name, told apart by a number

/**
 * A write that was cut short leaves an incomplete line; a lost page leaves zeros. Neither can have
 * a record behind it. Anything else was changed after it was written: damage.
 */
export function isTorn(disk: Disk, end: ScanEnd, lastFile: number): boolean {
  if (end.kind !== 'damaged' || end.place.file !== lastFile) return false;
  let isFirst = true;
  for (const { bytes } of readLines(disk, journalFileName(lastFile), end.place.offset)) {
    if (isFirst && !end.isIncomplete && !bytes.includes(0)) return false;
    if (!isFirst && /^[0-9a-f]{64} \{"seq":/.test(bytes.toString('latin1', 0, 72))) return false;
    isFirst = false;
  }
  return true;
}

/** Keeps the bytes after `place` in torn-<seq>.bin, then removes them. Returns how many. */
export function cutTorn(disk: Disk, place: JournalPlace): number {
  const file = disk.open(journalFileName(place.file), 'append');
  const kept = openNew(disk, `torn-${place.seq + 1}`);
  try {
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    let bytes = 0;
    for (;;) {
      const got = file.read(buffer, 0, buffer.length, place.offset + bytes);
      if (got === 0) break;
      kept.append(buffer.subarray(0, got));
      bytes += got;
    }
    kept.sync();
    disk.syncNames();
    file.truncate(place.offset);
    file.sync();
    return bytes;
  } finally {
    file.close();
    kept.close();
  }
}

/** A file that did not exist before: `<stem>.bin`, `<stem>-2.bin`, … */
function openNew(disk: Disk, stem: string): DiskFile {
  const names = new Set(disk.list());
  for (let attempt = 1; attempt <= KEPT_MAX; attempt += 1) {
    const name = `${stem}${attempt === 1 ? '' : `-${attempt}`}.bin`;
    if (!names.has(name)) return disk.open(name, 'new');
  }
  assert(false, `${disk.path} holds ${KEPT_MAX} files ${stem}-*.bin: move them elsewhere`);
}
