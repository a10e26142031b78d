// Owns the capture of what a command writes, for tests that run commands in their own process.
// Promise: the test runner's own bytes on stdout pass through; both streams are given back.

export interface Captured {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command and keeps what it wrote as text. The runner reports in bytes, which pass. */
export async function capture(command: () => Promise<number> | number): Promise<Captured> {
  const streams = { out: process.stdout, err: process.stderr };
  const texts = { out: '', err: '' };
  const original = { out: streams.out.write, err: streams.err.write };
  for (const name of ['out', 'err'] as const) {
    const stream = streams[name];
    const pass = original[name].bind(stream) as (...args: unknown[]) => boolean;
    stream.write = ((chunk: unknown, ...rest: unknown[]): boolean => {
      if (typeof chunk !== 'string') return pass(chunk, ...rest);
      texts[name] += chunk;
      const done = rest.find((item) => typeof item === 'function');
      if (typeof done === 'function') done(null);
      return true;
    }) as typeof stream.write;
  }
  try {
    const exitCode = await command();
    return { exitCode, ...texts };
  } finally {
    streams.out.write = original.out;
    streams.err.write = original.err;
  }
}
