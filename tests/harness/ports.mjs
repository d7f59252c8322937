// Free ports on loopback, out of the range of whoever runs side by side with others (tests/harness/files.mjs). Tests that
// restart a program keep its ports, so they are chosen beforehand, and lie below those the system gives to whoever connects.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const [FROM, TO] = (process.env.TEST_PORTS ?? '10000-29999').split('-').map(Number);
const TRIES = 1000;
const given = new Set();

/** Whether nobody has it, for either protocol. */
async function isFree(port) {
  const server = createServer();
  const socket = createSocket('udp4');
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((done) => server.close(done));
    socket.close();
  }
}

/** `count` ports nobody has now, each given once. */
export async function freePorts(count) {
  const ports = [];
  for (let tries = 0; ports.length < count; tries += 1) {
    if (tries > TRIES) throw new Error(`no free ports in ${FROM}-${TO}`);
    const port = FROM + Math.floor(Math.random() * (TO - FROM + 1));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
}

export async function freePort() {
  return (await freePorts(1))[0];
}
