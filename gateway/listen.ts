// Owns how a port is opened, and why one is not: uWebSockets.js itself says yes or no only.
// Promise: the reason is the system's own, with the port, the host and what to do.
import { once } from 'node:events';
import { createServer } from 'node:net';
import uws, { type TemplatedApp, type us_listen_socket } from '@uwsjs/linux-x64-22';

export interface ClosedPort {
  readonly kind: 'port_in_use' | 'port_refused'; // by another program, or by the system
  readonly port: number;
  readonly message: string;
}

export interface Place {
  readonly host: string;
  readonly port: number;
  readonly setting: string; // where it is configured
}

/** Exclusive: without that flag Linux lets two processes share a port without a word. */
export function listen(app: TemplatedApp, { host, port }: Place): us_listen_socket | null {
  let found: us_listen_socket | null = null;
  app.listen(host, port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
    found = socket === false ? null : socket;
  });
  return found;
}

/** Why `listen` said no: the same is asked of Node, which has the system's word for it. */
export async function whyClosed(place: Place): Promise<ClosedPort> {
  const { host, port, setting } = place;
  const code = await tryPort(place);
  const closed = (kind: ClosedPort['kind'], why: string): ClosedPort => ({
    ...{ kind, port, message: `port ${port} ${why}` },
  });
  switch (code) {
    case 'EADDRINUSE':
    case '': // it was, a moment ago
      return closed('port_in_use', `is in use: another program listens on ${host}:${port}`);
    case 'EACCES':
    case 'EPERM':
      return closed(
        'port_refused',
        `is not for this user (${code}): take one from 1024, ${setting}`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN': {
      const advice = 'take 127.0.0.1, or 0.0.0.0 for every network it has (main.host)';
      return closed('port_refused', `of ${host}: no address of this machine (${code}): ${advice}`);
    }
    default:
      return closed('port_refused', `of ${host} cannot be opened: ${code} (main.host, ${setting})`);
  }
}

/** '' when Node could listen, else the code of the error. */
async function tryPort({ host, port }: Place): Promise<string> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    server.close();
  }
}
