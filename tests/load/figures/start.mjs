// How quickly the server starts and what it needs when nothing happens.

import { Yunke } from '../../harness/yunke.mjs';
import { watchFor } from '../../harness/wait.mjs';
import { median, rssMb } from './common.mjs';

const SETTLE_MS = 5_000;

export async function measure(scope) {
  const yunke = await Yunke.start(scope, {});
  const first = yunke.startMs;
  const again = [];
  for (let i = 0; i < 5; i += 1) {
    await yunke.interrupt();
    await yunke.launch();
    again.push(yunke.startMs);
  }
  await watchFor(SETTLE_MS);
  const server = await rssMb(yunke.program.pid);
  const media = await rssMb(await yunke.media());
  const start = median(again);
  return [
    {
      what: 'start of `yunke serve` until all ports answer',
      figure: `${Math.round(start)} ms`, reference: `first start, with migrations: ${Math.round(first)} ms`,
      target: '≤ 1 s', met: start <= 1_000, note: 'median of five starts on existing data, from exec to the addresses file, yunke-media included.',
    },
    {
      what: 'memory of an idle server', figure: `${server.toFixed(0)} MB`, reference: `yunke-media: ${media.toFixed(0)} MB`,
      target: '≤ 60 MB', met: server <= 60, note: 'VmRSS of the process `yunke` 5 s after the start.',
    },
  ];
}
