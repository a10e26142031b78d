// Owns the few ways the dashboard touches the document.
// Promise: a text or attribute is written only when it differs, so nothing flickers or reflows.

/** The element with that id; throws when the page and the code disagree. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setData(element: HTMLElement, name: string, value: string): void {
  if (element.dataset[name] !== value) element.dataset[name] = value;
}

/** A custom property the style sheet reads, e.g. `--from` of a bar. */
export function setVariable(element: HTMLElement, name: string, value: string): void {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}

export function make(tag: string, className = '', text = ''): HTMLElement {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  if (text !== '') element.textContent = text;
  return element;
}

const waiting = new Set<() => void>();

/** Runs `draw` once before the next frame, however often it is asked for. */
export function drawSoon(draw: () => void): void {
  if (waiting.size === 0) requestAnimationFrame(drawAll);
  waiting.add(draw);
}

function drawAll(): void {
  const draws = [...waiting];
  waiting.clear();
  for (const draw of draws) draw();
}
