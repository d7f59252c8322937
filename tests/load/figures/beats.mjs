// Beats a second that are on disk when they are acknowledged, with either database.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crowd } from '../../harness/crowd.mjs';
import { Postgres } from '../../harness/postgres.mjs';
import { Scope } from '../scope.mjs';
import { liveLesson, load } from './common.mjs';

const PLAYERS = 100;
const SECONDS = 15;

async function acknowledged(name, target, env) {
  const scope = new Scope();
  try {
    const { yunke, lesson, near, near2 } = await liveLesson(scope, { video: false, env });
    const lines = [];
    for (const person of await crowd(yunke, near, PLAYERS)) lines.push(`${(await person.lease(lesson)).lease} ${person.cookie}`);
    const file = join(yunke.folder, 'leases');
    await writeFile(file, lines.join('\n'));
    const room = `${yunke.url.replace('http', 'ws')}/api/lessons/${lesson}/room`;
    const seen = await load(['beats', '--room', room, '--leases', file, '--seconds', String(SECONDS)]);
    const { counted_ms: other } = await near2.get(`/api/lessons/${lesson}/progress`);
    if (other !== 0) throw new Error('somebody else was credited');
    return {
      what: `beats acknowledged after commit, ${name}`, figure: `${Math.round(seen.beats_per_second)} beats/s`, reference: `${seen.acked} beats; batch p50 ${seen.p50_ms.toFixed(0)} ms, p99 ${seen.p99_ms.toFixed(0)} ms`,
      target: `≥ ${target.toLocaleString('en')} beats/s`, met: seen.beats_per_second >= target,
      note: `${PLAYERS} members up the rooms' WebSockets for ${SECONDS} s, 64 beats a batch, the next batch after the acknowledgement; load, server and database on the same cores, every commit on the disk.`,
    };
  } finally {
    await scope.close();
  }
}

export async function measure(scope) {
  const server = await Postgres.start(scope, 'durable');
  return [await acknowledged('SQLite', 25_000, {}), await acknowledged('PostgreSQL', 35_000, { YUNKE_DATABASE_URL: await server.database() })];
}
