// Processor and memory of taking in one publisher without re-encoding, recording included.

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
      what: 'pass-through ingest of 2 Mbps 720p30, processor', figure: `${cpu.toFixed(1)} % of a core`, reference: `ffmpeg -c copy to fMP4 HLS: ${other.toFixed(1)} %`,
      ratio: (cpu / other).toFixed(2), target: '≤ 4 %', met: cpu <= 4,
      note: `user and system time of yunke-media over ${MEASURE_MS / 1000} s of a live, recorded lesson without viewers.`,
    },
    {
      what: 'pass-through ingest of 2 Mbps 720p30, memory', figure: `${memory.toFixed(0)} MB`, reference: `ffmpeg: ${(await rssMb(reference.pid)).toFixed(0)} MB`,
      ratio: (memory / (await rssMb(reference.pid))).toFixed(2), target: '≤ 60 MB', met: memory <= 60, note: 'VmRSS of yunke-media at the end of it.',
    },
  ];
}
