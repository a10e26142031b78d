// Owns a slow model of one instrument's mark: whole histories in lists, the rules as they are told.
// Promise: shares no code with engine/market/marks.ts; it may allocate and search as it likes.
import type { MarksOptions } from '../../../engine/market/marks.ts';

export interface Prices {
  readonly mark: number;
  readonly long: number;
  readonly short: number;
}

interface Doubtful {
  readonly us: number;
  readonly prices: Prices;
}

const each = <Value>(make: (name: keyof Prices) => Value) =>
  ({ mark: make('mark'), long: make('long'), short: make('short') }) as Record<keyof Prices, Value>;

export class SlowMark {
  readonly options: MarksOptions;
  prices: Prices | null = null; // the last good ones
  doubt: string | null = 'unknown';
  markUs = Number.NaN;
  book: { bid: number; ask: number } = { bid: Number.NaN, ask: Number.NaN };
  venue: { price: number; us: number } | null = null;
  private waiting: Doubtful[] = [];
  private anchor: { us: number; prices: Prices } | null = null;
  private usual = 0;
  private isWide = false;
  private isWhole = false; // all that the book said was taken over
  private isVenues = false;

  constructor(options: MarksOptions) {
    this.options = options;
  }

  top(bid: number, ask: number, us: number): void {
    const isSame = bid === this.book.bid && ask === this.book.ask;
    this.book = { bid, ask };
    if (isSame && this.doubt === null && this.isWhole && !(this.isVenues && !this.freshVenue(us))) {
      if (!this.isVenues) this.markUs = us;
    } else this.judge(us);
  }

  venueMark(price: number, us: number): void {
    if (!(price > 0 && price < Number.MAX_VALUE)) return;
    this.venue = { price, us };
    this.judge(us);
  }

  private freshVenue(us: number): boolean {
    return this.venue !== null && us - this.venue.us <= this.options.venueMarkMs * 1000;
  }

  sleep(us: number): void {
    this.waiting = this.waiting.map((one) => ({ ...one, us: one.us + us }));
  }

  private judge(us: number): void {
    const { bid, ask } = this.book;
    const hasBook = bid > 0 && ask > bid && ask < Number.MAX_VALUE;
    const venue = this.freshVenue(us) ? (this.venue?.price ?? null) : null;
    if (!hasBook && venue === null) {
      this.waiting = [];
      const isLost = !(bid > 0) && !(ask > 0);
      this.doubt = bid >= ask ? 'crossed' : isLost ? 'lost' : 'one_sided';
      return;
    }
    const { spreadMin, spreadMax, spreadTimes, lastMs, lastUpdates } = this.options;
    const spread = hasBook ? (ask - bid) / ((ask + bid) / 2) : 0;
    const isWide = spread > Math.min(spreadMax, Math.max(spreadMin, spreadTimes * this.usual));
    if (this.anchor === null || us - this.anchor.us >= lastMs * 1000) {
      this.anchor = this.prices === null ? null : { us, prices: this.prices };
    }
    const said = this.say(isWide, venue);
    const hasToLast = this.isFar(said) || (isWide && !this.isWide);
    if (hasToLast) {
      this.waiting.push({ us, prices: said });
      const [first] = this.waiting;
      const lasted = us - (first?.us ?? us) >= lastMs * 1000;
      if (!lasted || this.waiting.length < lastUpdates) {
        this.doubt = isWide ? 'wide' : 'jump';
        return;
      }
    }
    const { prices, waiting } = this;
    this.prices = hasToLast && prices !== null ? nearest(prices, waiting) : said;
    this.waiting = [];
    if (hasToLast) this.anchor = null;
    if (hasBook) this.usual += (spread - this.usual) / 64;
    Object.assign(this, { isWide, isWhole: !hasToLast, isVenues: venue !== null, doubt: null });
    this.markUs = venue === null ? us : (this.venue?.us ?? us);
  }

  private say(isWide: boolean, venue: number | null): Prices {
    const { bid, ask } = this.book;
    let mark = venue ?? (bid + ask) / 2;
    if (venue === null && isWide && this.prices !== null) {
      mark = [bid, this.prices.mark, ask].sort((a, b) => a - b)[1] ?? mark;
    }
    if (!isWide) return { mark, long: mark, short: mark };
    return { mark, long: Math.min(bid, mark), short: Math.max(ask, mark) };
  }

  private isFar(said: Prices): boolean {
    if (this.anchor === null) return false;
    const { prices } = this.anchor;
    const bound = Math.max(this.options.jumpMax, this.usual);
    const far = each((name) => Math.abs(said[name] / prices[name] - 1) > bound);
    return far.mark || far.long || far.short;
  }
}

/** Of everything between the least and the most that was said, the nearest to what stood. */
const nearest = (before: Prices, waiting: readonly Doubtful[]): Prices =>
  each((name) => {
    const said = waiting.map(({ prices }) => prices[name]);
    return Math.max(Math.min(...said), Math.min(Math.max(...said), before[name]));
  });
