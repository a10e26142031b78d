// Owns the processes a validation starts: commands of Colin and tests, with a limit of time.
// Promise: what they print is kept and bounded; none outlives its limit or this process.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../invocation.ts';

export interface Finished {
  readonly code: number | null; // null: ended by a signal
  readonly out: string;
  readonly err: string;
  readonly seconds: number;
}

export interface Started {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** The first match in what stderr has said; rejects when the process ends without it. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

const OUT_CHARS_MAX = 1 << 28;
const ERR_CHARS_MAX = 1 << 20;

const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** A command of this checkout, in a process of its own, with this process's flags of Node. */
export const startColin = (args: readonly string[], secondsMax: number): Started =>
  startNode([...process.execArgv, join(ROOT, 'cli', 'main.ts'), ...args], secondsMax);

export const runColin = (args: readonly string[], secondsMax: number): Promise<Finished> =>
  startColin(args, secondsMax).finished;

export function startNode(
  args: readonly string[],
  secondsMax: number,
  onLine: (line: string) => void = () => undefined,
): Started {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env; // a test that validates is no test runner
  const startMs = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 1000 * secondsMax,
    killSignal: 'SIGKILL',
  });
  living.add(child);
  const out = collect(child.stdout, OUT_CHARS_MAX);
  const err = collect(child.stderr, ERR_CHARS_MAX, onLine);
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      living.delete(child);
      const seconds = (performance.now() - startMs) / 1000;
      resolve({ code, out: out.text(), err: err.text(), seconds });
    });
  });
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(err.text());
        if (match !== null) resolve(match);
      };
      child.stderr?.on('data', look);
      look();
      finished.then(
        ({ err: said }) => reject(new Error(`ended early: ${said.slice(-500)}`)),
        reject,
      );
    });
  return { process: child, finished, says };
}

interface Collected {
  text(): string;
}

function collect(
  stream: NodeJS.ReadableStream | null,
  charsMax: number,
  onLine: (line: string) => void = () => undefined,
): Collected {
  const kept = { text: '', rest: '' };
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    if (kept.text.length < charsMax) kept.text += chunk;
    const lines = (kept.rest + chunk).split('\n');
    kept.rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  return { text: () => kept.text };
}

/** The one document on stdout. Throws with the end of stderr when there is none. */
export function documentOf({ out, err, code }: Finished): unknown {
  try {
    return JSON.parse(out);
  } catch {
    throw new Error(`exit code ${code}, no JSON on stdout; stderr ends: ${err.slice(-600)}`);
  }
}
