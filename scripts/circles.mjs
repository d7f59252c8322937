// Import circles of our Rust crates: between files, and between the files and folders of one folder. There may be none.
//
// Reads text, not types: `use` trees and inline paths, followed through re-exports to the file that defines the name; what a module
// only hands on is no import. Calls of methods are not seen, tests are left out. (`cargo modules` is a rust-analyzer to build.)
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const members = /members = \[([^\]]*)\]/.exec(readFileSync('Cargo.toml', 'utf8'))[1].match(/[\w/-]+/g);
const roots = members.filter((crate) => !crate.startsWith('tests/')).map((crate) => join(crate, 'src/lib.rs')).filter(existsSync);

/** Where the item that begins at `at` ends: behind its braces, or its semicolon or comma. */
function end(text, at) {
  for (let depth = 0; at < text.length; ) {
    const char = text[at++];
    if ('{(['.includes(char)) depth++;
    if ('})]'.includes(char) && --depth === 0 && char === '}') break;
    if (';,'.includes(char) && depth === 0) break;
  }
  return at;
}

/** Replaces each item that begins with what `pattern` finds. */
function replaceItems(text, pattern, by) {
  let out = '', at = 0;
  for (const found of text.matchAll(pattern)) {
    if (found.index < at) continue;
    const to = end(text, found.index + found[0].length);
    [out, at] = [out + text.slice(at, found.index) + by(text.slice(found.index, to)), to];
  }
  return out + text.slice(at);
}

