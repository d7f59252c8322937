// Free ports on loopback. Tests that restart a program keep its ports, so they are chosen beforehand.

import { createServer } from 'node:net';
import { once } from 'node:events';

/** `count` ports nobody listens on now; all held open together, so that they differ. */
export async function freePorts(count) {
  const servers = [];
  for (let i = 0; i < count; i += 1) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
  }
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

export async function freePort() {
  return (await freePorts(1))[0];
}
