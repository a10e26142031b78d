// Owns `colin risk check`: what the running system would say to an order, without sending it.
// Promise: exit 0 when it would be approved, 4 when not, with every limit in its way.
import type { Breach } from '../../engine/core/decision.ts';
import { callApi, failApi, openApi } from '../control/api-client.ts';
import { flagOption, type Options, textOption } from '../invocation.ts';
import { complain, EXIT, formatTable, printDocument, printText } from '../terminal.ts';
import { money } from './words.ts';

type Figures = Readonly<
  Record<'exposure' | 'value_at_risk' | 'historical_value_at_risk' | 'stress_loss', number>
>;

/** The body of POST /api/v2/orders/preview. */
interface Preview {
  readonly approved: boolean;
  readonly by: string;
  readonly breaches: readonly Breach[];
  readonly warnings: readonly Breach[];
  readonly notional: number;
  readonly before: Figures;
  readonly after: Figures;
}

/** `risk check SYMBOL SIDE QTY [--price P]`; a price makes it a limit order. */
export async function runCheck(options: Options): Promise<number> {
  const [, symbol, side, quantity, ...rest] = options.positionals;
  if (symbol === undefined || side === undefined || quantity === undefined || rest.length > 0) {
    complain('risk check takes SYMBOL SIDE QTY, e.g. colin risk check BTC/USDT:USDT buy 0.5.');
    return EXIT.usage;
  }
  const api = openApi(options);
  if (typeof api === 'number') return api;
  const price = textOption(options, 'price');
  const outcome = await callApi(api, 'POST', '/api/v2/orders/preview', {
    ...{ symbol, side, quantity },
    ...(price === undefined ? { order_type: 'market' } : { order_type: 'limit', price }),
    reduce_only: flagOption(options, 'reduce-only'),
  });
  if (outcome.kind !== 'reply' || outcome.status !== 200) return failApi(api, outcome);
  const preview = outcome.body as Preview; // our gateway wrote it
  if (flagOption(options, 'json')) await printDocument(preview);
  else await printText(formatPreview(preview));
  return preview.approved ? EXIT.done : EXIT.checkFailed;
}

const TITLES = {
  exposure: 'gross exposure',
  value_at_risk: 'VaR 95 % 1 d, normal',
  historical_value_at_risk: 'VaR 95 % 1 d, historical',
  stress_loss: 'worst stress loss',
} as const satisfies Record<keyof Figures, string>;

function formatPreview(preview: Preview): string {
  const verdict = preview.approved ? 'APPROVED' : `REFUSED by ${preview.by}`;
  const names = Object.keys(TITLES) as (keyof Figures)[];
  const rows = names.map((name) => [
    TITLES[name],
    money(preview.before[name]),
    money(preview.after[name]),
  ]);
  const breaches = [
    ...preview.breaches.map((breach) => breachRow('breach', breach)),
    ...preview.warnings.map((breach) => breachRow('warning', breach)),
  ];
  const limits =
    breaches.length === 0
      ? 'No limit is in the way.'
      : formatTable(['limit', '', 'scope', 'asked', 'allowed'], breaches);
  const head = `${verdict}, notional ${money(preview.notional)}`;
  return `${head}\n\n${formatTable(['USD', 'now', 'after'], rows)}\n\n${limits}\n`;
}

const figure = (value: number | null): string => (value === null ? 'unknown' : figureOf(value));

const figureOf = (value: number): string =>
  Math.abs(value) >= 1000 ? money(value) : String(Number(value.toPrecision(6)));

const breachRow = (kind: string, { limit, scope, asked, allowed }: Breach): string[] => [
  limit,
  kind,
  scope,
  figure(asked),
  figure(allowed),
];
