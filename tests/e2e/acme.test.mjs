// Certificates from an authority (pebble): over port 80 and by a DNS hook, half of all nonces refused, restarts, an authority that is
// away or cannot find the house.
// Cost: 25 s, light.

import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Pebble } from '../harness/pebble.mjs';
import { freePort } from '../harness/ports.mjs';
import { shown } from '../harness/tls.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const NAME = 'c.example.cn';
const ORDERED = /a certificate is ordered/g;

/** A server without people that orders for `names`. */
async function server(t, pebble, names, more = '') {
  const port = await freePort();
  const quoted = names.map((name) => `"${name}"`).join(', ');
  const acme = `[https.acme]\nnames = [${quoted}]\ndirectory = "${pebble.url}"\nca_file = "${pebble.cert}"\n${more}`;
  const config = () => `[http]\nlisten = ""\n[media]\nhttp = ""\nrtmp = ""\n[https]\nlisten = "127.0.0.1:${port}"\n${acme}`;
  const yunke = await Yunke.start(t, { config });
  return { yunke, port, orders: () => yunke.allLogs().match(ORDERED)?.length ?? 0 };
}

const certified = (port, name = NAME) => until('a certificate', async () => (await shown(port, name)) || null, { within: 30_000 });

async function folder(t) {
  const made = await mkdtemp(join(tmpdir(), 'yunke-acme-'));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

test('over port 80, with half of all nonces refused; what is kept outlives restarts and power cuts', async (t) => {
  const pebble = await Pebble.start(t, join(await folder(t), 'pebble'), { nonces: 50 });
  const { yunke, port, orders } = await server(t, pebble, [NAME]);
  pebble.lead(yunke.ports.web);
  const first = await certified(port);
  const kept = join(yunke.data, 'acme');
  await until('it to be on the disk', async () => JSON.parse(await readFile(join(kept, 'attempts.json'), 'utf8')).failures === 0);
  for (const name of ['account.json', 'certificate.pem', 'attempts.json']) {
    assert.equal((await stat(join(kept, name))).mode & 0o777, 0o600, name);
  }
  assert.equal(orders(), 1);
  // What a power cut leaves: an empty file, and one of NULs.
  await yunke.interrupt();
  await writeFile(join(kept, 'account.json'), '');
  await writeFile(join(kept, 'attempts.json'), Buffer.alloc(64));
  await yunke.launch();
  assert.equal(await certified(port), first);
  assert.equal(orders(), 1, 'a good certificate is not ordered again');
  const health = await (await fetch(`${yunke.url}/health`)).json();
  assert.equal(health.checks.find(({ name }) => name === 'https').ok, true);
});

test('a name and its wildcard by a DNS hook: both values are there at once, and each goes by itself', async (t) => {
  const home = await folder(t);
  const pebble = await Pebble.start(t, join(home, 'pebble'));
  const calls = join(home, 'calls');
  const hook = join(home, 'hook');
  // The test's DNS adds values, and takes out all of a name at once; something that holds the output is left behind.
  await writeFile(
    hook,
    `#!/bin/sh
echo "$@" >>${calls}
sleep 3 &
[ "$1" = remove ] || curl -fsS -d "{\\"host\\":\\"$2.\\",\\"value\\":\\"$3\\"}" ${pebble.management}/set-txt
`,
  );
  await chmod(hook, 0o755);
  const { port, orders, yunke } = await server(t, pebble, [NAME, `*.${NAME}`], `dns_hook = "${hook}"\ndns_wait_s = 1\n`);
  await certified(port);
  await certified(port, `any.${NAME}`);
  const lines = await until('four calls', async () => {
    const lines = (await readFile(calls, 'utf8')).trim().split('\n');
    return lines.length === 4 && lines.map((line) => line.split(' '));
  });
  assert.deepEqual(
    lines.map(([verb, name]) => `${verb} ${name}`),
    ['add', 'add', 'remove', 'remove'].map((verb) => `${verb} _acme-challenge.${NAME}`),
  );
  const values = lines.map(([, , value]) => value);
  assert.notEqual(values[0], values[1]);
  assert.deepEqual(values.slice(2).toSorted(), values.slice(0, 2).toSorted());
  assert.equal(orders(), 1);
  assert.ok(!values.some((value) => yunke.allLogs().includes(value)), 'no value in the log');
});

test('an authority that is away, or finds nobody at port 80: a sentence each, and restarts do not ask again', async (t) => {
  const home = await folder(t);
  const pebble = await Pebble.start(t, join(home, 'pebble'));
  // Nobody is there.
  pebble.lead(await freePort());
  const { yunke, orders } = await server(t, pebble, [NAME]);
  await yunke.program.says(/nobody came here: let port 80 of c\.example\.cn|c\.example\.cn has no address by this network's DNS/, {
    within: 30_000,
  });
  for (let start = 0; start < 3; start += 1) {
    await yunke.interrupt();
    await yunke.launch();
  }
  assert.equal(orders(), 1);
  assert.equal((await (await fetch(`${yunke.url}/health`)).json()).status, 'degraded');
  await pebble.program.stop();
  const away = await server(t, pebble, ['other.example.cn']);
  await away.yunke.program.says(/the certificate authority cannot be reached/, { within: 30_000 });
});
