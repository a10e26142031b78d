// Owns `colin train`: recorded data in, a model folder and an honest report out.
// Promise: a model that is written was reloaded and passed its self-test, or the exit code says no.
import { existsSync } from 'node:fs';
import { Piscina } from 'piscina';
import { writeModel } from '../../engine/models/registry.ts';
import { openModel } from '../../engine/models/session.ts';
import { TRAINING_DEFAULTS } from '../../engine/models/training.ts';
import { expandCapturePaths } from '../../engine/storage/capture-inspect.ts';
import type { CaptureProblem } from '../../engine/storage/capture-source.ts';
import { limitThreadMemory, workerUrl } from '../../workers/start.ts';
import type { TrainingReport, TrainingTask } from '../../workers/training.ts';
import {
  flagOption,
  housePath,
  listOption,
  type Options,
  readOptions,
  textOption,
  userPath,
} from '../invocation.ts';
import { complain, EXIT, parseDuration, printDocument, printText, say } from '../terminal.ts';
import { buildModel, formatReport, type TrainConditions } from './report.ts';
import { type Recording, recordRows } from './rows.ts';

const OPTIONS = {
  model: { type: 'string', default: 'linear' },
  data: { type: 'string', multiple: true, default: [] as string[] },
  horizon: { type: 'string', default: '1s' },
  delay: { type: 'string', default: '100ms' },
  out: { type: 'string' },
  seed: { type: 'string', default: 'colin' },
} as const;
const PROBLEMS_SHOWN = 5;

/** Runs the command; the exit code is product.md's: 4 when the data cannot carry a model. */
export async function runTrain(args: string[]): Promise<number> {
  const options = readOptions('train', args, OPTIONS);
  if (options === null) return EXIT.usage;
  const conditions = readConditions(options);
  if (conditions === null) return EXIT.usage;
  const given = [...listOption(options, 'data'), ...options.positionals].map(userPath);
  const absent = given.find((path) => !existsSync(path));
  if (absent !== undefined) complain(`--data ${absent}: there is no such file`);
  if (given.length === 0)
    complain("train needs recorded data: give --data FILE. 'colin help train'");
  if (given.length === 0 || absent !== undefined) return EXIT.usage;
  const paths = await expandCapturePaths(given);
  say(`reading ${paths.length} file${paths.length === 1 ? '' : 's'}`);
  const recording = await record(paths, conditions);
  if (recording === null) {
    complain('the files hold no Binance market data that can be read');
    return EXIT.checkFailed;
  }
  say(`${recording.frames} frames, ${recording.dataset.rows} rows with a label; training`);
  return finish(options, recording, conditions);
}

function readConditions(options: Options): TrainConditions | null {
  const read = (name: 'horizon' | 'delay', least: number): number | null => {
    const text = textOption(options, name) ?? '';
    const ms = parseDuration(text);
    if (ms !== null && ms >= least) return ms * 1000;
    complain(`--${name} ${text}: give a time such as 500ms or 1s, at least ${least}ms`);
    return null;
  };
  const model = textOption(options, 'model') ?? '';
  if (model !== 'linear') {
    complain(`--model ${model}: the models that can be trained are: linear`);
    return null;
  }
  const horizonUs = read('horizon', 1);
  const delayUs = read('delay', 0);
  if (horizonUs === null || delayUs === null) return null;
  const seed = textOption(options, 'seed') ?? 'colin';
  return { horizonUs, delayUs, seed, l2: TRAINING_DEFAULTS.l2 };
}

async function record(
  paths: readonly string[],
  { horizonUs, delayUs }: TrainConditions,
): Promise<Recording | null> {
  let problems = 0;
  const onProblem = ({ kind, path, line, what }: CaptureProblem): void => {
    problems += 1;
    if (problems <= PROBLEMS_SHOWN) complain(`${path}:${line}: ${kind}: ${what}`);
  };
  const recording = await recordRows({ paths, horizonUs, delayUs, onProblem });
  if (problems > PROBLEMS_SHOWN) complain(`and ${problems - PROBLEMS_SHOWN} more problems`);
  return recording;
}

async function finish(
  options: Options,
  recording: Recording,
  conditions: TrainConditions,
): Promise<number> {
  const { result, isLowPriority, tookMs } = await train(recording, conditions);
  if (result.kind === 'not_trained') {
    complain(`no model: ${result.reason}. More recorded data, or a shorter horizon, may help`);
    return EXIT.checkFailed;
  }
  const priority = isLowPriority ? 'lowest' : 'normal';
  say(`trained in ${Math.round(tookMs)} ms at ${priority} priority`);
  const { manifest, bytes } = buildModel(result, recording, conditions);
  const out = textOption(options, 'out');
  const dir =
    out === undefined ? housePath(`models/${manifest.name}/${manifest.version}`) : userPath(out);
  await writeModel(dir, manifest, bytes);
  const opened = await openModel(dir);
  if (opened.kind !== 'model') {
    complain(opened.message);
    return EXIT.fault;
  }
  await opened.close();
  if (flagOption(options, 'json')) await printDocument({ dir, manifest });
  else await printText(formatReport(manifest, dir));
  return EXIT.done;
}

async function train(recording: Recording, conditions: TrainConditions): Promise<TrainingReport> {
  const { horizonUs, l2 } = conditions;
  limitThreadMemory();
  const pool = new Piscina({
    filename: workerUrl('training').href,
    name: 'run',
    minThreads: 1,
    maxThreads: 1,
  });
  const task: TrainingTask = {
    dataset: recording.dataset,
    options: { horizonUs, embargoUs: horizonUs, folds: TRAINING_DEFAULTS.folds, l2 },
  };
  try {
    const report: TrainingReport = await pool.run(task);
    return report;
  } finally {
    await pool.close();
  }
}
