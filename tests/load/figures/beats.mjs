// Beats a second that are on disk when they are acknowledged.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crowd } from '../../harness/crowd.mjs';
import { liveLesson, load } from './common.mjs';

const PLAYERS = 100;
const SECONDS = 15;

export async function measure(scope) {
  const { yunke, lesson, near, near2 } = await liveLesson(scope, { video: false });
  const lines = [];
  for (const person of await crowd(yunke, near, PLAYERS)) lines.push(`${(await person.lease(lesson)).lease} ${person.cookie}`);
  const file = join(yunke.folder, 'leases');
  await writeFile(file, lines.join('\n'));
  const room = `${yunke.url.replace('http', 'ws')}/api/lessons/${lesson}/room`;
  const seen = await load(['beats', '--room', room, '--leases', file, '--seconds', String(SECONDS)]);
  const { counted_ms: other } = await near2.get(`/api/lessons/${lesson}/progress`);
  if (other !== 0) throw new Error('somebody else was credited');
  return [{
    what: 'beats acknowledged after commit, SQLite', figure: `${Math.round(seen.beats_per_second)} beats/s`, reference: `${seen.acked} beats; batch p50 ${seen.p50_ms.toFixed(0)} ms, p99 ${seen.p99_ms.toFixed(0)} ms`,
    target: '≥ 5,000 beats/s', met: seen.beats_per_second >= 5_000,
    note: `${PLAYERS} members up the rooms' WebSockets for ${SECONDS} s, 64 beats a batch, the next batch after the acknowledgement; load and server on the same cores.`,
  }];
}
