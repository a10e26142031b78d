// Owns which model a command uses: a folder of the configuration or of an option, or none.
// Promise: a model that is missing or wrong is named with its file and what to do.
import type { Config } from '../../engine/config/schema.ts';
import type { Model } from '../../engine/models/model.ts';
import { openModel } from '../../engine/models/session.ts';
import { housePath, userPath } from '../invocation.ts';
import { complain } from '../terminal.ts';

/** The loaded model, null for 'none', or 'refused' after a complaint. */
export async function openModelFor(
  option: string | undefined,
  { ai }: Config,
): Promise<Model | null | 'refused'> {
  if ((option ?? ai.modelDir) === 'none') return null;
  const model = await openModel(option === undefined ? housePath(ai.modelDir) : userPath(option));
  if (model.kind === 'model') return model;
  complain(`${model.file}: ${model.message}`);
  return 'refused';
}
