// Owns model folders on disk (I/O): model.onnx and its manifest.json.
// Promise: a folder holds a whole model or is refused; a crash leaves the old one or the new one.
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, type ModelProblem, manifestSchema } from './model.ts';

export const sha256Of = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** What to do about a model that cannot be used. */
export const REMEDY = "restore it, or train again with 'colin train'";

export interface StoredModel {
  readonly kind: 'stored';
  readonly manifest: Manifest;
  readonly bytes: Uint8Array;
}

/** Reads and checks both files; the bytes are those the manifest's sha256 names. */
export async function readModel(dir: string): Promise<StoredModel | ModelProblem> {
  const manifestFile = join(dir, 'manifest.json');
  const text = await readOr(manifestFile);
  if (!(text instanceof Uint8Array)) return missing(manifestFile, text);
  const manifest = parseManifest(manifestFile, text);
  if ('file' in manifest && 'message' in manifest) return manifest;
  const file = join(dir, manifest.file);
  const bytes = await readOr(file);
  if (!(bytes instanceof Uint8Array)) return missing(file, bytes);
  if (sha256Of(bytes) === manifest.sha256) return { kind: 'stored', manifest, bytes };
  return {
    kind: 'model_corrupt',
    file,
    message: `${file} is not the file its manifest describes (sha256 differs): ${REMEDY}`,
  };
}

/** Writes both files so that a reader never sees one without the other's content matching. */
export async function writeModel(
  dir: string,
  manifest: Manifest,
  bytes: Uint8Array,
): Promise<void> {
  await mkdir(dir, { recursive: true });
  await replaceFile(join(dir, manifest.file), bytes);
  await replaceFile(
    join(dir, 'manifest.json'),
    new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`),
  );
}

async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const next = `${path}.next`;
  const file = await open(next, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
}

/** The bytes, or the system's own words why not. */
async function readOr(path: string): Promise<Uint8Array | string> {
  try {
    return await readFile(path);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const missing = (file: string, reason: string): ModelProblem => ({
  kind: 'model_missing',
  file,
  message:
    `cannot read ${file} (${reason}): point ai.modelDir at a model, ` +
    "or make one with 'colin train'",
});

function parseManifest(file: string, bytes: Uint8Array): Manifest | ModelProblem {
  const invalid = (reason: string): ModelProblem => ({
    kind: 'manifest_invalid',
    file,
    message: `${file} is not a model manifest (${reason}): ${REMEDY}`,
  });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    return invalid(error instanceof Error ? error.message : String(error));
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  return invalid(`${first?.path.join('.') ?? ''}: ${first?.message ?? 'unknown'}`);
}
