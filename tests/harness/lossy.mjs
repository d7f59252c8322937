// A bad line: a UDP relay that drops datagrams both ways, the same ones for the same seed. What comes by TCP at the same
// number connects and is never answered, as behind a firewall that lets nothing but UDP out.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { random } from './rubbish.mjs';

export class LossyLine {
  /** Relays to `port` on loopback; `loss` of all datagrams (of `line.loss` later), each way, are dropped, the others are `delayMs` late. */
  static async open(t, port, { loss, delayMs = 0, seed = 1 }) {
    const line = new LossyLine();
    Object.assign(line, { loss, passed: 0, dropped: 0, byTcp: 0 });
    const next = random(seed);
    let open = true;
    const relay = (send) => {
      if (next() < line.loss) {
        line.dropped += 1;
        return;
      }
      line.passed += 1;
      setTimeout(() => open && send(), delayMs);
    };
    const bound = async (socket, at) => {
      socket.on('error', () => {}); // what cannot be delivered is lost
      socket.bind(at, '127.0.0.1');
      await once(socket, 'listening');
      return socket;
    };
    const outer = await bound(createSocket('udp4'), 0);
    // A socket for each that sends, as a network has: answers go to who was meant.
    const inner = new Map();
    const beyond = (from) => {
      const name = `${from.address}:${from.port}`;
      if (!inner.has(name)) {
        const socket = createSocket('udp4');
        socket.on('message', (datagram) => relay(() => outer.send(datagram, from.port, from.address)));
        inner.set(name, bound(socket, 0));
      }
      return inner.get(name);
    };
    outer.on('message', async (datagram, from) => {
      const socket = await beyond(from);
      relay(() => socket.send(datagram, port, '127.0.0.1'));
    });
    line.port = outer.address().port;
    const swallowed = new Set();
    const tcp = createServer((socket) => {
      line.byTcp += 1;
      swallowed.add(socket.on('error', () => {}).resume());
    });
    tcp.on('error', () => {}); // somebody else's port: they answer no ICE either
    tcp.listen(line.port, '127.0.0.1');
    t.after(async () => {
      open = false;
      for (const socket of await Promise.all([outer, ...inner.values()])) socket.close();
      for (const socket of swallowed) socket.destroy();
      tcp.close();
    });
    return line;
  }
}
