// The kept result of `make soak`: the last section of docs/BENCHMARKS.md. `make bench` writes all of the page but this.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { wrap } from '../../scripts/docs/wrap.mjs';

export const page = resolve(import.meta.dirname, '..', '..', 'docs', 'BENCHMARKS.md');
const HEADING = '## A long lesson';

const read = () => (existsSync(page) ? readFileSync(page, 'utf8') : '# Benchmarks\n');

/** The section as it stands, or nothing. */
export function soaked() {
  const text = read();
  const at = text.indexOf(`${HEADING}\n`);
  return at < 0 ? '' : text.slice(at);
}

/** Replaces the section. */
export function keep(body) {
  const text = read();
  const rest = text.slice(0, text.length - soaked().length).trimEnd();
  writeFileSync(page, wrap(`${rest}\n\n${HEADING}\n${body.trim()}\n`));
}
