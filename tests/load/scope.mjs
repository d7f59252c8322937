// What measuring programs share: ending what they started, and a line on the machine they ran on.

import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** Collects what has to be ended; the last comes first. Takes the place of node:test's context. */
export class Scope {
  #ends = [];
  after(end) {
    this.#ends.unshift(end);
  }
  async close() {
    for (const end of this.#ends) {
      try {
        await end();
      } catch (error) {
        console.log(`  ending: ${error.message}`);
      }
    }
  }
}

/** Processors, memory, commit and day. `COMMIT` names the commit of programs that were built elsewhere. */
export function machine() {
  const cpu = cpus();
  const commit = process.env.COMMIT ?? execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  return `${cpu.length} × ${cpu[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, commit ${commit}, ${new Date().toISOString().slice(0, 10)}`;
}
