// Bytes nobody should send, the same in every run.

import { connect } from 'node:net';

/** A small reproducible generator (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function noise(next, length) {
  return Buffer.from(Array.from({ length }, () => Math.floor(next() * 256)));
}

/** Sends `bytes` to a port, waits for the end, an answer or `limit` ms; what came back. */
export function throwAt(port, bytes, { limit = 300, half = false } = {}) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = Buffer.alloc(0);
    const timer = setTimeout(() => socket.destroy(), limit);
    socket.on('connect', () => (half ? socket.write(bytes) : socket.end(bytes)));
    socket.on('data', (data) => (answer = Buffer.concat([answer, data]).subarray(-65_536)));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

const amfString = (text) => Buffer.concat([Buffer.from([2, text.length >> 8, text.length & 255]), Buffer.from(text)]);
const amfNumber = (value) => {
  const bytes = Buffer.alloc(9);
  bytes.writeDoubleBE(value, 1);
  return bytes;
};

/** An RTMP chunk with a full header. */
function chunk(type, stream, body, { announced = body.length, time = 0 } = {}) {
  const head = Buffer.alloc(12);
  head[0] = 3;
  head.writeUIntBE(time, 1, 3);
  head.writeUIntBE(announced & 0xffffff, 4, 3);
  head[7] = type;
  head.writeUInt32LE(stream, 8);
  return Buffer.concat([head, body]);
}

/** The handshake as a client that does not look at the answers. */
const handshake = Buffer.concat([Buffer.from([3]), Buffer.alloc(1536), Buffer.alloc(1536)]);
const connectCommand = (extra = Buffer.alloc(0)) =>
  chunk(
    20,
    0,
    Buffer.concat([
      amfString('connect'),
      amfNumber(1),
      Buffer.from([3]),
      Buffer.from([0, 3]),
      Buffer.from('app'),
      amfString('live'),
      Buffer.from([0, 0, 9]),
      extra,
    ]),
  );

/** Malformed RTMP by name. */
export function malformedRtmp(next) {
  const deep = Buffer.concat(Array.from({ length: 40 }, () => Buffer.from([10, 0, 0, 0, 1])));
  const cases = {
    'another version': Buffer.concat([Buffer.from([99]), noise(next, 4_000)]),
    'half a handshake': handshake.subarray(0, 700),
    'noise after the handshake': Buffer.concat([handshake, noise(next, 20_000)]),
    'a chunk of 16 MB announced': Buffer.concat([handshake, chunk(9, 1, Buffer.alloc(100), { announced: 0xffffff })]),
    'a chunk size of 0': Buffer.concat([handshake, chunk(1, 0, Buffer.alloc(4)), connectCommand()]),
    'a chunk size of 2 GB': Buffer.concat([handshake, chunk(1, 0, Buffer.from([0x7f, 255, 255, 255])), connectCommand()]),
    'arrays in arrays': Buffer.concat([handshake, connectCommand(deep)]),
    'a text longer than the message': Buffer.concat([handshake, chunk(20, 0, Buffer.from([2, 255, 255, 65]))]),
    'media before publishing': Buffer.concat([handshake, connectCommand(), chunk(9, 1, noise(next, 90)), chunk(8, 1, noise(next, 90))]),
    'publish without connect': Buffer.concat([
      handshake,
      chunk(20, 1, Buffer.concat([amfString('publish'), amfNumber(5), Buffer.from([5]), amfString('x'.repeat(5_000).slice(0, 60))])),
    ]),
    'unknown types': Buffer.concat([
      handshake,
      connectCommand(),
      ...[0, 7, 16, 17, 22, 255].map((type) => chunk(type, 1, noise(next, 64))),
    ]),
  };
  for (let i = 0; i < 30; i += 1) {
    const mutated = Buffer.concat([
      handshake,
      connectCommand(),
      chunk(20, 0, Buffer.concat([amfString('createStream'), amfNumber(2), Buffer.from([5])])),
    ]);
    for (let flips = 0; flips < 8; flips += 1) mutated[3073 + Math.floor(next() * (mutated.length - 3073))] = Math.floor(next() * 256);
    cases[`mutation ${i}`] = mutated;
  }
  return cases;
}
