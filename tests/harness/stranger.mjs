// A stranger at a TCP port: sends what it likes, reads or not, and knows when it was sent away.

import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';

/** Status and text of an answer to the host `from`, by a connection of its own. */
export async function askedFrom(from, url, { method = 'GET', headers = {}, body = '' } = {}) {
  const asked = request(url, { method, headers: { ...headers, 'content-length': Buffer.byteLength(body) }, localAddress: from, agent: false });
  asked.end(body);
  const [answer] = await once(asked, 'response');
  let text = '';
  for await (const chunk of answer) text += chunk;
  return { status: answer.statusCode, headers: answer.headers, text };
}

export class Stranger {
  /** Connects to a port of this machine, as the host `from`, and sends `bytes`; with `deaf` it never reads. Closed after `t`. */
  static async come(t, port, bytes = '', { deaf = false, from = '127.0.0.1' } = {}) {
    const stranger = new Stranger();
    stranger.heard = '';
    stranger.socket = connect({ port, host: '127.0.0.1', localAddress: from });
    stranger.socket.on('error', () => {});
    t.after(() => stranger.socket.destroy());
    await once(stranger.socket, 'connect');
    const began = performance.now();
    // Who is sent away with something unread is reset, and gone all the same: `once` would call that an error.
    stranger.gone = new Promise((done) => stranger.socket.once('close', () => done(performance.now() - began)));
    if (deaf) stranger.socket.pause();
    else stranger.socket.on('data', (chunk) => (stranger.heard = (stranger.heard + chunk.toString('latin1')).slice(-4_000)));
    if (bytes) stranger.socket.write(bytes);
    return stranger;
  }

  say(bytes) {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** Milliseconds after which it was sent away; it must happen within `within`. */
  async sentAway(within) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`still there after ${within} ms; heard: ${this.heard.slice(0, 200)}`)), within);
    });
    try {
      return await Promise.race([this.gone, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
