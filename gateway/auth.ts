// Owns who a request comes from: API keys, browser sessions, the one-time sign-in token.
// Promise: secrets are kept and compared as hashes, in constant time; sessions are bounded and end.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { GatewayOptions, Role } from './options.ts';

export interface Principal {
  readonly name: string; // of the key, for the journal and the rate limit
  readonly role: Role;
  readonly isSession: boolean; // came by cookie: state changes need a same-origin Origin
}

/** What a route asks of the role. */
export type Access = 'open' | 'read' | 'trade' | 'halt' | 'resume' | 'limits' | 'money';

const ALLOWED: Readonly<Record<Role, readonly Access[]>> = {
  viewer: ['open', 'read'],
  trader: ['open', 'read', 'trade', 'halt'],
  risk: ['open', 'read', 'halt', 'resume', 'limits'],
  admin: ['open', 'read', 'trade', 'halt', 'resume', 'limits', 'money'],
};

export const mayDo = (role: Role, access: Access): boolean => ALLOWED[role].includes(access);

export interface Credentials {
  readonly authorization: string; // header text, '' when absent
  readonly apiKey: string; // X-API-Key, or ?key= of a WebSocket
  readonly cookie: string;
}

export interface Auth {
  identify(credentials: Credentials, nowMs: number): Principal | null;
  /** Spends the one-time token; the session's secret, or null when it is wrong or spent. */
  redeemToken(token: string, nowMs: number): string | null;
  /** Opens a session for the owner of an API key. */
  openSession(key: string, nowMs: number): string | null;
  readonly cookieName: string;
}

interface Session {
  readonly name: string;
  readonly role: Role;
  readonly endsMs: number;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** `port` makes the cookie's name, since cookies are shared between the ports of a host. */
export function createAuth(options: GatewayOptions, port: number): Auth {
  const keys = options.keys.map((key) => ({ ...key, hash: Buffer.from(key.sha256, 'hex') }));
  const sessions = new Map<string, Session>(); // by the hash of the secret
  const cookieName = `colin_session_${port}`;
  let tokenHash = options.loginToken === null ? null : sha256(options.loginToken);

  const findKey = (text: string) => {
    const hash = sha256(text);
    let found: (typeof keys)[number] | null = null;
    for (const key of keys) {
      if (key.hash.length === hash.length && timingSafeEqual(key.hash, hash)) found = key;
    }
    return found;
  };
  const open = (name: string, role: Role, nowMs: number): string => {
    const secret = randomBytes(32).toString('base64url');
    sessions.set(sha256(secret).toString('hex'), { name, role, endsMs: nowMs + options.sessionMs });
    const [oldest] = sessions.keys();
    if (sessions.size > options.sessionsMax && oldest !== undefined) sessions.delete(oldest);
    return secret;
  };
  const bySession = (cookie: string, nowMs: number): Principal | null => {
    const secret = readCookie(cookie, cookieName);
    if (secret === null) return null;
    const id = sha256(secret).toString('hex');
    const session = sessions.get(id);
    if (session === undefined) return null;
    if (session.endsMs > nowMs) return { name: session.name, role: session.role, isSession: true };
    sessions.delete(id);
    return null;
  };
  return {
    cookieName,
    identify({ authorization, apiKey, cookie }, nowMs) {
      const text = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? apiKey;
      if (text === '') return bySession(cookie, nowMs);
      const key = findKey(text);
      return key === null ? null : { name: key.name, role: key.role, isSession: false };
    },
    redeemToken(token, nowMs) {
      if (tokenHash === null || !timingSafeEqual(tokenHash, sha256(token))) return null;
      tokenHash = null;
      return open(options.loginName, options.loginRole, nowMs);
    },
    openSession(text, nowMs) {
      const key = findKey(text);
      return key === null ? null : open(key.name, key.role, nowMs);
    },
  };
}

function readCookie(header: string, name: string): string | null {
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return null;
}

/** Whether a browser says that its page came from this very host. */
export const isSameOrigin = (origin: string, host: string): boolean =>
  host !== '' && (origin === `http://${host}` || origin === `https://${host}`);
