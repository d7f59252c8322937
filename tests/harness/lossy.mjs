// A bad line: a UDP relay that drops datagrams both ways, the same ones for the same seed.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { random } from './rubbish.mjs';

export class LossyLine {
  /** Relays one client to `port` on loopback; `loss` of all datagrams, each way, are dropped, the others are `delayMs` late. */
  static async open(t, port, { loss, delayMs = 0, seed = 1 }) {
    const line = new LossyLine();
    Object.assign(line, { passed: 0, dropped: 0 });
    const next = random(seed);
    const [inner, outer] = [createSocket('udp4'), createSocket('udp4')];
    let client = null;
    const relay = (send) => {
      if (next() < loss) {
        line.dropped += 1;
        return;
      }
      line.passed += 1;
      setTimeout(send, delayMs);
    };
    let open = true;
    outer.on('message', (datagram, from) => {
      client = from;
      relay(() => open && inner.send(datagram, port, '127.0.0.1'));
    });
    inner.on('message', (datagram) => relay(() => open && outer.send(datagram, client.port, client.address)));
    for (const socket of [inner, outer]) {
      socket.on('error', () => {}); // what cannot be delivered is lost
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    t.after(() => {
      open = false;
      inner.close();
      outer.close();
    });
    line.port = outer.address().port;
    return line;
  }
}
