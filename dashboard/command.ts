// Owns how the dashboard asks the API for something that changes the system.
// Promise: null when it was done; otherwise what went wrong, in words.

/** `body` goes as JSON; the browser's session signs it. */
export async function sendCommand(
  method: 'PUT' | 'POST',
  path: string,
  body: object,
): Promise<string | null> {
  try {
    const reply = await fetch(path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (reply.ok) return null;
    const problem = (await reply.json()) as { readonly title?: string; readonly detail?: string };
    return `${problem.title ?? `Error ${reply.status}`}. ${problem.detail ?? ''}`;
  } catch (error) {
    return `Not reachable: ${error instanceof Error ? error.message : String(error)}`;
  }
}
