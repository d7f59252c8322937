// Do the documents say what the code has? Links, named files, line lengths, the routes of docs/API.md, the metrics and log fields of
// docs/OPERATIONS.md. Prints what is wrong and ends with 1. `scripts/fresh.sh write` wraps lines.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { documents, linked, sources } from './files.mjs';
import { logFields } from './logs.mjs';
import { COLUMNS, width, wrap } from './wrap.mjs';

const faults = [];
const read = (file) => readFileSync(file, 'utf8');

/** What `known` has and `listed` lacks, and the other way round. */
function same(known, listed, what, where) {
  for (const one of known) if (!listed.has(one)) faults.push(`${where}: ${what} \`${one}\` is missing`);
  for (const one of listed) if (!known.has(one)) faults.push(`${where}: ${what} \`${one}\` is in no program`);
}

/** A heading's address, as GitHub makes it. */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
const anchors = (file) => new Set([...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading)));

/** Two schemas of one name are one in the API document, silently: whichever came last. */
function schemas() {
  const seen = new Map();
  for (const file of sources().filter((one) => one.startsWith('server/'))) {
    for (const [, attributes, name] of read(file).matchAll(/((?:^#\[[^\n]*\n)+)(?:pub(?:\([^)]*\))? )?(?:struct|enum) (\w+)/gm)) {
      if (!/\bToSchema\b/.test(attributes)) continue;
      const as = attributes.match(/schema\([^)]*\bas = (\w+)/)?.[1] ?? name;
      if (seen.has(as)) faults.push(`${file}: the schema ${as} is another one in ${seen.get(as)}`);
      seen.set(as, file);
    }
  }
}

function links(file) {
  const text = read(file)
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
  for (const [, target] of text.matchAll(/\]\(([^()\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path, at] = target.split('#');
    const to = path ? join(dirname(file), path) : file;
    if (!existsSync(to)) faults.push(`${file}: ${target} leads nowhere`);
    else if (at && to.endsWith('.md') && !anchors(to).has(at)) faults.push(`${file}: ${target} is no heading there`);
  }
}

/** A file or folder of this repository that is named in a text; a pattern is none. */
const NAMED = /^(?:server|media|host|web|tests|scripts|deploy|migrations)\/[\w./@-]+$/;
/** What a build or a test makes. */
const MADE = /^(?:web\/dist|tests\/out)/;

/** Decisions and the change log are of their time: what they name may be gone. */
function paths(file) {
  if (file.startsWith('docs/adr/') || file === 'CHANGELOG.md') return;
  const text = read(file).replaceAll(/^```[\s\S]*?^```/gm, '');
  for (const [, span] of text.matchAll(/`([^`\n]+)`/g)) {
    if (NAMED.test(span) && !MADE.test(span) && !existsSync(span) && !existsSync(`${span}.mjs`))
      faults.push(`${file}: \`${span}\` is no file here`);
  }
}

function lines(file) {
  const text = read(file);
  if (wrap(text) === text) return;
  const wrapped = wrap(text).split('\n');
  const at = text.split('\n').findIndex((line, index) => line !== wrapped[index]);
  const why = width(text.split('\n')[at] ?? '') > COLUMNS ? `longer than ${COLUMNS} columns` : 'not wrapped as scripts/fresh.sh write does';
  faults.push(`${file}:${at + 1}: ${why}`);
}

/** `GET /api/home` → who may call it, by the rows of the tables of docs/API.md. */
function rows() {
  const row = /^\| `([A-Z]+) (\/api\/[^`]*)` \| (\w+) \|/gm;
  return new Map([...read('docs/API.md').matchAll(row)].map(([, method, path, who]) => [`${method} ${path}`, who]));
}

function routes() {
  const listed = rows();
  const { paths } = JSON.parse(read('web/src/api/openapi.json'));
  const known = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  same(new Set(known), new Set(listed.keys()), 'route', 'docs/API.md');
  const entry = /\(\s*Method::([A-Z]+),\s*"(\/api\/[^"]*)",\s*(?:Access::)?(\w+),?\s*\)/g;
  const access = sources().flatMap((file) => [...read(file).matchAll(entry)]);
  if (access.length === 0) faults.push('no entry of the access table was found in server/src');
  for (const [, method, path, who] of access) {
    const said = listed.get(`${method} ${path}`);
    if (said && said !== who) faults.push(`docs/API.md: ${method} ${path} is for ${who}, not ${said}`);
  }
}

/** Names in the first column of the tables under a heading. */
function column(file, heading) {
  const section =
    read(file)
      .split(/^## /m)
      .find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const cells = [...section.matchAll(/^\| ([^|]*) \|/gm)].map(([, cell]) => cell);
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name)));
}

const NO_METRICS = new Set(['yunke_session', 'yunke_device']);

function operations() {
  const file = 'docs/OPERATIONS.md';
  const code = sources().map(read);
  const metrics = code.flatMap((text) => [...text.matchAll(/"(yunke_[a-z0-9_]+)"/g)].map(([, name]) => name));
  same(new Set(metrics.filter((name) => !NO_METRICS.has(name))), column(file, 'Metrics'), 'metric', file);
  same(new Set(code.flatMap(logFields)), column(file, 'Log fields'), 'log field', file);
}

linked().forEach(links);
documents().forEach(paths);
// Everybody appends to the change log, often at the same time: its lines are wrapped, but nobody waits for it.
documents()
  .filter((file) => file !== 'CHANGELOG.md')
  .forEach(lines);
routes();
operations();
schemas();
for (const fault of faults) console.log(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
