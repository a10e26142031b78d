// Owns the button that stops trading and the dialog that makes sure.
// Promise: nothing is sent without a reason and a second click; a refusal is shown in words.
import { sendCommand } from './command.ts';
import { byId, make, setData, setText } from './page.ts';

interface Choice {
  readonly state: 'active' | 'reducing' | 'halted';
  readonly title: string;
  readonly text: string;
}

const HALT: Choice = {
  state: 'halted',
  title: 'Halt trading',
  text:
    'No order leaves from now on, every open one is cancelled, and each venue is asked until it ' +
    'says that nothing is open.',
};
const REDUCE: Choice = {
  state: 'reducing',
  title: 'Reduce only',
  text: 'Only orders that shrink a position pass.',
};
const RESUME: Choice = {
  state: 'active',
  title: 'Resume trading',
  text: 'Orders may leave again, within all limits.',
};

const OFFERS: Readonly<Record<string, readonly Choice[]>> = {
  active: [HALT, REDUCE],
  reducing: [HALT, RESUME],
  halted: [RESUME, REDUCE],
};

/** Returns the function that shows the current trading state. */
export function createHaltControl(): (state: string | null) => void {
  const button = byId('halt') as HTMLButtonElement;
  const dialog = byId('halt-dialog') as HTMLDialogElement;
  let current = 'active';
  let chosen: Choice = HALT;
  const choose = (choice: Choice): void => {
    chosen = choice;
    setText(byId('halt-title'), choice.title);
    setText(byId('halt-text'), choice.text);
    setText(byId('halt-confirm'), choice.title);
    byId('halt-confirm').className = choice.state === 'active' ? 'go' : 'danger';
    byId('kill-options').hidden = choice.state !== 'halted';
  };
  button.addEventListener('click', () => {
    setText(byId('halt-problem'), '');
    const offers = OFFERS[current] ?? [HALT];
    showOffers(offers, choose);
    input('halt-reason').value = '';
    input('kill-flatten').checked = false;
    input('kill-drill').checked = false;
    dialog.showModal();
    byId('halt-reason').focus();
  });
  byId('halt-cancel').addEventListener('click', () => dialog.close());
  byId('halt-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const confirm = byId('halt-confirm') as HTMLButtonElement;
    confirm.disabled = true; // a kill may take seconds to be confirmed; one is enough
    setText(byId('halt-problem'), '');
    const wish = wishOf(chosen);
    const problem = await sendCommand('PUT', '/api/v2/trading-state/system', wish);
    confirm.disabled = false;
    setText(byId('halt-problem'), problem ?? '');
    if (problem === null) dialog.close();
  });
  return (state) => {
    button.disabled = state === null;
    if (state === null) return;
    current = state;
    const pill = byId('trading-state');
    setText(pill, state === 'active' ? 'trading' : state === 'reducing' ? 'reduce only' : 'halted');
    setData(pill, 'state', state);
    setText(button, state === 'halted' ? 'Resume trading' : 'Halt trading');
    setData(button, 'state', state);
  };
}

function showOffers(offers: readonly Choice[], choose: (choice: Choice) => void): void {
  const host = byId('halt-options');
  const inputs = offers.map((offer, index) => {
    const label = make('label');
    const input = document.createElement('input');
    input.type = 'radio';
    input.name = 'state';
    input.checked = index === 0;
    input.addEventListener('change', () => choose(offer));
    label.append(input, make('span', '', offer.title));
    return label;
  });
  host.replaceChildren(...inputs);
  const [first] = offers;
  if (first !== undefined) choose(first);
}

const input = (id: string): HTMLInputElement => byId(id) as HTMLInputElement;

interface Wish {
  readonly state: Choice['state'];
  readonly reason: string;
  readonly flatten?: boolean;
  readonly drill?: boolean;
}

function wishOf({ state }: Choice): Wish {
  const wish = { state, reason: input('halt-reason').value };
  if (state !== 'halted') return wish;
  return { ...wish, flatten: input('kill-flatten').checked, drill: input('kill-drill').checked };
}
