// Owns the keys of a running gateway: the local one, those of ADMIN_API_KEYS, the sign-in token.
// Promise: the gateway gets hashes only; the local key's file can be read by its owner alone.
import { hash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiKey } from '../../gateway/options.ts';

/** In the state folder; the commands of the same machine read it. */
export const LOCAL_KEY_FILE = 'local-api-key';

export const LOCAL_KEY_NAME = 'local';

const KEY_BYTES = 32;

export interface Access {
  readonly keys: readonly ApiKey[];
  readonly token: string; // signs one browser in, once
  readonly keyPath: string; // file that holds the local key
}

/** Makes the local key on the first start and keeps it for the later ones. */
export function openAccess(stateDir: string, adminKeys: readonly string[]): Access {
  const keyPath = join(stateDir, LOCAL_KEY_FILE);
  if (!existsSync(keyPath)) writeFileSync(keyPath, `colin_${secret()}\n`, { mode: 0o600 });
  const local = readFileSync(keyPath, 'utf8').trim();
  const named = adminKeys.map((key, index) => [`admin-${index + 1}`, key] as const);
  return {
    keys: [[LOCAL_KEY_NAME, local] as const, ...named].map(([name, key]) => ({
      name,
      role: 'admin',
      sha256: hash('sha256', key),
    })),
    token: secret(),
    keyPath,
  };
}

const secret = (): string => randomBytes(KEY_BYTES).toString('base64url');
