// A whole Yunke of a test: `yunke serve` with its media process, on free ports, in a folder of its own.
// When it is stopped its logs are searched for every secret the test handled.

import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Person } from './api.mjs';
import { Cable } from './cable.mjs';
import { freePorts } from './ports.mjs';
import { Program, processAlive } from './program.mjs';
import { keepSeeded, takeSeeded } from './seeded.mjs';
import { Never, until } from './wait.mjs';

const root = resolve(import.meta.dirname, '..', '..');
export const binFolder = process.env.TEST_BIN ?? join(root, 'target', 'debug');

const START_LIMIT_MS = 30_000;
/** The media service's own address where what browsers are told is the cable's end. */
const BEHIND_THE_CABLE = '127.0.0.2';
// The demo prints its accounts on purpose.
const SHOWN_BY_THE_DEMO = new Set(['phone', 'password']);

export class Yunke {
  constructor(folder, ports, options) {
    this.folder = folder;
    this.data = join(folder, 'data');
    this.ports = ports;
    this.options = options;
    this.secrets = [];
    // All starts: a media process that outlives its server still writes to the first one's output.
    this.programs = [];
    this.program = null;
  }

  /**
   * Starts one: `demo` with the demo's people, `quiet` with them but without the demo's own publisher (it needs
   * half a core), `env` more variables, `config` another configuration, `cable`: WebRTC goes through one that can be
   * pulled out (`yunke.cable`). Stopped after the tests of `t`.
   */
  static async start(t, options = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'yunke-test-'));
    const [web, media, rtmp, webrtc, srt] = await freePorts(5);
    const yunke = new Yunke(folder, { web, media, rtmp, webrtc, srt }, options);
    t.after(() => yunke.dispose());
    if (options.cable) yunke.cable = await Cable.lay(t, webrtc, BEHIND_THE_CABLE);
    await yunke.writeConfig();
    // The people are in the data then; from here on it is an ordinary server.
    if (options.quiet) await yunke.seed();
    await yunke.launch();
    return yunke;
  }

  /** Puts the demo's people into the data: those of a test before, unless its server was another kind of one. */
  async seed() {
    const program = join(binFolder, 'yunke');
    const plain = !this.options.config && !this.options.env;
    const { demo, ...rest } = this.options;
    if (!demo) return;
    if (!(plain && (await takeSeeded(program, this.data)))) {
      await this.launch();
      await this.interrupt();
      if (plain) await keepSeeded(program, this.data);
    }
    this.options = { ...rest, demo: false };
  }

  get url() {
    return `http://127.0.0.1:${this.ports.web}`;
  }

  get mediaUrl() {
    return `http://127.0.0.1:${this.ports.media}`;
  }

  /** Ports of its own in the configuration the test brings, or in an empty one. */
  async writeConfig() {
    const given = (await this.options.config?.()) ?? '[http]\nlisten = ""\n[media]\nhttp = ""\nrtmp = ""\n';
    const toml = given
      .replace(/^data_dir = .*$/m, '')
      .replace(/^listen = .*$/m, `listen = "127.0.0.1:${this.ports.web}"`)
      .replace(/^http = .*$/m, `http = "127.0.0.1:${this.ports.media}"`)
      .replace(/^(webrtc|srt) = .*$/gm, '')
      .replace(
        /^rtmp = .*$/m,
        `rtmp = "127.0.0.1:${this.ports.rtmp}"\nwebrtc = "${this.cable ? BEHIND_THE_CABLE : '127.0.0.1'}:${this.ports.webrtc}"`,
      )
      .replace(/^webrtc = .*$/m, (line) => (this.cable ? `${line}\nwebrtc_hosts = ["127.0.0.1"]` : line))
      .replace(/^webrtc = .*$/m, (line) => `${line}\nsrt = "127.0.0.1:${this.ports.srt}"`);
    await writeFile(join(this.folder, 'yunke.toml'), toml);
  }

  /** Starts the program (again, with the same ports and data) and waits until it says its addresses. */
  async launch() {
    const addresses = join(this.folder, 'addresses');
    await rm(addresses, { force: true });
    const began = performance.now();
    const args = ['serve', '--config', join(this.folder, 'yunke.toml'), '--data', this.data, '--addresses-file', addresses];
    args.push('--listen', `127.0.0.1:${this.ports.web}`);
    if (this.options.demo) args.push('--demo');
    this.program = new Program(join(binFolder, 'yunke'), args, {
      cwd: root,
      env: { ...process.env, ...this.options.env },
    });
    this.programs.push(this.program);
    const said = await until(
      'yunke to be ready',
      async () => {
        if (!this.program.alive) throw new Never(`yunke ended: ${this.program.output.slice(-2000)}`);
        return existsSync(addresses) && (await readFile(addresses, 'utf8'));
      },
      { within: START_LIMIT_MS },
    );
    this.startMs = performance.now() - began;
    this.addresses = Object.fromEntries(
      said
        .trim()
        .split('\n')
        .map((line) => line.split('=')),
    );
    return this;
  }

  person() {
    return new Person(this);
  }

  signedIn(account) {
    return new Person(this).signIn(account);
  }

  /** Remembers a secret: it must never stand in the logs. */
  secret(kind, value) {
    if (value && value.length >= 8) this.secrets.push({ kind, value });
    return value;
  }

  /** The process id of yunke-media, asked of the system: whose parent or command line is ours. */
  async mediaPid() {
    const { readdir } = await import('node:fs/promises');
    for (const pid of await readdir('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8');
        const environ = await readFile(`/proc/${pid}/environ`, 'utf8');
        if (command.split('\0')[0].endsWith('yunke-media') && environ.includes(this.data)) return Number(pid);
      } catch {
        // It ended while we looked.
      }
    }
    return null;
  }

  async media() {
    return until('yunke-media to run', () => this.mediaPid());
  }

  /** kill −9 of the server alone. */
  async killServer() {
    this.program.kill('SIGKILL');
    await this.program.exited;
  }

  async killMedia() {
    const pid = await this.media();
    process.kill(pid, 'SIGKILL');
    await until('yunke-media to be gone', async () => !(await processAlive(pid)));
    return pid;
  }

  /** Ctrl-C; the exit and how long it took. */
  async interrupt({ within = 10_000 } = {}) {
    const began = performance.now();
    const exit = await this.program.stop('SIGINT', { within });
    return { ...exit, ms: performance.now() - began };
  }

  /** What the programs logged so far, all starts together. */
  allLogs() {
    return this.programs.map((program) => program.output).join('\n');
  }

  /** The secrets that stand in the logs, by kind. */
  leaked() {
    const logs = this.allLogs();
    return this.secrets
      .filter(({ kind }) => !(this.options.demo || this.options.quiet) || !SHOWN_BY_THE_DEMO.has(kind))
      .filter(({ value }) => logs.includes(value))
      .map(({ kind }) => kind);
  }

  /** Ends what is left, whatever the test did, and looks for secrets and panics in the logs. */
  async dispose() {
    const media = await this.mediaPid();
    if (this.program?.alive) await this.interrupt();
    if (media && (await processAlive(media))) {
      try {
        await until('yunke-media to end', async () => !(await processAlive(media)), { within: 5_000 });
      } catch {
        process.kill(media, 'SIGKILL');
      }
    }
    if (process.env.TEST_LOG) await appendFile(process.env.TEST_LOG, this.allLogs());
    const leaked = this.leaked();
    const panics = this.allLogs().match(/panicked at .*/g) ?? [];
    if (process.env.KEEP !== '1') await rm(this.folder, { recursive: true, force: true });
    if (leaked.length) throw new Error(`secrets in the logs: ${[...new Set(leaked)].join(', ')}`);
    if (panics.length) throw new Error(`panics in the logs: ${panics[0]}`);
  }
}
