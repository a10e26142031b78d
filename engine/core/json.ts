// Owns plain JSON as a type, and one canonical text and hash of it.
// Promise: equal values give equal texts whatever the order in which their keys were made.
import { hash } from 'node:crypto';
import { InvariantError } from './assert.ts';

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * JSON with the keys of every object in order; keys without a value are left out. Of plain JSON
 * only: what JSON.stringify would ask of toJSON or refuse is refused here.
 */
export function canonicalText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? textOfList(value) : textOfObject(value);
    default:
      throw new InvariantError(`a ${typeof value} is no JSON`);
  }
}

function textOfList(list: readonly unknown[]): string {
  let text = '[';
  for (let k = 0; k < list.length; k += 1) {
    if (k > 0) text += ',';
    text += list[k] === undefined ? 'null' : canonicalText(list[k]);
  }
  return `${text}]`;
}

function textOfObject(value: object): string {
  const entries = value as Readonly<Record<string, unknown>>;
  let text = '{';
  for (const key of Object.keys(value).sort()) {
    const part = entries[key];
    if (part === undefined) continue;
    if (text.length > 1) text += ',';
    text += `${JSON.stringify(key)}:${canonicalText(part)}`;
  }
  return `${text}}`;
}

/** SHA-256 of the canonical text, hex. */
export const hashOf = (value: unknown): string => hash('sha256', canonicalText(value));
