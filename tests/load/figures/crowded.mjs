// A lesson of 21,000 members with 4.8 million beats stored: how soon its room is open, how soon all of it is judged, how long a
// viewer waits for an acknowledgement meanwhile, and how soon the counts are complete after the next start.

import { join } from 'node:path';
import { beat } from '../../harness/api.mjs';
import { cast } from '../../harness/cast.mjs';
import { plan } from '../../harness/lessons.mjs';
import { until } from '../../harness/wait.mjs';
import { Yunke } from '../../harness/yunke.mjs';
import { cpuSeconds, percentile, run } from './common.mjs';

const MEMBERS = Number(process.env.CROWD ?? 21_000);
const EACH = 229;
const OPEN_MS = 1_000;
const ALL_MS = 10_000;

export async function measure(scope) {
  const yunke = await Yunke.start(scope, { demo: true, quiet: true });
  const { organizer, near, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  await yunke.interrupt();
  const { stdout } = await run('/usr/bin/python3', [join(import.meta.dirname, '..', 'crowded.py'), join(yunke.data, 'yunke.db'), lesson, String(MEMBERS), String(EACH), 'ended'], { maxBuffer: 1 << 20 });
  const { beats } = JSON.parse(stdout);
  await yunke.launch();

  const cpu = await cpuSeconds(yunke.program.pid);
  const lease = await near.lease(lesson);
  const began = performance.now();
  // An open room says its state; who asks again hears when the past is in it.
  const room = await near.room(lesson, lease.lease).open();
  const open = performance.now() - began;
  const waits = [];
  let seq = 0;
  let all = null;
  const listening = (async () => {
    while (all === null) {
      seq += 1;
      const sent = performance.now();
      const { acked } = await near.post(`/api/lessons/${lesson}/beats`, { lease: lease.lease, beats: [beat(seq, seq * 100, seq * 100 + 100, { source: 'replay' })] });
      if (acked.length !== 1) throw new Error('a beat was not acknowledged');
      waits.push(performance.now() - sent);
    }
  })();
  await until('everybody to be counted', () => room.state.people >= MEMBERS, { within: 120_000 });
  all = performance.now() - began;
  await listening;
  const used = (await cpuSeconds(yunke.program.pid)) - cpu;
  room.close();

  // Killed, and opened again: what was judged is not judged again.
  await yunke.killServer();
  await yunke.launch();
  const again = await near.lease(lesson);
  const reopening = performance.now();
  const reopened = await near.room(lesson, again.lease).open();
  await until('everybody to be counted at once', () => reopened.state.people >= MEMBERS, { within: 120_000 });
  const whole = performance.now() - reopening;
  reopened.close();
  const p99 = percentile(waits, 99);
  const what = `${(beats / 1e6).toFixed(1)} million beats of ${MEMBERS} members`;
  return [
    { what: `${what}: the room is open`, figure: `${open.toFixed(0)} ms`, target: `≤ ${OPEN_MS} ms`, met: open <= OPEN_MS, note: 'From asking for the room to its first state, after a start of the server; the counts grow until all of the past is read.' },
    { what: `${what}: all judged again`, figure: `${(all / 1000).toFixed(1)} s`, reference: `${used.toFixed(1)} s of processor`, target: `≤ ${ALL_MS / 1000} s`, met: all <= ALL_MS, note: 'Until everybody is counted, with one viewer sending beats all the while.' },
    { what: `${what}: after a kill −9 the room is open and its counts are complete`, figure: `${whole.toFixed(0)} ms`, target: `≤ ${OPEN_MS} ms`, met: whole <= OPEN_MS, note: 'From the digests that were kept while all was judged.' },
    { what: `${what}: a beat is acknowledged meanwhile`, figure: `p50 ${percentile(waits, 50).toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`, reference: `${waits.length} beats`, target: 'p99 ≤ 2,000 ms', met: p99 <= 2_000 },
  ];
}
