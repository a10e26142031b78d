// Owns one HTTP exchange on uWebSockets.js: what is read of a request, how a reply is written.
// Promise: a body is read to its bound and no further; an aborted request is never written to.
import type { HttpRequest, HttpResponse } from '@uwsjs/linux-x64-22';
import { type Reply, statusLine } from './reply.ts';

export interface RequestHead {
  readonly method: string; // upper case
  readonly path: string;
  readonly query: string;
  readonly remote: string; // address, for the limit on failed sign-ins
  header(name: HeaderName): string; // '' when absent
}

/** The only headers the gateway looks at. */
const HEADERS = [
  'accept',
  'authorization',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'origin',
  'access-control-request-method',
  'x-api-key',
] as const;
export type HeaderName = (typeof HEADERS)[number];

export type Body =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'not_utf8' }
  | { readonly kind: 'aborted' };

/** uWS requests die with the call that brought them, so all that may be needed is copied. */
export function readHead(request: HttpRequest, response: HttpResponse): RequestHead {
  const values = new Map<string, string>();
  for (const name of HEADERS) values.set(name, request.getHeader(name));
  return {
    method: request.getCaseSensitiveMethod().toUpperCase(),
    path: request.getUrl(),
    query: request.getQuery(),
    remote: Buffer.from(response.getRemoteAddressAsText()).toString('latin1'),
    header: (name) => values.get(name) ?? '',
  };
}

/** Collects the body; must be called in the turn that brought the request. */
export function readBody(
  response: HttpResponse,
  bytesMax: number,
  onAborted: () => void,
): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.onAborted(() => {
      onAborted();
      resolve({ kind: 'aborted' });
    });
    response.onData((chunk, isLast) => {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) {
        resolve({ kind: 'too_large' });
        return;
      }
      chunks.push(Buffer.from(new Uint8Array(chunk))); // a copy: the chunk dies with this call
      if (isLast) resolve(decode(Buffer.concat(chunks)));
    });
  });
}

function decode(bytes: Buffer): Body {
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { kind: 'not_utf8' }; // the one thing a fatal decoder throws for
  }
}

/** Writes `reply`; a HEAD request gets the headers only. `close` ends the connection after it. */
export function writeReply(
  response: HttpResponse,
  reply: Reply,
  isHead: boolean,
  close: boolean,
): void {
  response.cork(() => {
    response.writeStatus(statusLine(reply.status));
    for (const [name, value] of Object.entries(reply.headers)) response.writeHeader(name, value);
    if (isHead) response.endWithoutBody(Buffer.byteLength(reply.body), close);
    else response.end(reply.body, close);
  });
}
