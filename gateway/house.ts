// Owns the parts that both ports of the gateway share, made once by the server.
// Promise: plain composition; whoever needs a part names it here and finds the same one.
import type { Auth } from './auth.ts';
import type { RateLimit } from './rate-limit.ts';
import type { GatewayContext } from './route.ts';
import type { Stream } from './stream.ts';

export interface House {
  readonly context: GatewayContext;
  readonly stream: Stream;
  readonly auth: Auth;
  readonly limit: RateLimit;
}
