// Owns the recording of frames as capture files `<receive ns> <json>`, gzip, rotated by size.
// Promise: what close() has confirmed is on the disk; a crash loses at most one block.
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

export interface CaptureWriterOptions {
  readonly folder: string; // made when it is missing
  readonly name: string; // start of the file names, with the venue: 'binance-usdm'
  readonly rotateBytes?: number; // of text in one file; default 1 GiB
  readonly blockBytes?: number; // of text in one gzip member; default 1 MiB
  readonly pendingBytesMax?: number; // of text not yet on the disk; default 64 MiB
  readonly onFailure?: (error: Error) => void; // the disk refuses, once; nothing is taken any more
}

export interface CaptureWriter {
  /** Takes one frame without a line break; false when the disk is too slow and it was refused. */
  write(receiveUs: number, frame: string | Uint8Array): boolean;
  /** Compresses and writes what is pending; rejects when the disk refuses. */
  flush(): Promise<void>;
  /** Flushes and makes all files durable (fsync). No write after it. */
  close(): Promise<void>;
  /** Paths made so far, oldest first. */
  readonly paths: readonly string[];
  readonly refused: number; // frames not recorded
}

interface Writing {
  readonly options: Required<CaptureWriterOptions>;
  readonly paths: string[];
  block: Buffer;
  used: number; // bytes of the block
  fileBytes: number; // of text given to the current file
  pendingBytes: number; // of text in blocks that are being written
  refused: number;
  file: Promise<Awaited<ReturnType<typeof open>>> | null;
  chain: Promise<void>; // blocks are written one after the other
  failure: Error | null;
}

/** Nothing is made on the disk until the first block is full or flushed. */
export function createCaptureWriter(options: CaptureWriterOptions): CaptureWriter {
  const writing: Writing = {
    options: {
      rotateBytes: 2 ** 30,
      blockBytes: 2 ** 20,
      pendingBytesMax: 2 ** 26,
      onFailure: () => undefined,
      ...options,
    },
    paths: [],
    block: Buffer.allocUnsafe(options.blockBytes ?? 2 ** 20),
    used: 0,
    fileBytes: 0,
    pendingBytes: 0,
    refused: 0,
    file: null,
    chain: Promise.resolve(),
    failure: null,
  };
  return {
    write: (receiveUs, frame) => writeFrame(writing, receiveUs, frame),
    flush: () => flush(writing),
    async close() {
      try {
        await flush(writing);
      } finally {
        await closeFile(writing);
      }
    },
    paths: writing.paths,
    get refused() {
      return writing.refused;
    },
  };
}

// Nineteen digits: microseconds and three zeros.
const timeText = (receiveUs: number): string => `${String(receiveUs).padStart(16, '0')}000 `;
const TIME_BYTES = 20;

function writeFrame(writing: Writing, receiveUs: number, frame: string | Uint8Array): boolean {
  const length = typeof frame === 'string' ? Buffer.byteLength(frame) : frame.length;
  const size = TIME_BYTES + length + 1;
  const isFull = writing.pendingBytes + size > writing.options.pendingBytesMax;
  if (isFull || writing.failure !== null) {
    writing.refused += 1;
    return false;
  }
  if (writing.used + size > writing.block.length) sealBlock(writing);
  if (size > writing.block.length) writing.block = Buffer.allocUnsafe(size);
  const { block } = writing;
  block.write(timeText(receiveUs), writing.used, 'latin1');
  if (typeof frame === 'string') block.write(frame, writing.used + TIME_BYTES);
  else block.set(frame, writing.used + TIME_BYTES);
  writing.used += size;
  block[writing.used - 1] = 0x0a;
  return true;
}

async function flush(writing: Writing): Promise<void> {
  sealBlock(writing);
  await writing.chain;
  if (writing.failure !== null) throw writing.failure;
}

// Every block is a gzip member of its own: members follow each other in a legal gzip file, so
// whatever is on the disk after a crash can be read up to the last whole block.
function sealBlock(writing: Writing): void {
  if (writing.used === 0) return;
  const text = writing.block.subarray(0, writing.used);
  writing.block = Buffer.allocUnsafe(writing.options.blockBytes);
  writing.used = 0;
  writing.pendingBytes += text.length;
  writing.chain = writing.chain
    .then(() => appendBlock(writing, text))
    .catch((error: unknown) => {
      if (writing.failure !== null) return;
      writing.failure = error instanceof Error ? error : new Error(String(error));
      writing.options.onFailure(writing.failure);
    })
    .finally(() => {
      writing.pendingBytes -= text.length;
    });
}

async function appendBlock(writing: Writing, text: Buffer): Promise<void> {
  if (writing.failure !== null) return;
  if (writing.fileBytes > 0 && writing.fileBytes + text.length > writing.options.rotateBytes) {
    await closeFile(writing);
  }
  writing.file ??= openFile(writing, text);
  const file = await writing.file;
  await file.appendFile(await compress(text));
  writing.fileBytes += text.length;
}

// binance-usdm-20240808T235415-0001.ndjson.gz: the time of its first frame, never overwritten.
async function openFile(
  { options, paths }: Writing,
  text: Buffer,
): Promise<Awaited<ReturnType<typeof open>>> {
  await mkdir(options.folder, { recursive: true });
  const ms = Number(text.toString('latin1', 0, 13));
  const time = new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '');
  const number = String(paths.length + 1).padStart(4, '0');
  const path = join(options.folder, `${options.name}-${time}-${number}.ndjson.gz`);
  const file = await open(path, 'wx');
  paths.push(path);
  return file;
}

async function closeFile(writing: Writing): Promise<void> {
  const opened = writing.file;
  writing.file = null;
  writing.fileBytes = 0;
  if (opened === null) return;
  const file = await opened;
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
