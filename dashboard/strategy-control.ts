// Owns the dialog in which a person starts, stops or reloads a strategy.
// Promise: nothing is sent without a reason and a second click; a refusal is shown in words.
import { sendCommand } from './command.ts';
import { byId, make, setText } from './page.ts';
import type { StrategyWire } from './wire.ts';

const TEXTS = {
  running: 'It runs. Stopping takes its orders back; what it holds stays.',
  stopped: 'It is stopped: it sends no orders until it is started again.',
  failed: 'It has failed and sends no orders. Start it again, or reload its module first.',
} as const;

/** Returns the function that shows which strategies there are. */
export function createStrategyControl(): (strategies: readonly StrategyWire[]) => void {
  const dialog = byId('strategy-dialog') as HTMLDialogElement;
  const which = byId('strategy-which') as HTMLSelectElement;
  const reason = byId('strategy-reason') as HTMLInputElement;
  const form = byId('strategy-form') as HTMLFormElement;
  let instances: readonly StrategyWire[] = [];
  const show = (): void => {
    const state = instances.find(({ name }) => name === which.value)?.state ?? null;
    setText(byId('strategy-text'), state === null ? '' : TEXTS[state]);
    byId('strategy-start').hidden = state === 'running';
    byId('strategy-stop').hidden = state !== 'running';
  };
  byId('strategy-open').addEventListener('click', () => {
    setText(byId('strategy-problem'), '');
    reason.value = '';
    which.replaceChildren(...instances.map(toOption));
    show();
    dialog.showModal();
    reason.focus();
  });
  which.addEventListener('change', show);
  byId('strategy-cancel').addEventListener('click', () => dialog.close());
  form.addEventListener('submit', (event) => event.preventDefault()); // Enter changes nothing
  for (const action of ['start', 'stop', 'reload'] as const) {
    const button = byId(`strategy-${action}`) as HTMLButtonElement;
    button.addEventListener('click', async () => {
      if (!form.reportValidity()) return;
      button.disabled = true;
      const path = `/api/v2/strategies/${encodeURIComponent(which.value)}`;
      const problem = await sendCommand('PUT', path, { action, reason: reason.value });
      button.disabled = false;
      setText(byId('strategy-problem'), problem ?? '');
      if (problem === null) dialog.close();
    });
  }
  return (strategies) => {
    if (dialog.open) return; // what is being decided does not change under the eyes
    instances = strategies.filter(({ state }) => state !== null);
    byId('strategy-open').hidden = instances.length === 0;
  };
}

function toOption({ name, state }: StrategyWire): HTMLElement {
  const option = make('option', '', `${name}, ${state}`);
  (option as HTMLOptionElement).value = name;
  return option;
}
