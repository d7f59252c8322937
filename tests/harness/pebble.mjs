// A certificate authority of a test: Debian's pebble, with a DNS of its own, on loopback.

import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { freePorts } from './ports.mjs';
import { Program } from './program.mjs';
import { certificate } from './tls.mjs';
import { until } from './wait.mjs';

export class Pebble {
  /** Starts one in `folder`; `nonces`: per cent of nonces that it refuses. What it looks at on port 80 is what `lead` leads to. */
  static async start(t, folder, { nonces = 5 } = {}) {
    const pebble = new Pebble();
    await mkdir(folder);
    const [directory, management, dns, dnsManagement] = await freePorts(4);
    const { cert, key } = await certificate(folder, ['127.0.0.1', 'localhost']);
    const at = (port) => `127.0.0.1:${port}`;
    pebble.door = createServer((socket) => pebble.#pass(socket));
    await new Promise((done) => pebble.door.listen(0, '127.0.0.1', done));
    const config = {
      listenAddress: at(directory),
      managementListenAddress: at(management),
      certificate: cert,
      privateKey: key,
      httpPort: pebble.door.address().port,
      tlsPort: 1,
    };
    await writeFile(join(folder, 'pebble.json'), JSON.stringify({ pebble: config }));
    pebble.dns = new Program('pebble-challtestsrv', [
      '-defaultIPv6',
      '',
      '-dns01',
      at(dns),
      '-management',
      at(dnsManagement),
      '-http01',
      '',
      '-https01',
      '',
      '-tlsalpn01',
      '',
    ]);
    const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: String(nonces) };
    pebble.program = new Program('pebble', ['-config', join(folder, 'pebble.json'), '-dnsserver', at(dns)], { env });
    Object.assign(pebble, { cert, url: `https://localhost:${directory}/dir`, management: `http://${at(dnsManagement)}` });
    t.after(async () => {
      pebble.door.close();
      await pebble.program.stop();
      await pebble.dns.stop();
    });
    await pebble.program.says(/Listening on/i);
    await until(
      'the DNS to answer',
      async () => (await fetch(`${pebble.management}/clear-request-history`, { method: 'POST', body: '{}' })).status > 0,
    );
    return pebble;
  }

  /** From now on port 80 of every name is this port, or nothing. */
  lead(port) {
    this.port = port;
  }

  async #pass(socket) {
    socket.on('error', () => {});
    const port = await until('a port to lead to', () => this.port, { within: 30_000 }).catch(() => 1);
    const far = connect(port, '127.0.0.1');
    far.on('error', () => socket.destroy());
    socket.on('close', () => far.destroy());
    socket.pipe(far).pipe(socket);
  }
}
