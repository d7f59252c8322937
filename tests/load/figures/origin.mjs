// Requests a second for one part and one playlist, against nginx with the same bytes in a file.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beside, playlist } from '../../harness/hls.mjs';
import { freePort } from '../../harness/ports.mjs';
import { Program } from '../../harness/program.mjs';
import { until } from '../../harness/wait.mjs';
import { liveLesson, median, wrk } from './common.mjs';

const ROUNDS = 3;

async function startNginx(scope, folder) {
  const port = await freePort();
  await mkdir(join(folder, 'www'), { recursive: true });
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ');
  await writeFile(join(folder, 'bench.conf'), `user root; daemon off; pid ${folder}/bench.pid; error_log stderr; worker_processes auto; events {} http { ${temp}
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=100;
    types { application/vnd.apple.mpegurl m3u8; video/mp4 m4s; }
    server { listen 127.0.0.1:${port}; root ${folder}/www; add_header Access-Control-Allow-Origin "*"; expires 1h; } }`);
  const nginx = new Program('/usr/sbin/nginx', ['-e', 'stderr', '-c', join(folder, 'bench.conf')]);
  scope.after(() => nginx.stop('SIGTERM'));
  await until('nginx', async () => (await fetch(`http://127.0.0.1:${port}/`)).status);
  return `http://127.0.0.1:${port}`;
}

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
