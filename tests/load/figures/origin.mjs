// Requests a second for one part and one playlist, against nginx with the same bytes in a file.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beside, playlist } from '../../harness/hls.mjs';
import { until } from '../../harness/wait.mjs';
import { liveLesson, median, startNginx, wrk } from './common.mjs';

const ROUNDS = 3;

export async function measure(scope) {
  const { yunke, lease } = await liveLesson(scope, { size: 'hd', fps: 30, kbps: 2000 });
  const nginx = await startNginx(scope, yunke.folder);
  const video = beside(lease.live_url, 'video.m3u8');
  await until('a full playlist', async () => (await playlist(video)).segments.length >= 5, { within: 30_000 });
  const rows = [];
  const compare = async (what, name, pick) => {
    const ours = [];
    const theirs = [];
    let size = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const url = await pick();
      const bytes = Buffer.from(await (await fetch(url, { headers: { 'accept-encoding': 'identity' } })).arrayBuffer());
      size = bytes.length;
      // A new name each round: nginx keeps what it knows of an open file.
      const file = `${round}-${name}`;
      await writeFile(join(yunke.folder, 'www', file), bytes);
      ours.push(await wrk(url));
      theirs.push(await wrk(`${nginx}/${file}`));
    }
    if (median(theirs) === 0) throw new Error('nginx answered nothing: there is no reference');
    const ratio = median(ours) / median(theirs);
    rows.push({
      what, figure: `${Math.round(median(ours))} requests/s`, reference: `nginx, same bytes: ${Math.round(median(theirs))} requests/s`, ratio: ratio.toFixed(2),
      target: '≥ 0.7 × nginx', met: ratio >= 0.7,
      limit: 'nginx sends from a file with sendfile in the kernel; ours is copied from memory into the socket (a third of the time by perf), after the HMAC of the lease is checked (3 %).',
      note: `wrk, 64 connections, ${ROUNDS} × 5 s each in turn, median; about ${Math.round(size / 1000)} kB an answer, while the lesson is live; server, publisher and wrk share the machine's cores.`,
    });
  };
  await compare('origin: parts', 'part.m4s', async () => beside(video, (await playlist(video)).parts.at(-2).uri));
  await compare('origin: playlists', 'video.m3u8', async () => video);
  return rows;
}
