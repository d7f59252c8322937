// The library: how fast a file becomes sound, beside ffmpeg's own two passes; whole files beside nginx; and a crowd of listeners.

import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cast } from '../../harness/cast.mjs';
import { until } from '../../harness/wait.mjs';
import { Yunke } from '../../harness/yunke.mjs';
import { load, median, run, startNginx, wrk } from './common.mjs';

const MINUTES = Number(process.env.MINUTES ?? 20);
const ROUNDS = 3;
const LISTENERS = Number(process.env.LISTENERS ?? 19_000);
/** One process may have 20,000 files open, and the machine gives a listener a core's time, too. */
const CLIENTS = 2;
const KBPS = 48;
const coded = (text) => Buffer.from(text).toString('base64');

/** Twenty minutes of a voice that reads, as a phone would record it: MP3, mono. */
async function speech(folder) {
  const [one, file] = [join(folder, 'one.wav'), join(folder, 'speech.mp3')];
  const text = Array.from({ length: 60 }, (_, n) => `这是第${n + 1}段。一九三四年十月，红军离开苏区，开始长征，走过雪山和草地。`).join('\n');
  await run('espeak-ng', ['-v', 'cmn', '-w', one, text], { maxBuffer: 1 << 20 });
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-stream_loop', '-1', '-i', one, '-t', String(MINUTES * 60), '-ac', '1', '-ar', '44100', '-b:a', '96k', file]);
  return file;
}

/** ffmpeg's two passes to the same files as ours: AAC-LC of 64 kbit/s and Opus; seconds. */
async function reference(folder, file) {
  const began = performance.now();
  const first = 'loudnorm=I=-16:TP=-1.5:print_format=json';
  const { stderr } = await run('ffmpeg', ['-nostdin', '-hide_banner', '-threads', '1', '-i', file, '-af', first, '-f', 'null', '-']);
  const seen = JSON.parse(stderr.slice(stderr.lastIndexOf('{'), stderr.lastIndexOf('}') + 1));
  const measured = `measured_I=${seen.input_i}:measured_TP=${seen.input_tp}:measured_LRA=${seen.input_lra}:measured_thresh=${seen.input_thresh}:offset=${seen.target_offset}`;
  const second = `loudnorm=I=-16:TP=-1.5:${measured}:linear=true`;
  const to = (name, ...how) => ['-map', '0:a', '-af', second, '-ar', '48000', '-ac', '1', ...how, '-y', join(folder, name)];
  const outputs = [...to('reference.m4a', '-c:a', 'aac', '-b:a', '64k', '-movflags', '+faststart'), ...to('reference.webm', '-c:a', 'libopus', '-b:a', '28k')];
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-threads', '1', '-i', file, ...outputs]);
  return (performance.now() - began) / 1_000;
}

/** Uploads it and waits until it can be heard; the episode, and the seconds its encoding took. */
async function encoded({ yunke, organizer, series }, name, bytes) {
  const metadata = `filename ${coded(name)},series ${coded(series)}`;
  const headers = { 'tus-resumable': '1.0.0', 'upload-length': String(bytes.length), 'upload-metadata': metadata };
  const answer = await organizer.raw('POST', '/api/console/library/uploads', { headers });
  if (answer.status !== 201) throw new Error(await answer.text());
  const url = answer.headers.get('location');
  yunke.secret('upload', url.split('/').pop());
  const { episode_id: episode, version } = await answer.json();
  for (let at = 0; at < bytes.length; at += 8 << 20) {
    const piece = await fetch(url, {
      method: 'PATCH',
      headers: { 'tus-resumable': '1.0.0', 'upload-offset': String(at), 'content-type': 'application/offset+octet-stream' },
      body: bytes.subarray(at, at + (8 << 20)),
    });
    if (piece.status !== 204) throw new Error(await piece.text());
  }
  const all = async () => (await organizer.get(`/api/console/library/series/${series}`)).episodes;
  await until('the sound', async () => (await all()).some((one) => one.id === episode && one.state === 'ready'), { within: 300_000 });
  const line = yunke.allLogs().split('\n').find((said) => said.includes('an episode is ready') && said.includes(version));
  return { episode, seconds: Number(line.match(/took_ms[^0-9]*(\d+)/)[1]) / 1_000 };
}

