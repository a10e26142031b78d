// Owns reading the checkout: every TypeScript file on disk, and what git says is there.
// Promise: skips only what is installed, built or generated, and says which names mean that.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const CHECKOUT = resolve(import.meta.dirname, '../..');

const SKIPPED = new Set(['node_modules', 'build', 'state', 'logs', 'coverage', 'reports']);

const isSource = (name: string): boolean =>
  name.endsWith('.ts') && !/\.generated(\.d)?\.ts$/.test(name);

/** Text of every TypeScript file by path from the top, with forward slashes. */
export function readTree(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(CHECKOUT, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name) && !entry.name.startsWith('.')) visit(path);
      } else if (isSource(entry.name)) {
        files.set(path, readFileSync(join(CHECKOUT, path), 'utf8'));
      }
    }
  };
  visit('');
  return files;
}

/** Tracked TypeScript files that exist in the working tree, or null outside a git checkout. */
export function trackedFiles(): readonly string[] | null {
  const list = (...args: readonly string[]): readonly string[] =>
    execFileSync('git', ['ls-files', ...args, '--', '*.ts'], {
      cwd: CHECKOUT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .split('\n')
      .filter((path) => path !== '' && isSource(path));
  try {
    const deleted = new Set(list('--deleted'));
    return list().filter((path) => !deleted.has(path));
  } catch (error) {
    if (error instanceof Error) return null; // no git, or an unpacked archive
    throw error;
  }
}

export const readText = (path: string): string => readFileSync(join(CHECKOUT, path), 'utf8');
