// Runs the whole-system tests, one file after the other (they share two cores and measure time).
// Arguments: parts of file names to run only these. The last line is "N passed, N failed".

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const FOLDERS = ['e2e', 'browser', 'faults'];
const FILE_LIMIT_MS = 10 * 60_000;

const here = import.meta.dirname;
const wanted = process.argv.slice(2);
const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(here, folder))
    .filter((name) => name.endsWith('.test.mjs'))
    .sort()
    .map((name) => join(here, folder, name)),
).filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));

let passed = 0;
let failed = 0;
// A file is reported as a test around its tests when it dies; suites and files that went well don't count.
const isFile = (data) => files.includes(data.name);
const stream = run({ files, concurrency: 1, timeout: FILE_LIMIT_MS });
stream.on('test:pass', (data) => {
  if (data.details.type !== 'suite' && !isFile(data) && !data.skip) passed += 1;
});
stream.on('test:fail', (data) => {
  if (data.details.type !== 'suite') failed += 1;
});
const report = stream.compose(spec);
report.pipe(process.stdout);
report.on('end', () => {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
});
