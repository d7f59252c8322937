// A program a test starts: its output kept, ended by its own process id and nobody else's.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Never, until } from './wait.mjs';

const KEPT_OUTPUT_CHARS = 4_000_000;
const running = new Set();

// A test run that dies takes its programs with it.
process.on('exit', () => {
  for (const program of running) program.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => process.exit(1));
}

export class Program {
  /** Starts `command` with `args`; `options` as for `spawn`. */
  constructor(command, args, options = {}) {
    this.name = command.split('/').pop();
    this.output = '';
    this.process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.exited = once(this.process, 'exit').then(([code, signal]) => {
      running.delete(this);
      return { code, signal };
    });
    running.add(this);
    const keep = (chunk) => {
      this.output = (this.output + chunk).slice(-KEPT_OUTPUT_CHARS);
    };
    this.process.stdout.setEncoding('utf8').on('data', keep);
    this.process.stderr.setEncoding('utf8').on('data', keep);
    this.process.on('error', (error) => keep(`${this.name}: ${error.message}\n`));
  }

  get pid() {
    return this.process.pid;
  }

  get alive() {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  kill(signal = 'SIGTERM') {
    if (this.alive) this.process.kill(signal);
  }

  /** Waits for `pattern` in what the program printed and returns the match. */
  async says(pattern, { within = 10_000 } = {}) {
    return until(
      `${this.name} to say ${pattern}`,
      () => {
        const match = this.output.match(pattern);
        if (!match && !this.alive) throw new Never(`${this.name} is gone: ${this.output.slice(-800)}`);
        return match;
      },
      { within },
    );
  }

  /** Waits for the end; `{code, signal}`. Kills what does not end in time and says so. */
  async ends({ within = 10_000 } = {}) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => {
        this.kill('SIGKILL');
        reject(new Error(`${this.name} did not end within ${within} ms: ${this.output.slice(-800)}`));
      }, within);
    });
    try {
      return await Promise.race([this.exited, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async stop(signal = 'SIGTERM', { within = 5_000 } = {}) {
    if (!this.alive) return this.exited;
    this.kill(signal);
    return this.ends({ within });
  }
}

/** Does a process with this id exist (and is no zombie)? */
export async function processAlive(pid) {
  const { readFile } = await import('node:fs/promises');
  try {
    return !/^State:\s+[ZX]/m.test(await readFile(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
