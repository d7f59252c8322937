// An RTMP encoder of our own, for what no real one does: it plays FLV files tag by tag at their pace, and what goes out is
// changed on the way.

import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { until, watchFor } from './wait.mjs';

/** The tags of an FLV file: `video`, `at` (ms), `key`, `config` (a decoder's configuration), `body`. */
export async function tagsOf(file) {
  const bytes = await readFile(file);
  const tags = [];
  for (let at = 13; at + 11 < bytes.length; ) {
    const size = bytes.readUIntBE(at + 1, 3);
    const body = bytes.subarray(at + 11, at + 11 + size);
    const video = bytes[at] === 9;
    const time = bytes.readUIntBE(at + 4, 3) + bytes[at + 7] * 2 ** 24;
    if (video || bytes[at] === 8) tags.push({ video, at: time, key: video && body[0] >> 4 === 1, config: body[1] === 0, body });
    at += size + 15;
  }
  return tags;
}

/** A string, a number and nothing, as commands have them (AMF0). */
export const text = (value) => Buffer.concat([Buffer.from([2, value.length >> 8, value.length & 255]), Buffer.from(value)]);
export const number = (value) => {
  const bytes = Buffer.alloc(9);
  bytes.writeDoubleBE(value, 1);
  return bytes;
};
export const NULL = Buffer.from([5]);
const APP = Buffer.concat([Buffer.from([3, 0, 3]), Buffer.from('app'), text('live'), Buffer.from([0, 0, 9])]);
/** Chunks are as large as messages, so that each message is one chunk. */
const CHUNK_BYTES = 1 << 20;

/** A message in one chunk with a full header. */
export function message(id, type, stream, body, time = 0) {
  const late = time >= 0xffffff;
  const head = Buffer.alloc(late ? 16 : 12);
  head[0] = id;
  head.writeUIntBE(late ? 0xffffff : time, 1, 3);
  head.writeUIntBE(body.length, 4, 3);
  head[7] = type;
  head.writeUInt32LE(stream, 8);
  if (late) head.writeUInt32BE(time >>> 0, 12);
  return Buffer.concat([head, body]);
}

export class Encoder {
  /** Connects to a whole RTMP address and is let in. Closed after `t`. */
  static async connect(t, url) {
    const { hostname, port, pathname } = new URL(url);
    const key = pathname.split('/').pop();
    const encoder = new Encoder();
    encoder.heard = '';
    encoder.key = key;
    encoder.socket = connect(Number(port), hostname);
    encoder.socket.setNoDelay(true);
    encoder.socket.on('data', (bytes) => (encoder.heard = (encoder.heard + bytes.toString('latin1')).slice(-20_000)));
    encoder.socket.on('error', () => {});
    t.after(() => encoder.socket.destroy());
    const size = Buffer.alloc(4);
    size.writeUInt32BE(CHUNK_BYTES);
    const command = (...parts) => message(3, 20, 0, Buffer.concat(parts));
    encoder.socket.write(Buffer.concat([Buffer.from([3]), Buffer.alloc(2 * 1536)]));
    encoder.socket.write(
      Buffer.concat([
        message(2, 1, 0, size),
        command(text('connect'), number(1), APP),
        command(text('createStream'), number(2), NULL),
        message(3, 20, 1, Buffer.concat([text('publish'), number(3), NULL, text(key), text('live')])),
      ]),
    );
    await until('the encoder to be let in', () => encoder.heard.includes('NetStream.Publish.Start'));
    return encoder;
  }

  get alive() {
    return !this.socket.destroyed && this.socket.writable;
  }

  /** Sends a message of another kind beside what is played. */
  say(type, stream, body, time = 0) {
    this.socket.write(message(type === 20 ? 3 : 5, type, stream, body, time));
  }

  /** Sends a command, its values in AMF0. */
  command(name, transaction, ...values) {
    this.say(20, 1, Buffer.concat([text(name), number(transaction), ...values]));
  }

  /**
   * Plays tags (an array, or a generator that may end early) at their pace, `from` on in the time of the stream, until they end or the encoder is closed. `change` gets a
   * tag with the time it goes out with and answers what goes out in its place; nothing: it is left out. Ends with the time
   * after the last tag.
   */
  async play(tags, { from = 0, change = (tag) => tag } = {}) {
    const began = performance.now();
    let first = null;
    let last = from;
    for (const tag of tags) {
      first ??= tag.at;
      const due = tag.at - first;
      const early = began + due - performance.now();
      if (early > 1) await watchFor(early);
      if (!this.alive) break;
      last = from + due;
      const out = change({ ...tag, at: last });
      if (out) this.socket.write(message(out.video ? 6 : 4, out.video ? 9 : 8, 1, out.body, out.at));
    }
    return last + 40;
  }
}
