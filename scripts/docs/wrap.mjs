// Wraps the prose of the documents at 100 columns, in place. Tables, code, headings and HTML stay as they are.
// It must never change what is rendered: words move between lines, and nothing else happens to them.

import { readFileSync, writeFileSync } from 'node:fs';
import { documents } from './files.mjs';

export const COLUMNS = 100;
/** A link no longer than this stays on one line. */
const WHOLE_LINK = 90;

/** What takes two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u;
/** What would begin a list, a heading or a quotation at the start of a line. */
const MARKER = /^(?:[-+*>]|#+|\d+[.)])$/;
const LINK = /^\[(?:[^[\]`]|`[^`]*`)*\]\([^()\s]*\)/;

export const width = (text) => [...text].reduce((sum, char) => sum + (WIDE.test(char) ? 2 : 1), 0);

/** The words of a paragraph; code spans and links are one word each. */
function words(text) {
  const found = [];
  let word = '';
  let ticks = null;
  for (let at = 0; at < text.length; ) {
    const char = text[at];
    const link = char === '[' && ticks === null ? text.slice(at).match(LINK)?.[0] : undefined;
    if (link && width(link) <= WHOLE_LINK) {
      word += link;
      at += link.length;
    } else if (char === '`') {
      const run = text.slice(at).match(/^`+/)[0];
      if (ticks === null) ticks = run;
      else if (ticks === run) ticks = null;
      word += run;
      at += run.length;
    } else if (char === ' ' && ticks === null) {
      if (word) found.push(word);
      word = '';
      at += 1;
    } else {
      word += char;
      at += 1;
    }
  }
  return word ? [...found, word] : found;
}

/** Lines of a paragraph; the first begins with `first`, the others with `rest`. */
function fill(text, { first, rest }) {
  const lines = [];
  let line = first;
  let empty = true;
  const all = words(text);
  all.forEach((word, at) => {
    // A marker stays behind the word before it.
    const marker = MARKER.test(all[at + 1] ?? '') ? ` ${all[at + 1]}` : '';
    if (!empty && !MARKER.test(word) && width(line) + 1 + width(word + marker) > COLUMNS) {
      lines.push(line);
      line = rest + word;
    } else line += (empty ? '' : ' ') + word;
    empty = false;
  });
  return [...lines, line];
}

/** Chinese has no spaces: a line end between two of its characters was none either. */
const join = (lines) =>
  lines.map((line) => line.trim()).reduce((text, line) => text + (WIDE.test(text.at(-1)) && WIDE.test(line[0]) ? '' : ' ') + line);

const STANDS = /^\s*$|^#|^\s*\||^\s*<\/?[a-z!]|^---|^\[[^\]]+\]: |^ {4,}\S/;

/** The text with its paragraphs wrapped. */
export function wrap(text) {
  const out = [];
  let block = null;
  let fence = null;
  const flush = () => {
    if (block) out.push(...fill(join(block.lines), block));
    block = null;
  };
  for (const line of text.split('\n')) {
    const fenced = line.match(/^\s*(```+|~~~+)/)?.[1];
    if (fence) {
      out.push(line);
      if (fenced?.startsWith(fence)) fence = null;
      continue;
    }
    const item = line.match(/^(\s*)([-*+]|\d+[.)])\s+(.*)$/);
    const quote = line.match(/^> ?(.*)$/);
    if (fenced || (STANDS.test(line) && !item && !(block && /^\s/.test(line) && line.trim() && !/^\s*[|<]/.test(line)))) {
      flush();
      fence = fenced ?? null;
      out.push(line);
    } else if (item) {
      flush();
      const first = `${item[1]}${item[2]} `;
      block = { first, rest: ' '.repeat(first.length), lines: [item[3]] };
    } else if (quote) {
      if (block?.first !== '> ') {
        flush();
        block = { first: '> ', rest: '> ', lines: [] };
      }
      block.lines.push(quote[1]);
    } else if (block) block.lines.push(line);
    else {
      const indent = line.match(/^\s*/)[0];
      block = { first: indent, rest: indent, lines: [line] };
    }
  }
  flush();
  return out.join('\n');
}

if (process.argv[1] === import.meta.filename) {
  for (const file of documents()) {
    const before = readFileSync(file, 'utf8');
    const after = wrap(before);
    if (after !== before) {
      writeFileSync(file, after);
      console.log(`wrapped ${file}`);
    }
  }
}
