// What the figures share: a lesson that is live, the load program, processor time and memory of a process.

import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cast } from '../../harness/cast.mjs';
import { goLive, plan, publish, rtmpAddress } from '../../harness/lessons.mjs';
import { freePort } from '../../harness/ports.mjs';
import { Program } from '../../harness/program.mjs';
import { until, watchFor } from '../../harness/wait.mjs';
import { WhipSink } from '../../harness/whip.mjs';
import { binFolder, Yunke } from '../../harness/yunke.mjs';

export const run = promisify(execFile);
const TICKS_PER_SECOND = 100;

/** Yunke with a live lesson published by ffmpeg as `how` says; `file` sends a prepared one unchanged, `whip` has whipsink send, `env` is the server's. */
export async function liveLesson(scope, how = {}) {
  const yunke = await Yunke.start(scope, { demo: true, quiet: true, env: how.env });
  const people = await cast(yunke);
  const lesson = await plan(people.organizer, people.stage);
  let publisher;
  const seen = () => until('the picture', async () => (await people.lecturer.get(`/api/studio/lessons/${lesson}`)).publisher?.video, { within: 20_000 });
  if (how.whip) {
    const { key } = await rtmpAddress(people.lecturer, lesson);
    const origin = Date.now();
    publisher = new WhipSink(`${yunke.mediaUrl}/whip`, key, ['--clock', String(origin)]);
    publisher.origin = origin;
    scope.after(() => publisher.stop('SIGKILL'));
    await seen();
  } else if (how.file) {
    const { url } = await rtmpAddress(people.lecturer, lesson);
    publisher = new Program('ffmpeg', ['-nostdin', '-hide_banner', '-re', '-stream_loop', '-1', '-i', how.file, '-c', 'copy', '-f', 'flv', url]);
    scope.after(() => publisher.stop('SIGKILL'));
    await seen();
  } else publisher = await publish(scope, people.lecturer, lesson, how);
  await watchFor(how.rehearsalMs ?? 0);
  await goLive(people.lecturer, lesson);
  const lease = await until('an address', async () => {
    const lease = await people.near.lease(lesson);
    return lease.live_url && lease;
  });
  return { yunke, lesson, publisher, lease, ...people };
}

/** A minute of 720p30 at 2 Mbps with sound, encoded once; key frames every 2 s. Noise, so that the sound has its whole bitrate. */
export async function preparedFile(folder, sound) {
  const file = join(folder, 'lesson.flv');
  await run('ffmpeg', [
    '-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=1280x720:r=30', '-f', 'lavfi', '-i', 'anoisesrc=c=pink:r=48000:a=0.2', '-t', '60',
    '-c:v', 'libx264', '-preset', 'superfast', '-b:v', '2M', '-minrate', '2M', '-maxrate', '2M', '-bufsize', '1M', '-x264-params', 'nal-hrd=cbr',
    '-g', '60', '-sc_threshold', '0', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', sound, file,
  ]);
  return file;
}

/** Processor time of a process in seconds, so far. */
export async function cpuSeconds(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export async function rssMb(pid) {
  return Number((await readFile(`/proc/${pid}/status`, 'utf8')).match(/VmRSS:\s+(\d+)/)[1]) / 1024;
}

/** Per cent of one core that `pid` uses over `ms`. */
export async function cpuPercent(pid, ms) {
  const before = { cpu: await cpuSeconds(pid), at: performance.now() };
  await new Promise((done) => setTimeout(done, ms));
  return ((await cpuSeconds(pid)) - before.cpu) / ((performance.now() - before.at) / 1000) * 100;
}

/** Runs yunke-load; its JSON. */
export async function load(args, env = {}) {
  const { stdout } = await run(join(binFolder, 'yunke-load'), args, { env: { ...process.env, ...env }, timeout: 180_000 });
  return JSON.parse(stdout);
}

/** Requests a second by wrk. */
export async function wrk(url, { seconds = 5, connections = 64 } = {}) {
  const { stdout } = await run('wrk', ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, url]);
  if (/Non-2xx/.test(stdout)) throw new Error(stdout);
  return Number(stdout.match(/Requests\/sec:\s+([\d.]+)/)[1]);
}

export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}

export const median = (values) => percentile(values, 50);

/** nginx that sends files of `www` in this folder, as fast as it can; its address. */
export async function startNginx(scope, folder) {
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
