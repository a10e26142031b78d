// Owns `colin version`.
// Promise: one line for people, one document for machines.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { flagOption, ROOT, readOptions } from './invocation.ts';
import { EXIT, printDocument, printText } from './terminal.ts';

/** Version of package.json: the one place it is kept. */
export function readVersion(): string {
  const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

export async function runVersion(args: string[]): Promise<number> {
  const options = readOptions('version', args, {});
  if (options === null) return EXIT.usage;
  const facts = { colin: readVersion(), node: process.versions.node, platform: process.platform };
  if (flagOption(options, 'json')) await printDocument(facts);
  else await printText(`colin ${facts.colin} (node ${facts.node}, ${facts.platform})\n`);
  return EXIT.done;
}
