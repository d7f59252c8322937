// A PostgreSQL of a test's own, and a wire to it that can be cut or made to swallow everything.

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = resolve(import.meta.dirname, '..', '..', 'scripts', 'postgres.sh');

export class Postgres {
  /** One that only this test uses, so that it may be stopped; `durable`: over a crash, too. Ended after `t`. */
  static async start(t, how = '') {
    const { stdout } = await run(script, ['own', how]);
    const [url, folder] = stdout.trim().split('\n');
    const pid = Number((await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
    t.after(async () => {
      process.kill(pid, 'SIGQUIT');
      await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    });
    return new Postgres(url);
  }

  /** The one all tests share. */
  static async shared() {
    const { stdout } = await run(script, []);
    return new Postgres(stdout.trim());
  }

  constructor(url) {
    this.url = url;
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /** What `psql` answers to one statement. */
  async ask(sql, database = 'postgres') {
    const { stdout } = await run('psql', [this.of(database), '-qAtc', sql]);
    return stdout.trim();
  }

  of(database) {
    return this.url.replace(/[^/]*$/, database);
  }

  /** An empty database; its address. */
  async database(options = '') {
    const name = `t_${randomUUID().replaceAll('-', '')}`;
    await this.ask(`CREATE DATABASE ${name} ${options}`);
    return this.of(name);
  }
}

export class Wire {
  /** From a port of its own to `port`. Ended after `t`. */
  static async lay(t, port) {
    const wire = new Wire(port);
    wire.server = createServer((near) => wire.#join(near));
    wire.server.listen(0, '127.0.0.1');
    await once(wire.server, 'listening');
    t.after(() => {
      wire.server.close();
      wire.cut();
    });
    return wire;
  }

  constructor(port) {
    this.to = port;
    this.pairs = new Set();
    this.silent = false;
  }

  get port() {
    return this.server.address().port;
  }

  #join(near) {
    const far = connect(this.to, '127.0.0.1');
    // A connection that was there while bytes were swallowed never gets any again.
    const pair = { near, far, dead: this.silent };
    this.pairs.add(pair);
    const pass = (from, to) => from.on('data', (bytes) => pair.dead || to.write(bytes));
    pass(near, far);
    pass(far, near);
    const gone = () => {
      if (pair.dead) return;
      this.pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const end of [near, far]) end.on('close', gone).on('error', gone);
  }

  /** From now on nothing arrives, and nobody is told. */
  swallow() {
    this.silent = true;
    for (const pair of this.pairs) pair.dead = true;
  }

  /** New connections work; those from before stay dead. */
  heal() {
    this.silent = false;
  }

  cut() {
    for (const { near, far } of this.pairs) {
      near.destroy();
      far.destroy();
    }
    this.pairs.clear();
  }
}
