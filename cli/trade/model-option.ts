// Owns which model a command uses: a folder of the configuration or of an option, or none.
// Promise: a model that is missing or wrong is named with its file and what to do.
import type { Model } from '../../engine/models/model.ts';
import { openModel } from '../../engine/models/session.ts';
import { housePath } from '../invocation.ts';
import { complain } from '../terminal.ts';

/** The loaded model, null for 'none', or 'refused' after a complaint. */
export async function openModelFor(dir: string): Promise<Model | null | 'refused'> {
  if (dir === 'none') return null;
  const model = await openModel(housePath(dir));
  if (model.kind === 'model') return model;
  complain(`${model.file}: ${model.message}`);
  return 'refused';
}
