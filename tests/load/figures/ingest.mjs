// Processor and memory of taking in one publisher, recording included: its sound passed through as the picture is, because
// it is small already, with the small sound of 48 kbps made besides, and with the small picture.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../../harness/program.mjs';
import { watchFor } from '../../harness/wait.mjs';
import { cpuPercent, liveLesson, preparedFile, rssMb } from './common.mjs';

const MEASURE_MS = 30_000;
const SETTLE_MS = 8_000;
/** Until media knows how much sound there is, on which it depends whether a small one is made. */
const REHEARSAL_MS = 6_000;
const CASES = [
  { what: 'pass-through ingest of 2 Mbps 720p30', sound: '48k', small: false, cpu: 4, memory: 60 },
  { what: 'ingest of 2 Mbps 720p30 with the 48 kbps audio rendition', sound: '128k', small: true, cpu: 8, memory: 100 },
  { what: 'ingest of 2 Mbps 720p30 with the 360p rendition', sound: '48k', small: false, picture: true, cpu: 50, memory: 130 },
];

export async function measure(scope) {
  const rows = [];
  for (const one of CASES) rows.push(...(await cost(scope, one)));
  return rows;
}

async function cost(scope, { what, sound, small, picture = false, cpu: most, memory: mostMemory }) {
  const folder = await mkdtemp(join(tmpdir(), 'yunke-bench-'));
  scope.after(() => rm(folder, { recursive: true }));
  const file = await preparedFile(folder, sound);
  const { yunke, lease, publisher } = await liveLesson(scope, { file, rehearsalMs: REHEARSAL_MS, env: { YUNKE_MEDIA__TRANSCODE_SLOTS: picture ? '1' : '0' } });
  const media = await yunke.media();
  // The reference does the same job from a file: ffmpeg, copying into CMAF HLS.
  const reference = new Program('ffmpeg', ['-nostdin', '-v', 'error', '-re', '-stream_loop', '-1', '-i', file, '-c', 'copy', '-f', 'hls',
    '-hls_segment_type', 'fmp4', '-hls_time', '2', '-hls_list_size', '0', join(folder, 'reference.m3u8')]);
  scope.after(() => reference.stop('SIGKILL'));
  await watchFor(SETTLE_MS);
  const offered = await (await fetch(lease.live_url)).text();
  const made = offered.includes('audio48');
  if (made !== small) throw new Error(`a sound of ${sound} ${made ? 'was' : 'was not'} made small besides`);
  if (offered.includes('video360') !== picture) throw new Error(`a small picture ${picture ? 'was not' : 'was'} made`);
  const [cpu, other] = await Promise.all([cpuPercent(media, MEASURE_MS), cpuPercent(reference.pid, MEASURE_MS)]);
  const [memory, otherMemory] = [await rssMb(media), await rssMb(reference.pid)];
  // The next case has the machine for itself.
  await publisher.stop('SIGKILL');
  await reference.stop('SIGKILL');
  return [
    {
      what: `${what}, processor`, figure: `${cpu.toFixed(1)} % of a core`, reference: `ffmpeg -c copy to fMP4 HLS: ${other.toFixed(1)} %`,
      ratio: (cpu / other).toFixed(2), target: `≤ ${most} %`, met: cpu <= most,
      note: `user and system time of yunke-media over ${MEASURE_MS / 1000} s of a live, recorded lesson without viewers, its sound ${sound}bit/s AAC${small || picture ? '; the reference transcodes nothing' : ''}.`,
    },
    {
      what: `${what}, memory`, figure: `${memory.toFixed(0)} MB`, reference: `ffmpeg: ${otherMemory.toFixed(0)} MB`,
      ratio: (memory / otherMemory).toFixed(2), target: `≤ ${mostMemory} MB`, met: memory <= mostMemory,
      limit: 'libav, where something is transcoded: 45 MB once per process, mostly its files in the page cache.',
      note: `VmRSS of yunke-media at the end of it${small || picture ? '; some 45 MB of it are libav, once per process, mostly its files in the page cache' : ''}.`,
    },
  ];
}
