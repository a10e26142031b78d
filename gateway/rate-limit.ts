// Owns how many requests a caller may make: a window of one minute from its first request.
// Promise: bounded memory; at the limit the caller is told when to come back.

export interface Allowance {
  readonly isAllowed: boolean;
  readonly headers: Readonly<Record<string, string>>; // RateLimit-*, and Retry-After when refused
}

export interface RateLimit {
  take(caller: string, nowMs: number): Allowance;
}

export const WINDOW_MS = 60_000;

interface Window {
  readonly endsMs: number;
  used: number;
}

/** Past `callersMax` callers in one minute, the oldest window is forgotten. */
export function createRateLimit(limit: number, callersMax: number): RateLimit {
  const windows = new Map<string, Window>();
  const windowOf = (caller: string, nowMs: number): Window => {
    const known = windows.get(caller);
    if (known !== undefined && known.endsMs > nowMs) return known;
    windows.delete(caller);
    const fresh = { endsMs: nowMs + WINDOW_MS, used: 0 };
    windows.set(caller, fresh);
    const [oldest] = windows.keys();
    if (windows.size > callersMax && oldest !== undefined) windows.delete(oldest);
    return fresh;
  };
  return {
    take(caller, nowMs) {
      const window = windowOf(caller, nowMs);
      const isAllowed = window.used < limit;
      if (isAllowed) window.used += 1;
      const resetS = String(Math.max(1, Math.ceil((window.endsMs - nowMs) / 1000)));
      const headers = {
        'ratelimit-limit': String(limit),
        'ratelimit-remaining': String(limit - window.used),
        'ratelimit-reset': resetS,
      };
      return { isAllowed, headers: isAllowed ? headers : { ...headers, 'retry-after': resetS } };
    },
  };
}
