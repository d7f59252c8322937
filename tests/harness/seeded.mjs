// The data of a server that had the demo's people put into it: made once by a program on a day in Beijing, for which the demo is
// made, and copied for every test.

import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { cp, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KEPT = 'yunke-seeded-';
const MAKING = 'yunke-seeding-';
/** Nobody copies what is older than this: its day is over. */
const OLD_MS = 36 * 3_600_000;

/** `2026-12-01`: the lessons of the demo are relative to it. */
export const dayInBeijing = (at = new Date()) => new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(at);

/** Where the data made by this program lies; another build, and another day, makes its own. */
function home(program) {
  const { mtimeMs, size } = statSync(program);
  const of = createHash('sha256').update(`${program} ${mtimeMs} ${size}`).digest('hex').slice(0, 16);
  return join(tmpdir(), `${KEPT}${dayInBeijing()}-${of}`);
}

/** Copies it to `data`, if it was made before; whether it was. */
export async function takeSeeded(program, data) {
  const from = home(program);
  if (!existsSync(from)) return false;
  await cp(from, data, { recursive: true });
  return true;
}

/** Keeps `data`, of a server that has ended, for others. Two that do so at a time keep one. */
export async function keepSeeded(program, data) {
  await sweep();
  const to = home(program);
  const copy = await mkdtemp(join(tmpdir(), MAKING));
  try {
    await cp(data, copy, { recursive: true });
    await rename(copy, to);
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}

/** Takes away what days before left, and what a test that died was making. */
async function sweep() {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(KEPT) || name.startsWith(MAKING));
  for (const name of names) {
    const path = join(tmpdir(), name);
    const made = await stat(path).catch(() => null);
    if (made && Date.now() - made.mtimeMs > OLD_MS) await rm(path, { recursive: true, force: true });
  }
}
