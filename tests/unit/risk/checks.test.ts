// Owns the test of the checks' names: each bit of the kernel's answer has one, in its place.
// Promise: the places are those of wasm/layout.ts, written out here a second time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertNames, LIMIT_OF_CHECK } from '../../../engine/risk/checks.ts';
import * as layout from '../../../wasm/layout.ts';

const OF_ORDER = [
  [layout.CHECK_INPUT, 'malformed_order', 'instrument'],
  [layout.CHECK_TRADABLE, 'instrument_not_tradable', 'instrument'],
  [layout.CHECK_STATE, 'trading_halted', 'instrument'],
  [layout.CHECK_MARK_AGE, 'reference_price_stale', 'instrument'],
  [layout.CHECK_EQUITY_AGE, 'equity_stale', 'system'],
  [layout.CHECK_COLLAR, 'price_collar', 'instrument'],
  [layout.CHECK_PASSIVE_COLLAR, 'passive_collar', 'instrument'],
  [layout.CHECK_PRICE_BAND, 'price_band', 'instrument'],
  [layout.CHECK_ORDER_QTY, 'order_quantity', 'instrument'],
  [layout.CHECK_QTY_MAX, 'max_quantity', 'instrument'],
  [layout.CHECK_ORDER_NOTIONAL, 'order_notional', 'instrument'],
  [layout.CHECK_BALANCE, 'balance', 'venue'],
  [layout.CHECK_POSITION, 'position', 'instrument'],
  [layout.CHECK_REDUCE_ONLY, 'reduce_only', 'instrument'],
  [layout.CHECK_DUPLICATE, 'duplicate_order', 'instrument'],
  [layout.CHECK_SELF_TRADE, 'self_trade', 'instrument'],
  [layout.CHECK_CONCENTRATION, 'concentration', 'system'],
  [layout.CHECK_MARGIN, 'margin', 'venue'],
  [layout.CHECK_VAR, 'value_at_risk', 'system'],
  [layout.CHECK_HISTORICAL_VAR, 'historical_var', 'system'],
  [layout.CHECK_STRESS, 'stress_loss', 'system'],
] as const;
const OF_NODE = [
  [layout.NODE_CHECK_STATE, 'trading_halted'],
  [layout.NODE_CHECK_ORDER_NOTIONAL, 'order_notional'],
  [layout.NODE_CHECK_GROSS, 'gross'],
  [layout.NODE_CHECK_NET, 'net'],
  [layout.NODE_CHECK_EXPOSURE, 'exposure'],
  [layout.NODE_CHECK_LEVERAGE, 'leverage'],
  [layout.NODE_CHECK_OPEN_ORDERS, 'open_orders'],
  [layout.NODE_CHECK_RATE, 'message_rate'],
  [layout.NODE_CHECK_ORDER_TO_TRADE, 'order_to_trade'],
] as const;

test('checks: every bit of the answer has the name of its check and its place in the tree', () => {
  assertNames();
  assert.equal(LIMIT_OF_CHECK.length, layout.CHECKS);
  for (const [check, limit, at] of OF_ORDER) {
    assert.deepEqual(LIMIT_OF_CHECK[check], { limit, at });
  }
  const least = { limit: 'min_notional', at: 'instrument', isLeast: true };
  assert.deepEqual(LIMIT_OF_CHECK[layout.CHECK_NOTIONAL_MIN], least);
  assert.equal(OF_ORDER.length + 1, layout.CHECK_NODES);
  for (const [level, at] of ['system', 'portfolio', 'strategy', 'venue'].entries()) {
    for (const [check, limit] of OF_NODE) {
      const bit = layout.CHECK_NODES + level * layout.NODE_CHECKS + check;
      assert.deepEqual(LIMIT_OF_CHECK[bit], { limit, at });
    }
  }
});
