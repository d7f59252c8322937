// A lesson of 19,000 listeners: what a socket of a room costs in memory, and what telling them costs while the counts change every
// second. Two client processes, since one may have 20,000 files open.

import { fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beat } from '../../harness/api.mjs';
import { cast } from '../../harness/cast.mjs';
import { crowd } from '../../harness/crowd.mjs';
import { plan } from '../../harness/lessons.mjs';
import { until, watchFor } from '../../harness/wait.mjs';
import { Yunke } from '../../harness/yunke.mjs';
import { cpuSeconds, rssMb } from './common.mjs';

const LISTENERS = Number(process.env.LISTENERS ?? 19_000);
const SECONDS = Number(process.env.SECONDS ?? 60);
/** `A_PERSON` of server/src/room/sockets.rs. */
const A_PERSON = 12;
const CLIENTS = 2;
const SOCKET_KB = 24;
const CORE = 0.35;

export async function measure(scope) {
  const yunke = await Yunke.start(scope, { demo: true, quiet: true });
  const { organizer, near, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  const { pid } = yunke.program;
  const people = await crowd(yunke, near, Math.ceil(LISTENERS / A_PERSON));
  const lines = [];
  for (const person of people) {
    const { lease } = await person.lease(lesson);
    lines.push(`/api/lessons/${lesson}/room?lease=${lease} ${person.cookie}`);
  }
  const changing = await crowd(yunke, near, SECONDS + 40);

  /** Somebody else comes each second, so the counts change; gives the server's processor time a second. */
  const working = async (seconds, someone) => {
    const [cpu, began] = [await cpuSeconds(pid), performance.now()];
    for (let second = 0; second < seconds; second += 1) {
      const person = someone.pop();
      const { lease } = await person.lease(lesson);
      await person.post(`/api/lessons/${lesson}/beats`, { lease, beats: [beat(1, 0, 0)] });
      await watchFor(Math.max(0, began + (second + 1) * 1_000 - performance.now()));
    }
    return ((await cpuSeconds(pid)) - cpu) / ((performance.now() - began) / 1_000);
  };

  const before = { mb: await rssMb(pid), cpu: await working(20, changing) };
  const opening = performance.now();
  const share = Math.ceil(lines.length / CLIENTS);
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async (_, n) => {
      const file = join(yunke.folder, `listeners-${n}`);
      await writeFile(file, lines.slice(n * share, (n + 1) * share).join('\n'));
      const child = fork(join(import.meta.dirname, '..', 'listeners.mjs'), [String(yunke.ports.web), file, String(A_PERSON)]);
      scope.after(() => child.kill('SIGKILL'));
      const client = { messages: 0 };
      child.on('message', (said) => {
        if (said.refused) client.refused = said.refused;
        if (said.messages) client.messages += said.messages;
        Object.assign(client, { open: said.open ?? said.ready, closed: said.closed ?? 0, ready: client.ready ?? said.ready });
      });
      await until('all to listen', () => client.ready !== undefined, { within: 240_000 });
      return client;
    }),
  );
  const opened = (performance.now() - opening) / 1_000;
  const open = () => clients.reduce((sum, client) => sum + client.open, 0);
  if (open() < LISTENERS * 0.99) throw new Error(`only ${open()} listen: ${clients.find(({ refused }) => refused)?.refused}`);
  await watchFor(5_000);
  const kb = ((await rssMb(pid)) - before.mb) * 1_024 / open();
  for (const client of clients) client.messages = 0;
  const cpu = await working(SECONDS, changing);
  const messages = clients.reduce((sum, client) => sum + client.messages, 0) / SECONDS;
  const lost = clients.reduce((sum, client) => sum + client.closed, 0);
  const what = `${open()} listeners of one lesson`;
  return [
    { what: `${what}: memory of a socket at the server`, figure: `${kb.toFixed(1)} KB`, target: `≤ ${SOCKET_KB} KB`, met: kb <= SOCKET_KB && lost === 0, note: `Growth of the server's memory ÷ sockets; they were opened in ${opened.toFixed(0)} s by ${CLIENTS} processes, and ${lost} were lost in ${SECONDS} s.` },
    { what: `${what}: the server's processor while the counts change every second`, figure: `${(cpu * 100).toFixed(0)} % of a core`, reference: `${(before.cpu * 100).toFixed(1)} % without listeners`, ratio: `× ${(cpu / Math.max(0.001, before.cpu)).toFixed(0)}`, target: `≤ ${CORE * 100} %`, met: cpu <= CORE, note: `${messages.toFixed(0)} messages a second went out in all; members are told seldomer the more they are (docs/adr/0035).` },
  ];
}
