// Owns how a venue numbers its book updates: the adapter says it, the market room keeps to it.
// Promise: plain data; no venue is named where books are followed.

export interface FeedRule {
  /**
   * How an update says what it follows. first_id: its first id is one above the last id before it
   * (Binance spot U, Bybit u). previous_id: it names the last id before it (Binance futures pu, OKX
   * prevSeqId, Deribit prev_change_id), and that id alone counts.
   */
  readonly chain: 'first_id' | 'previous_id';
  /**
   * asked: a snapshot answers a question (REST), may be late and must meet the updates that wait.
   * streamed: it comes in order with the updates and is the new beginning whatever its id: who
   * restarts counts from 1 again (Bybit, OKX, Deribit).
   */
  readonly snapshots: 'asked' | 'streamed';
}
