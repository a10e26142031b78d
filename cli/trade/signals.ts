// Owns what SIGINT and SIGTERM do to a run: they end it in good order, whatever it is doing.
// Promise: no signal kills it raw; one that comes again has its answer, and ends it when it hangs.
import { performance } from 'node:perf_hooks';
import { complain, EXIT, say } from '../terminal.ts';

/** An orderly end has this long for itself: a launcher may pass the same signal on twice. */
const PATIENCE_MS = 5000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Returns what gives the signals back. `standing` says, in a few words, what the end waits for. */
export function watchSignals(end: (reason: string) => void, standing: () => string): () => void {
  let firstMs: number | null = null;
  const onSignal = (signal: string): void => {
    const nowMs = performance.now();
    if (firstMs === null) {
      firstMs = nowMs;
      end(signal);
      return;
    }
    if (nowMs - firstMs < PATIENCE_MS) {
      const fromS = PATIENCE_MS / 1000;
      say(`stopping: ${standing()}; ${fromS} s after the first signal another ends it at once`);
      return;
    }
    complain(`ended at once by ${signal}: ${standing()}. The next start asks the venues.`);
    process.exit(EXIT.fault);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
