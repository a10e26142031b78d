// Owns the dialog in which a second person approves or rejects a change of limits.
// Promise: every change is in sight before the click; a refusal is shown in words.
import { sendCommand } from './command.ts';
import { formatTime } from './format.ts';
import { byId, make, setText } from './page.ts';
import { changeWords } from './risk-tables.ts';
import type { ProposalWire } from './risk-wire.ts';

/** Returns the function that shows what waits. */
export function createDecideControl(): (waiting: readonly ProposalWire[]) => void {
  const dialog = byId('decide-dialog') as HTMLDialogElement;
  const which = byId('decide-which') as HTMLSelectElement;
  const reason = byId('decide-reason') as HTMLInputElement;
  let offered: readonly ProposalWire[] = [];
  const show = (): void => {
    const chosen = offered.find(({ proposal }) => String(proposal) === which.value);
    if (chosen !== undefined) showProposal(chosen);
  };
  byId('decide').addEventListener('click', () => {
    setText(byId('decide-problem'), '');
    reason.value = '';
    which.replaceChildren(...offered.map(toOption));
    show();
    dialog.showModal();
    reason.focus();
  });
  which.addEventListener('change', show);
  byId('decide-cancel').addEventListener('click', () => dialog.close());
  const form = byId('decide-form') as HTMLFormElement;
  form.addEventListener('submit', (event) => event.preventDefault()); // Enter decides nothing
  for (const action of ['approve', 'reject'] as const) {
    const button = byId(`decide-${action}`) as HTMLButtonElement;
    button.addEventListener('click', async () => {
      if (!form.reportValidity()) return;
      button.disabled = true;
      const path = `/api/v2/risk/limits/proposals/${which.value}/${action}`;
      const problem = await sendCommand('POST', path, { reason: reason.value });
      button.disabled = false;
      setText(byId('decide-problem'), problem ?? '');
      if (problem === null) dialog.close();
    });
  }
  return (waiting) => {
    byId('decide').hidden = waiting.length === 0;
    if (!dialog.open) offered = waiting; // what is being read does not change under the eyes
  };
}

function toOption({ proposal, changes, proposed_by }: ProposalWire): HTMLElement {
  const count = changes.length === 1 ? 'one change' : `${changes.length} changes`;
  const option = make('option', '', `${count} by ${proposed_by}, #${proposal}`);
  (option as HTMLOptionElement).value = String(proposal);
  return option;
}

function showProposal({ changes, proposed_by, proposed_at, reason }: ProposalWire): void {
  setText(byId('decide-by'), `${proposed_by}, ${formatTime(proposed_at)}: “${reason}”`);
  byId('decide-changes').replaceChildren(
    ...changes.map((change) => make('li', '', changeWords(change))),
  );
}
