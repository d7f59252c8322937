// Runs files of whole-system tests, each in a process of its own, side by side where their cost allows.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** On two cores: what the tests wait for is mostly time to pass, their processors are a quarter busy in one lane. */
const LANES = 3;
/** Ports of a lane's servers; below those that the system gives to whoever connects. */
const PORTS = { from: 10_000, each: 7_000 };
const FILE_LIMIT_MS = 10 * 60_000;
const REPORTER = join(import.meta.dirname, 'reporter.mjs');
/** What a file says of itself: `light` ones mostly wait, `busy` ones watch picture and sound closely, `heavy` ones need the machine. */
const COST = /^\/\/ Cost: (\d+) s, (light|busy|heavy)\./m;
const TAKES = { light: 1, busy: 2, heavy: LANES };

/** Lines of the programs' logs that are printed when a file fails; so many of the last ones. */
const TROUBLE = /\b(WARN|ERROR)\b/;
const TROUBLES = 40;

/** What a file costs by its own words: seconds, and how many lanes. */
export function costOf(file) {
  const [, seconds, weight] = COST.exec(readFileSync(file, 'utf8')) ?? [];
  if (!seconds) throw new Error(`${file} does not say what it costs, as in "// Cost: 40 s, light."`);
  return { seconds: Number(seconds), lanes: TAKES[weight] };
}

/**
 * One file: `{passed, failed, seconds, processor, tests}`, `processor` in seconds of all that it started. What it prints
 * goes out in one piece when it has ended.
 */
async function runFile(file, lane) {
  const folder = mkdtempSync(join(tmpdir(), 'yunke-run-'));
  const [lines, used, log] = [join(folder, 'tests'), join(folder, 'processor'), join(folder, 'log')];
  const node = [
    process.execPath,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${REPORTER}`,
    `--test-reporter-destination=${lines}`,
    file,
  ];
  const from = PORTS.from + lane * PORTS.each;
  const env = { ...process.env, TEST_PORTS: `${from}-${from + PORTS.each - 1}`, TEST_LOG: log };
  const began = performance.now();
  // bash adds up the processor time of whatever the file started, which nobody else does for us.
  const child = spawn('bash', ['-c', 'TIMEFORMAT="%U %S"; { time "${@:2}" 2>&1; } 2>"$1"', 'run', used, ...node], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk) => (output += chunk));
  const end = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      // All of them may have ended in this moment.
      if (error.code !== 'ESRCH') throw error;
    }
  };
  const limit = setTimeout(() => {
    output += `\n${file} did not end within ${FILE_LIMIT_MS / 60_000} minutes\n`;
    end('SIGTERM');
    setTimeout(() => child.exitCode ?? end('SIGKILL'), 5_000).unref();
  }, FILE_LIMIT_MS);
  const stop = () => end('SIGTERM');
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const code = await new Promise((done) => child.on('close', done));
  clearTimeout(limit);
  process.off('SIGINT', stop).off('SIGTERM', stop);
  process.stdout.write(output);
  const read = (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  };
  const tests = read(lines)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const processor = (/([\d.]+) ([\d.]+)\s*$/.exec(read(used)) ?? [0, 0, 0]).slice(1).reduce((sum, one) => sum + Number(one), 0);
  const failed = tests.filter((one) => !one.passed).length;
  if (failed > 0 || code !== 0) {
    const troubles = read(log)
      .split('\n')
      .filter((line) => TROUBLE.test(line));
    if (troubles.length > 0) console.log(`What its programs logged of trouble:\n${troubles.slice(-TROUBLES).join('\n')}`);
  }
  rmSync(folder, { recursive: true, force: true });
  const tenth = (value) => Math.round(value * 10) / 10;
  return {
    passed: tests.length - failed,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    seconds: tenth((performance.now() - began) / 1000),
    processor: tenth(processor),
    tests,
  };
}

/** Runs these; a map of their results. Those that need the machine for themselves come first, then the longest. */
export async function runFiles(files, { alone = false } = {}) {
  const waiting = files.map((file) => ({ file, ...costOf(file) })).sort((a, b) => b.lanes - a.lanes || b.seconds - a.seconds);
  const results = new Map();
  const free = new Set(Array.from({ length: LANES }, (_, lane) => lane));
  const running = new Set();
  for (const { file, lanes } of waiting) {
    const wanted = alone ? LANES : lanes;
    while (free.size < wanted) await Promise.race(running);
    const own = [...free].slice(0, wanted);
    own.forEach((lane) => free.delete(lane));
    const task = runFile(file, own[0]).then((result) => {
      results.set(file, result);
      own.forEach((lane) => free.add(lane));
      running.delete(task);
    });
    running.add(task);
  }
  await Promise.all(running);
  return results;
}
