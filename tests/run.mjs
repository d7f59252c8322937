// Runs the whole-system tests, one file after the other (they share two cores and measure time).
// Arguments: parts of file names to run only these. The last line is "N passed, N failed".

import { readdirSync } from 'node:fs';
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

const here = import.meta.dirname;
const wanted = process.argv.slice(2);
const all = FOLDERS.flatMap((folder) =>
  readdirSync(join(here, folder))
    .filter((name) => name.endsWith('.test.mjs'))
    .sort()
    .map((name) => join(here, folder, name)),
).filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));

/** Runs these; for each of them how many of its tests passed and failed. */
function results(files) {
  const counts = new Map(files.map((file) => [file, { passed: 0, failed: 0 }]));
  // A file is reported as a test around its tests when it dies; suites and files that went well don't count.
  const of = ({ file, name }) => counts.get(file) ?? counts.get(name);
  const stream = run({ files, concurrency: 1, timeout: FILE_LIMIT_MS });
  stream.on('test:pass', (data) => {
    if (data.details.type !== 'suite' && !counts.has(data.name) && !data.skip) of(data).passed += 1;
  });
  stream.on('test:fail', (data) => {
    if (data.details.type !== 'suite') of(data).failed += 1;
  });
  return new Promise((done) => {
    const report = stream.compose(spec);
    report.pipe(process.stdout, { end: false });
    report.on('end', () => done(counts));
  });
}

const broken = (counts) => [...counts].filter(([, { failed }]) => failed > 0).map(([file]) => file);
const total = (counts, what) => [...counts.values()].reduce((sum, count) => sum + count[what], 0);

const counts = await results(all);
const again = broken(counts);
if (again.length > 0 && again.length <= SECOND_TRIES) {
  console.log(`\nOnce more: ${again.map((file) => relative(here, file)).join(', ')}\n`);
  for (const [file, count] of await results(again)) counts.set(file, count);
  const mended = again.filter((file) => counts.get(file).failed === 0);
  if (mended.length > 0) console.log(`At the second try only: ${mended.map((file) => relative(here, file)).join(', ')}`);
}
const [passed, failed] = [total(counts, 'passed'), total(counts, 'failed')];
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
