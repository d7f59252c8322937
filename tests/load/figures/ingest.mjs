// Processor and memory of taking in one publisher picture passed through, the small sound made, recording included.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../../harness/program.mjs';
import { watchFor } from '../../harness/wait.mjs';
import { cpuPercent, liveLesson, preparedFile, rssMb } from './common.mjs';

const MEASURE_MS = 30_000;
const SETTLE_MS = 8_000;

export async function measure(scope) {
  const folder = await mkdtemp(join(tmpdir(), 'yunke-bench-'));
  scope.after(() => rm(folder, { recursive: true }));
  const file = await preparedFile(folder);
  const { yunke } = await liveLesson(scope, { file });
  const media = await yunke.media();
  // The reference does the same job from a file: ffmpeg, copying into CMAF HLS.
  const reference = new Program('ffmpeg', ['-nostdin', '-v', 'error', '-re', '-stream_loop', '-1', '-i', file, '-c', 'copy', '-f', 'hls',
    '-hls_segment_type', 'fmp4', '-hls_time', '2', '-hls_list_size', '0', join(folder, 'reference.m3u8')]);
  scope.after(() => reference.stop('SIGKILL'));
  await watchFor(SETTLE_MS);
  const [cpu, other] = await Promise.all([cpuPercent(media, MEASURE_MS), cpuPercent(reference.pid, MEASURE_MS)]);
  const memory = await rssMb(media);
  return [
    {
      what: 'ingest of 2 Mbps 720p30, 48 kbps sound made besides, processor', figure: `${cpu.toFixed(1)} % of a core`, reference: `ffmpeg -c copy to fMP4 HLS: ${other.toFixed(1)} %`,
      ratio: (cpu / other).toFixed(2), target: '≤ 8 %', met: cpu <= 8,
      note: `user and system time of yunke-media over ${MEASURE_MS / 1000} s of a live, recorded lesson without viewers; the reference makes no small sound.`,
    },
    {
      what: 'ingest of 2 Mbps 720p30, 48 kbps sound made besides, memory', figure: `${memory.toFixed(0)} MB`, reference: `ffmpeg: ${(await rssMb(reference.pid)).toFixed(0)} MB`,
      ratio: (memory / (await rssMb(reference.pid))).toFixed(2), target: '≤ 100 MB', met: memory <= 100,
      note: 'VmRSS of yunke-media at the end of it; some 45 MB of it are libav, once a process, mostly its files in the page cache.',
    },
  ];
}
