// A lesson of two hours as one MP4 file: how long it takes to make and to fetch, what memory it needs, and whether it plays with picture
// and sound together at its start, middle and end. A minute is really recorded; the store then holds it 120 times over.

import { createWriteStream } from 'node:fs';
import { link, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { end } from '../../harness/lessons.mjs';
import { until } from '../../harness/wait.mjs';
import { cpuSeconds, liveLesson, run } from './common.mjs';

const RECORDED_MS = 60_000;
const LENGTH_MS = 2 * 3_600_000;
const MOST_MB = 150;
const APART_MS = 40;
/** How much is decoded at each of the three places. */
const LOOK_SECONDS = 12;

export async function measure(scope) {
  const folder = await mkdtemp(join(tmpdir(), 'yunke-bench-'));
  scope.after(() => rm(folder, { recursive: true }));
  const source = await flashes(folder);
  const { yunke, lesson, lecturer, near, publisher } = await liveLesson(scope, { file: source });
  await until('a minute of it', async () => (await near.get(`/api/lessons/${lesson}`)).edge_ms >= RECORDED_MS, { within: 2 * RECORDED_MS });
  await end(lecturer, lesson);
  await publisher.stop('SIGKILL');
  await lengthen(join(yunke.data, 'media', 'lessons', lesson));

  const media = await yunke.media();
  const at = `/api/studio/lessons/${lesson}/mp4`;
  await writeFile(`/proc/${media}/clear_refs`, '5');
  const [before, cpu, began] = [await peakMb(media), await cpuSeconds(media), performance.now()];
  await lecturer.post(at, {});
  await until('the file', async () => {
    const { stage } = await lecturer.get(at);
    if (stage === 'failed') throw new Error('the file could not be made');
    return stage === 'ready';
  }, { within: 300_000 });
  const made = { seconds: (performance.now() - began) / 1000, cpu: (await cpuSeconds(media)) - cpu, mb: await peakMb(media) };

  const file = join(folder, 'lesson.mp4');
  const answer = await fetch((await lecturer.raw('GET', `${at}/file`)).headers.get('location'));
  const fetching = performance.now();
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(file));
  const fetched = { seconds: (performance.now() - fetching) / 1000, bytes: (await stat(file)).size, mb: await peakMb(media) };

  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file]);
  const length = Number(stdout);
  const apart = [];
  for (const from of [0, length / 2, length - LOOK_SECONDS]) apart.push(await worst(file, from));
  const gb = (fetched.bytes / 1e9).toFixed(2);
  const long = Math.abs(length * 1000 - LENGTH_MS) < RECORDED_MS;
  return [
    {
      what: 'two hours of 2 Mbps 720p30 as one MP4 file, memory', figure: `${fetched.mb.toFixed(0)} MB`, reference: `${before.toFixed(0)} MB before`,
      ratio: (fetched.mb / before).toFixed(2), target: `≤ ${MOST_MB} MB`, met: fetched.mb <= MOST_MB,
      note: `VmHWM of yunke-media: ${before.toFixed(0)} MB before, ${made.mb.toFixed(0)} MB while it was made, ${fetched.mb.toFixed(0)} MB after it was fetched. Made in ${made.seconds.toFixed(1)} s (${made.cpu.toFixed(1)} s of processor), ` +
        `${gb} GB fetched in ${fetched.seconds.toFixed(1)} s. A minute is recorded through RTMP; its segments lie in the store 120 times over (hard links).`,
    },
    {
      what: 'two hours as one MP4 file, picture and sound apart', figure: apart.map((ms) => `${ms.toFixed(0)} ms`).join(', '), target: `≤ ${APART_MS} ms`,
      met: long && apart.every((ms) => ms <= APART_MS),
      note: `the worst flash and beep of ${LOOK_SECONDS} s at the start, in the middle and at the end, decoded by ffmpeg without an error; ffprobe: ${length.toFixed(1)} s.`,
    },
  ];
}

/** A minute of 720p30 at 2 Mbps: black, with a white flash and a beep each second. */
async function flashes(folder) {
  const file = join(folder, 'lesson.flv');
  await run('ffmpeg', [
    '-nostdin', '-v', 'error', '-f', 'lavfi', '-i', "color=black:s=1280x720:r=30,drawbox=color=white:t=fill:enable='lt(mod(t,1),0.2)'",
    '-f', 'lavfi', '-i', "aevalsrc='if(lt(mod(t,1),0.2),0.8*sin(2*PI*1000*t),0)':s=48000", '-t', '60',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-b:v', '2M', '-minrate', '2M', '-maxrate', '2M', '-bufsize', '1M', '-x264-params', 'nal-hrd=cbr',
    '-g', '60', '-sc_threshold', '0', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '128k', file,
  ]);
  return file;
}

/** Has the recording in this folder go on until it is as long as wanted: the same segments again, under later numbers and dates. */
async function lengthen(folder) {
  const path = join(folder, 'index.json');
  const index = await until('the index', async () => JSON.parse(await readFile(path, 'utf8').catch(() => 'null')));
  const recorded = index.entries.filter((entry) => entry.media);
  const first = Math.min(...recorded.map((entry) => entry.msn));
  const numbers = Math.max(...recorded.map((entry) => entry.msn)) - first + 1;
  const ms = Math.round(recorded.filter((entry) => entry.rendition === 'video').reduce((sum, entry) => sum + entry.duration_us, 0) / 1000);
  index.entries = [...recorded];
  for (let n = 1; n * ms < LENGTH_MS; n += 1) {
    for (const entry of recorded) {
      const later = { ...entry, msn: entry.msn + n * numbers, pdt: entry.pdt + n * ms };
      const name = (msn) => join(folder, entry.rendition, `${entry.media.stream}-${msn}.m4s`);
      await link(name(entry.msn), name(later.msn));
      index.entries.push(later);
    }
    index.length_ms = (n + 1) * ms;
  }
  await writeFile(path, JSON.stringify(index));
}

async function peakMb(pid) {
  return Number((await readFile(`/proc/${pid}/status`, 'utf8')).match(/VmHWM:\s+(\d+)/)[1]) / 1024;
}

/** The largest distance between a flash and its beep from here on, milliseconds. Those at the edges have no whole partner. */
async function worst(file, from) {
  const { stderr } = await run('ffmpeg', [
    '-nostdin', '-hide_banner', '-xerror', '-ss', String(from), '-i', file, '-t', String(LOOK_SECONDS),
    '-vf', 'blackdetect=d=0.3:pix_th=0.5', '-af', 'silencedetect=n=-20dB:d=0.3', '-f', 'null', '-',
  ], { maxBuffer: 1 << 24 });
  const times = (pattern) => [...stderr.matchAll(pattern)].map((found) => Number(found[1]));
  const [flashed, beeped] = [times(/black_end:([\d.]+)/g), times(/silence_end: ([\d.]+)/g)];
  const inside = flashed.filter((at) => at > 1 && at < LOOK_SECONDS - 1);
  if (inside.length < LOOK_SECONDS / 2) throw new Error(`only ${inside.length} flashes from ${from} s on`);
  return Math.max(...inside.map((at) => Math.min(...beeped.map((beep) => Math.abs(beep - at))))) * 1000;
}