export async function measure(scope) {
  const yunke = await Yunke.start(scope, { demo: true, quiet: true });
  const { organizer, near, stage } = await cast(yunke);
  const { id: series } = await organizer.post('/api/console/library/series', { title: '红色故事', unit_id: stage.unit });
  const file = await speech(yunke.folder);
  const ours = [];
  const theirs = [];
  let episode;
  for (let round = 0; round < ROUNDS; round += 1) {
    const bytes = Buffer.concat([await readFile(file), Buffer.alloc(round)]);
    const made = await encoded({ yunke, organizer, series }, `${round + 1} 长征.mp3`, bytes);
    episode = made.episode;
    ours.push(made.seconds);
    theirs.push(await reference(yunke.folder, file));
  }
  const [took, reference2] = [median(ours), median(theirs)];
  const speed = (MINUTES * 60) / took;
  const rows = [
    {
      what: `library: ${MINUTES} minutes of speech become an episode`, figure: `${speed.toFixed(0)} × real time on one core`,
      reference: `ffmpeg's two passes of loudnorm: ${((MINUTES * 60) / reference2).toFixed(0)} × real time`, ratio: (reference2 / took).toFixed(2),
      target: '≥ 80 × real time, ≥ 2 × ffmpeg', met: speed >= 80 && reference2 / took >= 2,
      limit: 'two decodings, two encoders one beside the other, and a third pass that measures what came out.',
      note: `MP3 of 96 kbit/s, mono, to AAC-LC of 64 and Opus of 28 kbit/s; measured by the node from the start of the worker process to the last record, probe, cover, waveform and the measurement of the result included; ffmpeg makes the same two files, and looks at neither afterwards; ${ROUNDS} rounds in turn, median.`,
    },
  ];
  await organizer.post(`/api/console/library/series/${series}/publish`, { episodes: [episode], publish_at: null });
  const grant = await near.post(`/api/library/episodes/${episode}/leases`, { device: 'phone' });
  const sound = grant.sound.at(-1);
  const whole = Buffer.from(await (await fetch(sound.url)).arrayBuffer());
  const nginx = await startNginx(scope, yunke.folder);
  await writeFile(join(yunke.folder, 'www', 'sound.m4a'), whole);
  const [own, other] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    own.push(await wrk(sound.url, { connections: 16 }));
    other.push(await wrk(`${nginx}/sound.m4a`, { connections: 16 }));
  }
  const ratio = median(own) / median(other);
  rows.push({
    what: 'library: whole files', figure: `${(median(own) * whole.length / 1e6).toFixed(0)} MB/s`, reference: `nginx, same bytes: ${(median(other) * whole.length / 1e6).toFixed(0)} MB/s`,
    ratio: ratio.toFixed(2), target: '≥ 0.9 × nginx', met: ratio >= 0.9,
    limit: 'nginx sends from the file with sendfile in the kernel; ours reads pieces and writes them, and counts what each listener was sent.',
    note: `wrk, 16 connections, ${ROUNDS} × 5 s each in turn, median; a file of ${(whole.length / 1e6).toFixed(1)} MB.`,
  });
  const pid = await yunke.media();
  const { size } = await stat(join(yunke.folder, 'www', 'sound.m4a'));
  const args = ['--url', sound.url, '--bytes', String(size), '--kbps', String(KBPS), '--pid', String(pid), '--joins', '600', '--seconds', '30'];
  const half = Math.ceil(LISTENERS / CLIENTS);
  const seen = await Promise.all(Array.from({ length: CLIENTS }, () => load(['listeners', '--count', String(half), ...args])));
  const sum = (what) => seen.reduce((total, one) => total + one[what], 0);
  const [listeners, stalled] = [sum('listeners'), sum('stalled')];
  const core = (Math.max(...seen.map((one) => one.core)) * 100) / (listeners / 1_000);
  const joins = sum('joins_per_second');
  const p99 = Math.max(...seen.map((one) => one.p99_ms));
  rows.push({
    what: `library: ${listeners.toLocaleString('en')} listeners of an episode at ${KBPS} kbit/s, processor`, figure: `${core.toFixed(1)} % of a core per 1,000`,
    reference: `${stalled} stalls, ${sum('refused')} refused; ${Math.max(...seen.map((one) => one.bytes_each / CLIENTS / 1024)).toFixed(0)} kB of memory each`, target: '≤ 3 %, no stall', met: core <= 3 && stalled === 0 && sum('refused') === 0,
    limit: 'a read and a write of some kilobytes each time a listener has taken what was under way.',
    note: `each over a connection of its own that is read at the pace it is played, with 32 kB of receive buffer, four seconds in hand, for 30 s; all under one lease; ${CLIENTS} client processes share the machine's cores.`,
  });
  rows.push({
    what: 'library: listeners that come, a second', figure: `${joins.toFixed(0)} joins/s, first byte p99 ${p99.toFixed(0)} ms`, reference: null, target: '≥ 1,000 joins/s', met: joins >= 1_000,
    limit: 'the clients, which take the listeners that are there already from the same cores.', note: `while those that came before listen, up to ${listeners.toLocaleString('en')}.`,
  });
  return rows;
}
