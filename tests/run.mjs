// Runs the whole-system tests, one file after the other (they share two cores and measure time), and says where the time went.
// Arguments: parts of file names to run only these. The last line is "N passed, N failed".

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const FOLDERS = ['e2e', 'browser', 'faults'];
const FILE_LIMIT_MS = 10 * 60_000;
/**
 * A machine that stands still for seconds (a neighbour on the same host) breaks tests that watch time pass. So a file that
 * failed is run once more, and its second result counts and is named; but when more failed than this, something is broken.
 */
const SECOND_TRIES = 4;
/** So many of the slowest files and tests are printed. */
const SLOWEST = 10;

const here = import.meta.dirname;
const logs = join(here, '..', 'target', 'test-logs');
const wanted = process.argv.slice(2);
const all = FOLDERS.flatMap((folder) =>
  readdirSync(join(here, folder))
    .filter((name) => name.endsWith('.test.mjs'))
    .sort()
    .map((name) => join(here, folder, name)),
).filter((file) => wanted.length === 0 || wanted.some((part) => relative(here, file).includes(part)));

/** What each test took, in the order in which they ended: `{file, test, seconds, passed}`, second tries included. */
const times = [];

/** Runs these; for each of them how many of its tests passed and failed. */
function results(files) {
  const counts = new Map(files.map((file) => [file, { passed: 0, failed: 0 }]));
  // A file is reported as a test around its tests when it dies; suites and files that went well don't count.
  const of = ({ file, name }) => counts.get(file) ?? counts.get(name);
  const stream = run({ files, concurrency: 1, timeout: FILE_LIMIT_MS });
  const timed = ({ file, name, details }, passed) => {
    if (file && !counts.has(name)) times.push({ file: relative(here, file), test: name, seconds: Math.round(details.duration_ms / 100) / 10, passed });
  };
  stream.on('test:pass', (data) => {
    timed(data, true);
    if (data.details.type !== 'suite' && !counts.has(data.name) && !data.skip) of(data).passed += 1;
  });
  stream.on('test:fail', (data) => {
    timed(data, false);
    if (data.details.type !== 'suite') of(data).failed += 1;
  });
  return new Promise((done) => {
    const report = stream.compose(spec);
    report.pipe(process.stdout, { end: false });
    report.on('end', () => done(counts));
  });
}

/** Runs each file by itself, so that what it took includes starting and ending it. */
async function oneByOne(files) {
  const counts = new Map();
  for (const file of files) {
    const began = performance.now();
    const [[, count]] = await results([file]);
    count.seconds = Math.round((performance.now() - began) / 100) / 10;
    counts.set(file, count);
  }
  return counts;
}

const broken = (counts) => [...counts].filter(([, { failed }]) => failed > 0).map(([file]) => file);
const total = (counts, what) => [...counts.values()].reduce((sum, count) => sum + count[what], 0);

/** Prints the slowest and keeps all in target/test-logs/times.json. */
function tellTimes(counts, secondTries) {
  const slowest = (rows) => [...rows].sort((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
  const line = ({ seconds }, what) => console.log(`  ${String(seconds).padStart(7)} s  ${what}`);
  const files = [...counts].map(([file, count]) => ({ file: relative(here, file), ...count }));
  console.log(`\nThe slowest of ${files.length} files:`);
  for (const row of slowest(files)) line(row, row.file);
  console.log(`The slowest of ${times.length} tests:`);
  for (const row of slowest(times)) line(row, `${row.file}: ${row.test}`);
  console.log(`${total(counts, 'seconds').toFixed(0)} s in all; ${secondTries.length} files needed a second try${secondTries.length ? `: ${secondTries.join(', ')}` : ''}`);
  mkdirSync(logs, { recursive: true });
  writeFileSync(join(logs, 'times.json'), JSON.stringify({ files, tests: times, secondTries }, null, 2));
}

const counts = await oneByOne(all);
const again = broken(counts);
if (again.length > 0 && again.length <= SECOND_TRIES) {
  console.log(`\nOnce more: ${again.map((file) => relative(here, file)).join(', ')}\n`);
  for (const [file, count] of await oneByOne(again)) counts.set(file, { ...count, seconds: count.seconds + counts.get(file).seconds });
}
const mended = again.filter((file) => counts.get(file).failed === 0).map((file) => relative(here, file));
tellTimes(counts, mended);
if (mended.length > 0) console.log(`At the second try only: ${mended.join(', ')}`);
const [passed, failed] = [total(counts, 'passed'), total(counts, 'failed')];
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
