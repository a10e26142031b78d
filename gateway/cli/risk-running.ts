// Owns what `colin risk` does without files: it would ask the running system about its own book.
// Promise: never answers with an empty book; each subcommand has one function here.
import type { Options } from './invocation.ts';
import { complain, EXIT } from './terminal.ts';

type Ask = (options: Options) => Promise<number>;

const needs =
  (subcommand: string, files: string): Ask =>
  async () => {
    complain(`risk ${subcommand} needs ${files}; 'colin help risk' has an example.`);
    return EXIT.usage;
  };

/** GET /api/v2/risk/var */
export const askVar: Ask = needs('var', '--returns FILE.csv and --portfolio FILE.json');
/** GET /api/v2/risk/covariance */
export const askCovariance: Ask = needs('covariance', '--returns FILE.csv');
/** GET /api/v2/risk/stress */
export const askStress: Ask = needs('stress', '--portfolio FILE.json');
