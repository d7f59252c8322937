// Exports as an organizer's tools read them.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The sheets of an XLSX, read by openpyxl: `{title: {rows, frozen, filter, landscape, paper, one_page_wide, repeated}}`. */
export async function readXlsx(bytes, folder) {
  const path = join(folder, `export-${process.hrtime.bigint()}.xlsx`);
  await writeFile(path, bytes);
  const { stdout } = await run('/usr/bin/python3', [join(import.meta.dirname, 'sheet.py'), path], { maxBuffer: 64 << 20 });
  return JSON.parse(stdout);
}

/** The rows of our CSV: every field quoted, CRLF. Throws where it is anything else. */
export function readCsv(bytes) {
  if (!(bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)) throw new Error('no BOM');
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(3));
  if (!text.endsWith('\r\n')) throw new Error('the last line has no CRLF');
  const rows = [];
  let row = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] !== '"') throw new Error(`unquoted field at ${at}: ${text.slice(at, at + 20)}`);
    let field = '';
    for (at += 1; !(text[at] === '"' && text[at + 1] !== '"'); at += 1) {
      if (at >= text.length) throw new Error('an open quote');
      if (text[at] === '"') at += 1;
      field += text[at];
    }
    row.push(field);
    at += 1;
    if (text[at] === ',') at += 1;
    else if (text.startsWith('\r\n', at)) {
      rows.push(row);
      row = [];
      at += 2;
    } else throw new Error(`neither comma nor CRLF at ${at}`);
  }
  return rows;
}

/** Rows as objects by their heading. */
export function byHeading(rows) {
  const [heading, ...rest] = rows;
  return rest.map((row) => Object.fromEntries(heading.map((name, index) => [name, row[index]])));
}

/** Rows as two programs that wrote the same would: nothing is nothing, figures to a millionth, times to a second. */
export function plainRows(rows) {
  const plain = (value) => {
    if (value === null || value === '') return '';
    if (typeof value === 'number') return Math.round(value * 1e6) / 1e6;
    if (value.date) return `at ${new Date(Math.round(Date.parse(`${value.date}Z`) / 1000) * 1000).toISOString()}`;
    if (value.time === undefined) return value;
    const [, days = 0, h, m, s] = value.time.match(/^(?:(\d+) days?, )?(\d+):(\d+):([\d.]+)$/);
    return `for ${Math.round(Number(days) * 86_400 + Number(h) * 3_600 + Number(m) * 60 + Number(s))}`;
  };
  const line = (row) => row.map(plain).slice(0, row.findLastIndex((value) => plain(value) !== '') + 1);
  const lines = rows.map(line);
  return lines.slice(0, lines.findLastIndex((row) => row.length > 0) + 1);
}

/** The bytes of an export of `lesson`. */
export async function exported(organizer, lesson, format) {
  const response = await organizer.raw('GET', `/api/console/lessons/${lesson}/export?format=${format}`);
  if (!response.ok) throw new Error(`export: ${response.status} ${await response.text()}`);
  return { headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}
