// Owns a row of small buttons of which one is chosen.
// Promise: what is chosen is told to screen readers as pressed, not by colour alone.
import { make, setData } from './page.ts';

export interface Offer<Value> {
  readonly title: string;
  readonly value: Value;
}

/** Fills `host`; `choose` is told of each click, not of the first choice. */
export function makeChoices<Value>(
  host: HTMLElement,
  offers: readonly Offer<Value>[],
  chosen: Value,
  choose: (value: Value) => void,
): void {
  const buttons = offers.map(({ title, value }) => {
    const button = make('button', '', title);
    button.setAttribute('type', 'button');
    button.setAttribute('aria-pressed', String(value === chosen));
    button.addEventListener('click', () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
      choose(value);
    });
    return button;
  });
  host.replaceChildren(...buttons);
  setData(host, 'ready', 'true');
}
