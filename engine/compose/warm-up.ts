// Owns the first calls of the hot path, before any order: compiled code from the first tick on.
// Promise: leaves no trace; a book that never was is refused by every check it is led through.
import type { Instrument } from '../core/instrument.ts';
import type { OrderIntent } from '../core/order.ts';
import { asEpochUs, asPrice, asQty } from '../core/units.ts';
import type { Rooms } from '../engine.ts';

// WebAssembly runs on V8's quick baseline compiler until about 10,000 calls (docs/decisions/0001).
const CALLS = 10_000;

/** Leads an order that cannot pass (no mark exists yet) through compliance and risk, many times. */
export function warmUp({ instruments, compliance, preTrade, telemetry, clock }: Rooms): void {
  const [instrument] = instruments;
  if (instrument === undefined) return;
  const intent = impossible(instrument);
  const nowUs = asEpochUs(0);
  const timer = telemetry.histogram('riskCheck');
  for (let call = 0; call < CALLS; call += 1) {
    const startNs = clock.nowNs();
    const verdict = compliance.check(intent, nowUs);
    if (verdict.kind === 'compliant') preTrade.check(verdict.order, nowUs);
    timer.record(clock.nowNs() - startNs);
  }
  timer.reset();
}

const impossible = (instrument: Instrument): OrderIntent => ({
  kind: 'intent',
  instrument,
  account: 'main',
  strategy: 'manual',
  side: 'buy',
  type: 'limit',
  qty: asQty(instrument.lot),
  price: asPrice(instrument.tick),
  timeInForce: 'IOC',
  postOnly: false,
  reduceOnly: false,
  origin: { kind: 'api', key: 'warm-up' },
  bookSequence: 0,
  createdUs: asEpochUs(0),
  tickNs: 0,
});
