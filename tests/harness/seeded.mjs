// The data of a server that had the demo's people put into it: made once by a program, copied for every test.

import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the data made by this program lies; another build makes its own. */
function home(program) {
  const { mtimeMs, size } = statSync(program);
  const of = createHash('sha256').update(`${program} ${mtimeMs} ${size} ${new Date().toDateString()}`).digest('hex').slice(0, 16);
  return join(tmpdir(), `yunke-seeded-${of}`);
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
  const to = home(program);
  const copy = await mkdtemp(join(tmpdir(), 'yunke-seeding-'));
  await cp(data, copy, { recursive: true });
  await rename(copy, to).catch(() => rm(copy, { recursive: true, force: true }));
}
