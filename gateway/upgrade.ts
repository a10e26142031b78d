// Owns the door to the WebSocket channels: paths, keys, origins, bounds on sockets.
// Promise: nobody listens without a key or a session; a browser page of another host never does.
import uws, { type HttpResponse, type TemplatedApp } from '@uwsjs/linux-x64-22';
import { isSameOrigin } from './auth.ts';
import { type RequestHead, readHead, writeReply } from './exchange.ts';
import type { House } from './house.ts';
import { type ProblemCode, problem } from './problem.ts';
import { BINARY_PROTOCOL, type Listener } from './stream.ts';
import { CHANNELS } from './stream-frame.ts';

// Room above the soft limit for what is sent between two looks at it, and for the close frame
// that gives the reason. Past it uWS cuts the line without one.
const HARD_ROOM_BYTES = 8 << 20;

interface Refusal {
  readonly code: ProblemCode;
  readonly detail: string;
}

/** Puts /ws/{channel} on `app`. */
export function mountSockets(app: TemplatedApp, parts: House): void {
  const { options } = parts.context;
  for (const channel of CHANNELS) {
    app.ws<Listener>(`/ws/${channel}`, {
      maxPayloadLength: options.socketPayloadBytesMax,
      idleTimeout: options.socketIdleS,
      sendPingsAutomatically: true,
      maxBackpressure: options.socketUnreadBytesMax + HARD_ROOM_BYTES,
      closeOnBackpressureLimit: true,
      compression: uws.DISABLED,
      upgrade(response, request, socketContext) {
        const head = readHead(request, response);
        const refusal = refuse(head, parts);
        if (refusal !== null) {
          deny(response, refusal);
          return;
        }
        const offered = request.getHeader('sec-websocket-protocol').split(/\s*,\s*/);
        const isBinary = channel !== 'risk' && offered.includes(BINARY_PROTOCOL);
        const textual = offered.find((protocol) => protocol !== BINARY_PROTOCOL) ?? '';
        response.upgrade<Listener>(
          { channel, isBinary },
          request.getHeader('sec-websocket-key'),
          isBinary ? BINARY_PROTOCOL : textual,
          request.getHeader('sec-websocket-extensions'),
          socketContext,
        );
      },
      open: (socket) => parts.stream.opened(socket),
      close: (socket) => parts.stream.closed(socket),
    });
  }
}

function refuse(head: RequestHead, { context, stream, auth, limit }: House): Refusal | null {
  const apiKey = head.header('x-api-key') || (new URLSearchParams(head.query).get('key') ?? '');
  const credentials = {
    authorization: head.header('authorization'),
    apiKey,
    cookie: head.header('cookie'),
  };
  const who = auth.identify(credentials, context.nowMs());
  if (who === null) {
    if (!limit.take(`unknown ${head.remote}`, context.nowMs()).isAllowed) {
      return { code: 'too_many_requests', detail: 'Too many tries without a key. Wait a minute.' };
    }
    return {
      code: 'unauthorized',
      detail: 'Send Authorization: Bearer <key>, or connect with ?key=<key>.',
    };
  }
  if (who.isSession && !isSameOrigin(head.header('origin'), head.header('host'))) {
    return { code: 'forbidden', detail: 'A session may be used from its own page only.' };
  }
  if (stream.size >= context.options.socketsMax) {
    return { code: 'too_many_clients', detail: `At most ${context.options.socketsMax} clients.` };
  }
  return null;
}

function deny(response: HttpResponse, { code, detail }: Refusal): void {
  response.onAborted(() => {
    // Nothing is written after this call, so there is nothing to stop.
  });
  writeReply(response, problem(code, { detail }), false, false);
}
