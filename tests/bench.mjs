// Measures the figures of the issue "How good" and writes docs/BENCHMARKS.md: one module of load/figures each.
// Everything on loopback, bounded in time and count. Arguments: names of figures; the others keep their last rows.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { machine, Scope } from './load/scope.mjs';
import { page, soaked } from './load/soaked.mjs';
import { wrap } from '../scripts/docs/wrap.mjs';

const NAMES = ['start', 'script', 'ingest', 'latency', 'whep', 'mp4', 'origin', 'readers', 'beats', 'crowded', 'listeners', 'library'];
const root = resolve(import.meta.dirname, '..');
const kept = join(root, 'target', 'bench', 'results.json');
const wanted = process.argv.slice(2).length ? process.argv.slice(2) : NAMES;

const results = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : {};
let failed = false;
for (const name of wanted) {
  console.log(`▸ ${name}`);
  const scope = new Scope();
  try {
    const { measure } = await import(`./load/figures/${name}.mjs`);
    const rows = await measure(scope);
    results[name] = { machine: machine(), rows };
    for (const row of rows) console.log(`  ${row.what}: ${row.figure} (target ${row.target}, ${row.met ? 'met' : 'NOT met'})`);
  } catch (error) {
    failed = true;
    console.log(`  failed: ${error.stack}`);
  }
  await scope.close();
}
mkdirSync(join(root, 'target', 'bench'), { recursive: true });
writeFileSync(kept, JSON.stringify(results, null, 1));

/** A figure is of a commit, by the name of the run it came from. */
const MEASURED = /^(.*), commit (\w+), (\S+)$/;
const measured = (name) => results[name].machine.match(MEASURED) ?? [];
const table = NAMES.filter((name) => results[name]).flatMap((name) => results[name].rows.map((row) => ({ ...row, name })));
const machines = [...new Set(NAMES.filter((name) => results[name]).map((name) => measured(name)[1]))];
const cell = (text) => String(text ?? '–').replaceAll('|', '\\|');
const limits = table.filter((row) => !row.met).map((row) => `- **${row.what}** (${row.figure}): ${row.limit ?? 'what limits it is not known yet.'}`);
const notes = table.filter((row) => row.note).map((row) => `- **${row.what}**: ${row.note}`);
// The hour of `make soak` is not measured here: its result stays.
const hour = soaked();
writeFileSync(
  page,
  wrap(`# Benchmarks

Written by \`make bench\` (\`make bench ONLY=NAME\` for one figure). Release build, everything on loopback of one machine: server, media service,
publisher, players and load share its cores. A reference was measured in the same run on the same bytes. The commit is the one a row was measured at.

Machine: ${machines.join('; ')}

| what | figure | reference in the same run | ratio | target | met | commit | command |
| --- | --- | --- | --- | --- | --- | --- | --- |
${table.map((row) => `| ${[row.what, row.figure, row.reference, row.ratio, row.target, row.met ? 'yes' : '**no**', measured(row.name).slice(2).join(', '), `\`make bench ONLY=${row.name}\``].map(cell).join(' | ')} |`).join('\n')}

${limits.length ? `## Not met, and what limits it\n${limits.join('\n')}\n\n` : ''}## How it is measured
${notes.join('\n')}
${hour && `\n${hour}`}`),
);
console.log('wrote docs/BENCHMARKS.md');
process.exit(failed ? 1 : 0);