/** The text without comments, strings and tests. A module within it is of the file: its `super` is the file itself. */
function code(file) {
  const plain = readFileSync(file, 'utf8').replace(
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|b?r(#*)"[\s\S]*?"\1|b?"(?:\\[\s\S]|[^"\\])*"|'(?:\\[^']+|[^\\'])'/g, ' ');
  const tests = /#\[cfg\((?:test|any\(test|all\(test)[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*/g;
  return replaceItems(replaceItems(plain, tests, () => ''), /\bmod\s+\w+\s*(?=\{)/g, (inner) =>
    inner.replace(/\b(?:super::)+/g, (path) => path.replace('super::', 'self::')));
}

/** `a::{b, c as d, e::*}` as lists of segments, each with the name it gets. */
function tree(text, before = []) {
  const paths = [];
  for (let at = 0, depth = 0, start = 0; at <= text.length; at++) {
    depth += { '{': 1, '}': -1 }[text[at]] ?? 0;
    if (at < text.length && (text[at] !== ',' || depth)) continue;
    const [path, inner] = text.slice(start, at).trim().split(/\{([\s\S]*)\}$/);
    start = at + 1;
    const [whole, name] = path.trim().split(/\s+as\s+/);
    const segments = [...before, ...whole.split('::').map((part) => part.trim()).filter(Boolean)];
    if (inner !== undefined) paths.push(...tree(inner, segments));
    else if (whole) paths.push({ path: segments.at(-1) === 'self' && segments.length > 1 ? segments.slice(0, -1) : segments, name });
  }
  return paths;
}

/** Where a file's inner modules lie. */
const below = (file) => (/(^|\/)(mod|lib|main)\.rs$/.test(file) ? dirname(file) : file.replace(/\.rs$/, ''));

/** Reads a module and those below it. What a crate takes from elsewhere (`#[path]`) is `as` if it stood where it is declared. */
function read(file, parent, modules, as = file) {
  const module = { file: as, parent, children: new Map(), names: new Map(), uses: [] };
  module.root = parent?.root ?? module;
  modules.push(module);
  const text = code(file);
  const elsewhere = new Map([...readFileSync(file, 'utf8').matchAll(/#\[path = "([^"]+)"\]\s*mod\s+(\w+)/g)].map(([, path, name]) => [name, path]));
  for (const [, name] of text.matchAll(/\bmod\s+(\w+)\s*;/g)) {
    const places = elsewhere.has(name) ? [[dirname(file), elsewhere.get(name)]] : [[below(file), `${name}.rs`], [below(file), `${name}/mod.rs`]];
    const [folder, path] = places.find((place) => existsSync(join(...place))) ?? [];
    const own = elsewhere.has(name) ? name + (path.endsWith('mod.rs') ? '/mod.rs' : '.rs') : path;
    if (folder) module.children.set(name, read(join(folder, path), module, modules, join(below(as), own)));
  }
  module.body = text.replace(/(\bpub(?:\([^)]*\))?\s+)?\buse\s+([^;]+);/g, (_, handsOn, paths) => {
    for (const { path, name } of tree(paths)) {
      module.names.set(name ?? path.at(-1), path);
      module.uses.push({ path, handsOn: handsOn && (name ?? path.at(-1)) });
    }
    return ' ';
  });
  return module;
}

/** The module a path leads into, and the name it takes there; nothing for other crates. */
function resolve(path, module, seen = new Set()) {
  const starts = { crate: module.root, self: module, super: module.parent };
  let [here, rest] = path[0] in starts ? [starts[path[0]], path.slice(1)] : [module, path];
  for (let at = 0; here && at < rest.length; at++) {
    const name = rest[at];
    if (name === 'super') here = here.parent;
    else if (here.children.has(name)) here = here.children.get(name);
    else if (here.names.has(name) && !seen.has(here.file + name)) {
      return resolve([...here.names.get(name), ...rest.slice(at + 1)], here, seen.add(here.file + name));
    } else return here === module && rest === path ? undefined : { module: here, name };
  }
  return here && { module: here };
}

/** Who imports whom: file -> file -> names. */
function arrows(modules) {
  const all = new Map();
  for (const module of modules) {
    const inline = [...module.body.matchAll(/(?<![\w:>])(\w+)((?:\s*::\s*\w+)+)/g)].map(([whole]) => whole.split(/\s*::\s*/));
    const imported = module.uses.filter((use) => !use.handsOn || (use.handsOn !== '*' && new RegExp(`\\b${use.handsOn}\\b`).test(module.body)));
    for (const path of [...imported.map((use) => use.path), ...inline]) {
      const to = resolve(path, module);
      if (!to?.name || to.module === module) continue;
      const of = all.get(module.file) ?? all.set(module.file, new Map()).get(module.file);
      (of.get(to.module.file) ?? of.set(to.module.file, new Set()).get(to.module.file)).add(to.name);
    }
  }
  return all;
}

/** Groups that reach each other. */
function circles(edges) {
  const reach = (from, seen) => {
    for (const to of edges.get(from) ?? []) if (!seen.has(to)) reach(to, seen.add(to));
    return seen;
  };
  const all = new Map([...edges.keys()].map((node) => [node, reach(node, new Set())]));
  const groups = [...all].map(([node, reached]) => [...reached].filter((other) => all.get(other)?.has(node)).sort());
  return [...new Map(groups.filter((group) => group.length > 1).map((group) => [group.join(), group])).values()];
}

const found = new Map();
for (const root of roots) {
  const modules = [];
  read(root, undefined, modules);
  // `flv.rs` beside `flv/` stands in that folder.
  const place = (file) => (existsSync(file.replace(/\.rs$/, '')) ? file.replace(/([^/]+)\.rs$/, '$1/$1.rs') : file);
  const levels = new Map([['', new Map()]]);
  for (const [from, tos] of arrows(modules)) for (const [to, names] of tos) {
    const [a, b] = [place(from).split('/'), place(to).split('/')];
    const depth = a.findIndex((part, at) => part !== b[at]);
    const [folder, x, y] = [a.slice(0, depth).join('/'), a.slice(0, depth + 1).join('/'), b.slice(0, depth + 1).join('/')];
    for (const [level, f, t] of [['', from, to], [folder, x, y]]) {
      const edges = levels.get(level) ?? levels.set(level, new Map()).get(level);
      const of = edges.get(f) ?? edges.set(f, new Map()).get(f);
      of.set(t, [...(of.get(t) ?? []), `${from} -> ${to}: ${[...names].join(', ')}`]);
    }
  }
  for (const edges of levels.values()) for (const group of circles(new Map([...edges].map(([from, to]) => [from, [...to.keys()]])))) {
    found.set(group.join(' '), group.flatMap((a) => group.flatMap((b) => edges.get(a)?.get(b) ?? [])));
  }
}
for (const [name, why] of found) console.log(`Import circle: ${name}\n  ${why.join('\n  ')}`);
process.exit(found.size ? 1 : 0);
