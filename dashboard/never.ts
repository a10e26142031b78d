// Owns the last branch of every switch in the browser, where engine/core is not served.
// Promise: a new member of a union fails to compile; an unknown one from a newer server throws.
export function assertNever(value: never): never {
  throw new Error(`unexpected case: ${JSON.stringify(value)}`);
}
