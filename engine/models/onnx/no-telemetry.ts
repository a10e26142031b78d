// Owns the switch that keeps onnxruntime from reporting to its maker (I/O: the environment).
// Promise: set before the library starts, whatever the shell says; docs/dependencies.md.

/**
 * The library reads it once, when its first session of the process is made, and asks the real
 * environment: of a worker thread `process.env` is a copy that it never sees. So the thread that
 * starts workers imports this too (workers/start.ts).
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
