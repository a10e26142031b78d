// Owns whether a record is of a kind that this version knows.
// Promise: reads the head of a record where its kind stands first, which is as all are written.
import { isFactKind } from '../facts/fact.ts';

const HEAD = /^\{"seq":\d+,"timeUs":[^,]+,"body":\{"kind":"(\w+)"/;
const HEAD_BYTES = 96;
const SHOWN_MAX = 60;

/** Why a record that is chained as it should be cannot be taken; null where it can. */
export function findKindProblem(json: Buffer): string | null {
  const kind = HEAD.exec(json.toString('latin1', 0, HEAD_BYTES))?.[1] ?? readKind(json);
  if (isFactKind(kind)) return null;
  const shown = JSON.stringify(kind)?.slice(0, SHOWN_MAX) ?? 'none';
  return `a record of a kind this version does not know: ${shown}`;
}

function readKind(json: Buffer): unknown {
  try {
    const record: unknown = JSON.parse(json.toString());
    return (record as { readonly body?: { readonly kind?: unknown } | null } | null)?.body?.kind;
  } catch {
    return undefined; // no JSON: no kind either
  }
}
