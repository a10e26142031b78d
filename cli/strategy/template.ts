// Owns the text that `colin strategy new` writes: a small strategy that works as it stands.
// Promise: it passes `colin strategy check`; every part that a strategy can have is pointed at.

const TEXT = `// NAME: waits at the bid with a small order, and at the ask with what it bought.
// docs/strategies.md of the checkout tells everything a strategy can do.
//
// Types only: they vanish when the file is loaded, so it needs nothing of the checkout to run.
import type { Desk, StrategyModule, View } from 'TYPES';

// Given in the configuration, checked before create() is called, and typed from here on.
const parameters = {
  notionalUsd: {
    kind: 'number',
    default: 1000,
    min: 10,
    max: 100_000,
    unit: 'USD',
    doc: 'of one order',
  },
  restMs: {
    kind: 'integer',
    default: 5000,
    min: 100,
    max: 3_600_000,
    unit: 'ms',
    doc: 'how long an order may rest before it is taken back',
  },
} as const;

export const strategy: StrategyModule<typeof parameters> = {
  parameters,

  // Once for each instance. What is in here is the instance's own: nobody else sees it.
  create({ parameters: { notionalUsd, restMs }, desk }) {
    let fills = 0;
    return {
      // After each update of a book. Leave quickly when there is nothing to do.
      onBook(view) {
        if (view.openOrders.length > 0 || view.tradingState !== 'active') return;
        if (view.position > 0) sell(desk, view);
        else buy(desk, view, notionalUsd);
      },

      // Ten times a second.
      onTimer(nowUs) {
        for (const order of desk.openOrders()) {
          if (nowUs - order.createdUs < restMs * 1000) continue;
          desk.cancel(order.id, \`rested for \${restMs} ms\`);
        }
      },

      onFill(fill, order) {
        fills += 1;
        const price = desk.numbers.priceOf(order.instrument, fill.price);
        desk.log(\`\${order.side} \${order.instrument.symbol} at \${price}, fill \${fills}\`);
      },

      // Why an order was not sent: a limit, a halt, or this strategy's own pace.
      onRefused({ instrument, side, limits }) {
        desk.log(\`\${side} \${instrument.symbol} refused: \${limits.join(', ')}\`);
      },

      // Kept over restarts and reloads: plain JSON.
      save: () => ({ fills }),
      load(saved) {
        fills = (saved as { fills: number }).fills;
      },
    };
  },
};

function buy(desk: Desk, { instrument, bid, mid }: View, notionalUsd: number): void {
  const unitUsd = desk.numbers.notionalOf(instrument, mid, 1) * desk.quoteRate(instrument);
  // Sizes and prices are whole steps; floorToLot and toPrice make them from real numbers.
  const qty = desk.numbers.floorToLot(instrument, notionalUsd / unitUsd);
  if (!(qty > 0 && bid > 0)) return;
  desk.submit({ instrument, side: 'buy', qty, price: bid, postOnly: true });
}

function sell(desk: Desk, { instrument, ask, position }: View): void {
  const qty = desk.numbers.floorToLot(instrument, desk.position(instrument));
  if (!(qty > 0 && ask > 0) || position <= 0) return;
  desk.submit({ instrument, side: 'sell', qty, price: ask, postOnly: true, reduceOnly: true });
}
`;

/** `types`: the specifier of engine/strategies/strategy.ts as seen from the new file. */
export const templateOf = (name: string, types: string): string =>
  TEXT.replace('NAME', name).replace('TYPES', types);
