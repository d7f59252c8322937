// Many members who listen to one lesson's room and say nothing: sockets of bare TCP, since a client library takes more memory
// than the server. Tells its parent how many are open, and each second how many states came.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

/** Opened at once: more would only wait in the kernel's queue. */
const AT_ONCE = 200;
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

const [port, file, each] = process.argv.slice(2);
const people = readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => line.split(' '));
let [open, closed, messages] = [0, 0, 0];

/** Counts texts, answers pings; gives what is left of a frame that is not whole. */
function frames(bytes, socket) {
  let rest = bytes;
  while (rest.length >= 2) {
    const short = rest[1] & 0x7f;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (rest.length < head) break;
    const length = short === 126 ? rest.readUInt16BE(2) : short === 127 ? Number(rest.readBigUInt64BE(2)) : short;
    if (rest.length < head + length) break;
    const kind = rest[0] & 0x0f;
    if (kind === 1) messages += 1;
    else if (kind === 9) socket.write(PONG);
    rest = rest.subarray(head + length);
  }
  return rest;
}

function listen(path, cookie) {
  return new Promise((done) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.setNoDelay(true);
    let [up, kept] = [false, Buffer.alloc(0)];
    socket.on('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: http://127.0.0.1:${port}\r\nCookie: ${cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`));
    socket.on('error', () => done());
    socket.on('close', () => {
      if (up) [open, closed] = [open - 1, closed + 1];
      done();
    });
    socket.on('data', (chunk) => {
      kept = kept.length ? Buffer.concat([kept, chunk]) : chunk;
      if (!up) {
        const end = kept.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!kept.toString('latin1', 0, 12).endsWith('101')) {
          process.send({ refused: kept.toString('latin1', 0, 300) });
          socket.destroy();
          return;
        }
        [up, open] = [true, open + 1];
        kept = kept.subarray(end + 4);
        done();
      }
      kept = frames(kept, socket);
      if (kept.length === 0) kept = Buffer.alloc(0);
    });
  });
}

const wanted = people.flatMap(([path, cookie]) => Array.from({ length: Number(each) }, () => [path, cookie]));
for (let i = 0; i < wanted.length; i += AT_ONCE) await Promise.all(wanted.slice(i, i + AT_ONCE).map(([path, cookie]) => listen(path, cookie)));
process.send({ ready: open });
setInterval(() => {
  process.send({ open, closed, messages });
  messages = 0;
}, 1_000);
