// Owns the bytes of one capture file, gzip or plain, as chunks in order.
// Promise: everything before a fault is handed over first; a fault is returned, never thrown.
import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip, type Gunzip } from 'node:zlib';

const READ_BYTES = 16384; // of gzip: at most 16 MiB of text at deflate's limit of 1:1030
const READ_BYTES_PLAIN = 262144;
const CHUNK_BYTES = 65536; // a corrupt block loses at most this much text before it

export type InflateFault =
  | { readonly kind: 'unreadable'; readonly what: string }
  | { readonly kind: 'truncated'; readonly what: string }
  | { readonly kind: 'corrupt_gzip'; readonly what: string };

export interface Inflater {
  /** The next bytes of text; empty when the file has ended or `fault` is set. */
  next(): Promise<Buffer>;
  fault(): InflateFault | null;
  close(): Promise<void>;
}

/** Opens a file; gzip is recognised by its first two bytes, not by its name. */
export async function openInflater(path: string): Promise<Inflater | InflateFault> {
  try {
    const file = await open(path, 'r');
    const magic = Buffer.alloc(2);
    await file.read(magic, 0, 2, 0);
    const isGzip = magic[0] === 0x1f && magic[1] === 0x8b;
    return isGzip ? gzipInflater(file) : plainInflater(file);
  } catch (error) {
    return { kind: 'unreadable', what: messageOf(error) };
  }
}

function plainInflater(file: FileHandle): Inflater {
  let fault: InflateFault | null = null;
  return {
    fault: () => fault,
    close: () => file.close(),
    async next() {
      try {
        const bytes = Buffer.allocUnsafe(READ_BYTES_PLAIN);
        const { bytesRead } = await file.read(bytes, 0, bytes.length);
        return bytes.subarray(0, bytesRead);
      } catch (error) {
        fault = { kind: 'unreadable', what: messageOf(error) };
        return Buffer.alloc(0);
      }
    },
  };
}

// Input is written piece by piece and output taken as it comes: when zlib fails, what it had
// already put out is kept (an async iterator over the stream would throw it away).
function gzipInflater(file: FileHandle): Inflater {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const out: Buffer[] = [];
  let fault: InflateFault | null = null;
  let isEnded = false;
  gunzip.on('data', (chunk: Buffer) => out.push(chunk));
  gunzip.on('error', (error: NodeJS.ErrnoException) => {
    fault ??= zlibFault(error);
  });
  const feed = async (): Promise<void> => {
    const bytes = Buffer.allocUnsafe(READ_BYTES);
    const { bytesRead } = await file.read(bytes, 0, bytes.length);
    isEnded = bytesRead === 0;
    await (isEnded ? finish(gunzip) : write(gunzip, bytes.subarray(0, bytesRead)));
  };
  const take = async (): Promise<Buffer> => {
    try {
      while (!isEnded && fault === null && lengthOf(out) < CHUNK_BYTES * 4) await feed();
    } catch (error) {
      fault = { kind: 'unreadable', what: messageOf(error) };
    }
    return Buffer.concat(out.splice(0));
  };
  let ahead: Promise<Buffer> | null = null; // zlib's thread works while the last piece is used
  return {
    fault: () => fault,
    async next() {
      const bytes = await (ahead ?? take());
      ahead = bytes.length === 0 ? null : take();
      return bytes;
    },
    async close() {
      await ahead;
      gunzip.destroy();
      await file.close();
    },
  };
}

const lengthOf = (chunks: readonly Buffer[]): number =>
  chunks.reduce((sum, chunk) => sum + chunk.length, 0);

// 'close' also ends the wait: zlib never calls back for the write that failed.
function write(gunzip: Gunzip, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    gunzip.once('close', resolve);
    gunzip.write(bytes, () => {
      gunzip.off('close', resolve);
      resolve();
    });
  });
}

function finish(gunzip: Gunzip): Promise<void> {
  return new Promise((resolve) => {
    gunzip.once('close', resolve);
    gunzip.end();
  });
}

function zlibFault(error: NodeJS.ErrnoException): InflateFault {
  const what = messageOf(error);
  return error.code === 'Z_BUF_ERROR'
    ? { kind: 'truncated', what }
    : { kind: 'corrupt_gzip', what };
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
