// A door in front of the RTMP port: passes everything on and notes when an encoder knocks and when it is let in, so that
// a test measures the service and not how long ffmpeg takes to start.

import { connect, createServer } from 'node:net';
import { until } from './wait.mjs';

/** In the service's answer to `publish`, near the beginning of a chunk: never cut in two. */
const LET_IN = 'NetStream.Publish.Start';

export class Door {
  /** Opens a door to the address an encoder would use; `url` is its own. Closed after `t`. */
  static async open(t, url) {
    const door = new Door();
    const { hostname, port } = new URL(url);
    const sockets = new Set();
    const server = createServer((encoder) => {
      door.knockedAt ??= performance.now();
      const service = connect(port, hostname);
      for (const socket of [encoder, service]) {
        sockets.add(socket);
        socket.on('error', () => undefined);
      }
      service.on('data', (bytes) => {
        if (bytes.includes(LET_IN)) door.letInAt ??= performance.now();
      });
      encoder.pipe(service).pipe(encoder);
    });
    t.after(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    await new Promise((opened) => server.listen(0, '127.0.0.1', opened));
    door.url = url.replace(`:${port}`, `:${server.address().port}`);
    return door;
  }

  /** Milliseconds from the knock until the encoder was let in. */
  async waited({ within = 15_000 } = {}) {
    await until('the encoder to be let in', () => this.letInAt, { within });
    return this.letInAt - this.knockedAt;
  }
}
