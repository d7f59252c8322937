// Runs the whole-system tests, side by side where they say that they can be, and says where the time went.
// Arguments: parts of file names to run only these. The last line is "N passed, N failed".

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runFiles } from './harness/files.mjs';

const FOLDERS = ['e2e', 'browser', 'faults'];
/**
 * A machine that stands still for seconds (a neighbour on the same host) breaks tests that watch time pass. So a file that
 * failed is run once more, alone, and its second result counts and is named; but when more failed than this, something is broken.
 */
const SECOND_TRIES = 4;
/** So many of the slowest files and tests are printed. */
const SLOWEST = 10;

const here = import.meta.dirname;
const logs = join(here, '..', 'target', 'test-logs');
const wanted = process.argv.slice(2);
const name = (file) => relative(here, file);
const all = FOLDERS.flatMap((folder) =>
  readdirSync(join(here, folder))
    .filter((file) => file.endsWith('.test.mjs'))
    .sort()
    .map((file) => join(here, folder, file)),
).filter((file) => wanted.length === 0 || wanted.some((part) => name(file).includes(part)));

const total = (results, what) => [...results.values()].reduce((sum, result) => sum + result[what], 0);

/** Prints the slowest and keeps all in target/test-logs/times.json. */
function tellTimes(results, seconds, secondTries) {
  const files = [...results].map(([file, { tests: _, ...result }]) => ({ file: name(file), ...result }));
  const tests = [...results].flatMap(([file, { tests }]) => tests.map((one) => ({ file: name(file), ...one })));
  const slowest = (rows) => [...rows].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
  const figure = (value) => String(value).padStart(7);
  console.log(`\nThe slowest of ${files.length} files, and what they took of the processors:`);
  for (const row of slowest(files)) console.log(`${figure(row.seconds)} s ${figure(row.processor)} s  ${row.file}`);
  console.log(`The slowest of ${tests.length} tests:`);
  for (const row of slowest(tests)) console.log(`${figure(row.seconds)} s  ${row.file}: ${row.test}`);
  console.log(
    `${seconds.toFixed(0)} s in all, ${total(results, 'seconds').toFixed(0)} s one by one; ${secondTries.length} files needed a second try`,
  );
  if (secondTries.length > 0) console.log(`At the second try only: ${secondTries.join(', ')}`);
  mkdirSync(logs, { recursive: true });
  writeFileSync(join(logs, 'times.json'), JSON.stringify({ seconds, files, tests, secondTries }, null, 2));
}

const began = performance.now();
const results = await runFiles(all);
const failed = all.filter((file) => results.get(file).failed > 0);
if (failed.length > 0 && failed.length <= SECOND_TRIES) {
  console.log(`\nOnce more: ${failed.map(name).join(', ')}\n`);
  for (const [file, again] of await runFiles(failed, { alone: true }))
    results.set(file, { ...again, seconds: again.seconds + results.get(file).seconds });
}
tellTimes(results, (performance.now() - began) / 1000, failed.filter((file) => results.get(file).failed === 0).map(name));
console.log(`${total(results, 'passed')} passed, ${total(results, 'failed')} failed`);
process.exitCode = total(results, 'failed') === 0 && total(results, 'passed') > 0 ? 0 : 1;
