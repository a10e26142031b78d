// Owns `colin config show|check|schema`.
// Promise: shows what would run, without secrets; check names every problem and exits 3.

import { configJsonSchema } from '../engine/config/schema.ts';
import { problemsOfConfig } from '../engine/surroundings/start-check.ts';
import { problemsOfFiles } from '../engine/surroundings/strategy-modules.ts';
import { housePath, type Options, readOptions, readSetup, reportProblems } from './invocation.ts';
import { complain, EXIT, printText, say } from './terminal.ts';

export async function runConfig(args: string[]): Promise<number> {
  const options = readOptions('config', args, {});
  if (options === null) return EXIT.usage;
  const [action = 'show', ...rest] = options.positionals;
  if (rest.length > 0 || !['show', 'check', 'schema'].includes(action)) {
    complain(`config wants one of show, check, schema, not '${options.positionals.join(' ')}'.`);
    return EXIT.usage;
  }
  if (action === 'schema') {
    await printText(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    return EXIT.done;
  }
  if (action === 'check') return checkConfig(options);
  const setup = readSetup(options);
  if (setup === null) return EXIT.configuration;
  await printText(`${JSON.stringify(setup.config, null, 2)}\n`);
  return EXIT.done;
}

/** Exit 3 after every problem was named. */
export function checkConfig(options: Options): number {
  const setup = readSetup(options);
  if (setup === null) return EXIT.configuration;
  const files = problemsOfFiles(setup.config, housePath);
  const problems = [...problemsOfConfig(setup.config), ...files];
  reportProblems(problems);
  if (problems.length > 0) return EXIT.configuration;
  say('configuration: no problem found');
  return EXIT.done;
}
