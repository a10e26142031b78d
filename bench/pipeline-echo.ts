// Owns the floor of the pipeline benchmark: a process that answers every frame, and that is all.
// Promise: the same sockets and the same machine, no engine; what is above it is what Colin costs.
import { openSocket } from '../engine/venues/socket.ts';
import { priceOfFrame } from './pipeline-venue.ts';

const [url = ''] = process.argv.slice(2);
const MARK = '"u":';

const socket = openSocket({
  url,
  onUp: () => socket.send('{"id":"s","method":"snapshot","params":{}}'),
  onFrame(bytes) {
    const at = bytes.indexOf(MARK);
    if (at < 0) return; // the snapshot, or the answer to an order
    const id = Number.parseInt(
      bytes.toString('latin1', at + MARK.length, at + MARK.length + 16),
      10,
    );
    socket.send(`{"id":"e","method":"echo","params":{"price":"${priceOfFrame(id)}"}}`);
  },
  onDown: () => undefined,
  silenceMsMax: 60_000,
  backoffMsMax: 1000,
});
process.once('message', () => {
  socket.close();
  process.send?.(null, () => process.disconnect());
});
