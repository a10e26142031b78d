// Owns the dashboard's WebSockets: one a channel, brought back by themselves when they break.
// Promise: after a gap or a break a fresh snapshot comes first; nobody shows old data as new.
import type { Channel, SnapshotFrame, StreamFrame } from './wire.ts';

export type Frame = SnapshotFrame | StreamFrame;
export type LinkState = 'connecting' | 'live' | 'broken' | 'signed_out';

export interface Connection {
  readonly state: LinkState;
  readonly heardMs: number; // performance.now() of the last frame
}

const RETRY_MS = [500, 1000, 2000, 4000] as const;

/** Connects to `/ws/{channel}` of this host for as long as the page lives. */
export function connectChannel(
  channel: Channel,
  onFrame: (frame: Frame) => void,
  onState: () => void,
): Connection {
  const connection = { state: 'connecting' as LinkState, heardMs: performance.now() };
  let tries = 0;
  const setState = (state: LinkState): void => {
    connection.state = state;
    onState();
  };
  const open = (): void => {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws/${channel}`);
    let sequence = -1;
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as Frame; // our own gateway wrote it
      if (frame.type !== 'snapshot' && frame.sequence !== sequence + 1) {
        socket.close(); // a frame is missing: begin again from a snapshot
        return;
      }
      sequence = frame.sequence;
      connection.heardMs = performance.now();
      tries = 0;
      if (connection.state !== 'live') setState('live');
      onFrame(frame);
    };
    socket.onclose = async () => {
      setState((await isSignedIn()) ? 'broken' : 'signed_out');
      const waitMs = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)];
      tries += 1;
      setTimeout(open, waitMs);
    };
  };
  open();
  return connection;
}

/** A refused WebSocket does not say why: ask over HTTP. A host that is away says nothing. */
async function isSignedIn(): Promise<boolean> {
  try {
    const reply = await fetch('/', { method: 'HEAD', cache: 'no-store' });
    return reply.status !== 401;
  } catch {
    return true; // not reachable: that is a broken line, not an ended session
  }
}
