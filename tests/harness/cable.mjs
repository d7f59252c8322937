// A cable between browsers and the WebRTC port that can be pulled out: a forwarder of UDP packets. Cutting a page off by
// the browser's own emulation leaves its WebRTC connections alone; this does not. It can also be a bad one, that loses packets.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { random } from './rubbish.mjs';

async function bound(...where) {
  const socket = createSocket('udp4');
  socket.bind(...where);
  await once(socket, 'listening');
  return socket;
}

export class Cable {
  /** Browsers send to 127.0.0.1:`port`; whoever listens on `far`:`port` gets it, and answers. Ended after `t`. */
  static async lay(t, port, far) {
    const cable = new Cable(port, far);
    cable.near = await bound(port, '127.0.0.1');
    cable.near.on('message', (packet, from) => void cable.#forward(packet, from));
    t.after(() => cable.#end());
    return cable;
  }

  constructor(port, far) {
    this.port = port;
    this.far = far;
    this.out = false;
    /** The share of packets that is lost, each way. */
    this.loss = 0;
    this.next = random(20_261_130);
    /** A socket of ours for each of theirs, so that answers find their way. */
    this.ways = new Map();
  }

  #loses() {
    return this.out || this.next() < this.loss;
  }

  async #forward(packet, from) {
    if (this.#loses()) return;
    const key = `${from.address}:${from.port}`;
    if (!this.ways.has(key)) this.ways.set(key, this.#way(from));
    (await this.ways.get(key)).send(packet, this.port, this.far);
  }

  async #way(from) {
    const socket = await bound(0, '127.0.0.1');
    socket.on('message', (packet) => this.#loses() || this.near.send(packet, from.port, from.address));
    return socket;
  }

  /** Pulls the cable out of a page's computer, and plugs it in again: WebRTC, requests and the room alike. */
  async pull(page) {
    this.out = true;
    await page.context().setOffline(true);
  }

  async plug(page) {
    this.out = false;
    await page.context().setOffline(false);
  }

  async #end() {
    this.near.close();
    for (const way of this.ways.values()) (await way).close();
  }
}
