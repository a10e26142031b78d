// Owns the entry of one trial's process: loads test files into one node:test run.
// Promise: argv are paths from the working folder; a file that cannot be loaded fails the trial.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

for (const path of process.argv.slice(2)) await import(pathToFileURL(resolve(path)).href);
