// 2,000 players that wait for the same next part.

import { beside } from '../../harness/hls.mjs';
import { watchFor } from '../../harness/wait.mjs';
import { liveLesson, load } from './common.mjs';

const READERS = 2_000;
const SETTLE_MS = 15_000;

export async function measure(scope) {
  const { yunke, lease } = await liveLesson(scope, { fps: 30 });
  await watchFor(SETTLE_MS);
  const seen = await load(['readers', '--url', beside(lease.live_url, 'video.m3u8'), '--count', String(READERS), '--rounds', '40', '--pid', String(await yunke.media())]);
  const each = seen.bytes_each / 1024;
  return [
    {
      what: `p99 of a playlist answer after the part, ${READERS} waiting`, figure: `${seen.p99_ms.toFixed(0)} ms`,
      reference: `p50 ${seen.p50_ms.toFixed(0)} ms, max ${seen.max_ms.toFixed(0)} ms, ${seen.failed} failed`, target: '≤ 50 ms', met: seen.p99_ms <= 50 && seen.failed === 0,
      limit: '2,000 answers are written on the same two cores that the 2,000 readers run on; not profiled yet.',
      note: `"the part is there" is the moment the first of all readers has its whole answer; ${seen.answers} gzip answers in ${seen.rounds} rounds, of which ${seen.not_waiting} had been asked for only after it (counted from then); the readers run on the same cores as the origin.`,
    },
    {
      what: 'memory of a waiting reader', figure: `${each.toFixed(1)} KB`, reference: null, target: '≤ 16 KB', met: each <= 16,
      limit: 'two read and write buffers of the HTTP stack, the connection, and what the waiting request keeps.',
      note: `growth of yunke-media's VmRSS from no reader to the highest while ${READERS} wait, divided by ${READERS}; connections included.`,
    },
  ];
}
