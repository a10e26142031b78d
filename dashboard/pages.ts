// Owns which page of the dashboard is in sight: the address says it, after the #.
// Promise: back and forward work, a reload stays, and an address nobody knows is the overview.
import { byId } from './page.ts';

const PAGES = { '#/': 'content', '#/risk': 'risk' } as const;
export type Page = (typeof PAGES)[keyof typeof PAGES];

const pageOf = (hash: string): Page => (hash === '#/risk' ? PAGES['#/risk'] : PAGES['#/']);

/** Shows the page of the address now and after each change; `onShow` draws what came meanwhile. */
export function followAddress(onShow: (page: Page) => void): { isShown(page: Page): boolean } {
  let shown: Page = 'content';
  const show = (): void => {
    shown = pageOf(location.hash);
    byId('content').hidden = shown !== 'content';
    byId('risk').hidden = shown !== 'risk';
    mark('to-overview', shown === 'content');
    mark('to-risk', shown === 'risk');
    onShow(shown);
  };
  addEventListener('hashchange', show);
  show();
  return { isShown: (page) => page === shown };
}

function mark(id: string, isHere: boolean): void {
  if (isHere) byId(id).setAttribute('aria-current', 'page');
  else byId(id).removeAttribute('aria-current');
}
