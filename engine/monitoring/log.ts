// Owns the structured log for people: fixed phrases, facts in fields, secrets redacted.
// Promise: logging never blocks a tick and never throws; a line is in the file within a second.
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Logger, pino, stdTimeFunctions } from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'flush'>;

export interface LogOptions {
  readonly level: string;
  readonly file: string; // absolute path
  readonly rotateBytes: number; // a larger file is renamed to .1 when the log opens
}

// Names are matched whole; what is deeper than one level down is not looked at: log flat facts.
const SECRETS = [
  ...['key', 'apiKey', 'adminApiKeys', 'jwtSecretKey', 'signature', 'authorization', 'cookie'],
  ...['secret', 'apiSecret', 'password', 'passphrase', 'token', 'loginToken'],
];
const REDACT = [...SECRETS, ...SECRETS.map((name) => `*.${name}`)];

const FLUSH_MS = 1000;
const WARN = 40; // pino's number

/** Opens `file` for appending (folders are made). Throws the system's error when it cannot. */
export function openLog(options: LogOptions): Log {
  mkdirSync(dirname(options.file), { recursive: true });
  if (existsSync(options.file) && statSync(options.file).size > options.rotateBytes) {
    renameSync(options.file, `${options.file}.1`);
  }
  const { file: dest } = options;
  const sink = pino.destination({ dest, sync: false, minLength: 4096, periodicFlush: FLUSH_MS });
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      hooks: {
        logMethod(args, method, level) {
          method.apply(this, args);
          if (level >= WARN) sink.flush(); // somebody may be waiting for it
        },
      },
      redact: { paths: REDACT, censor: '[redacted]' },
    },
    sink,
  );
}
