// nginx with the configuration of deploy/edge in front of one box with the configuration of deploy/single-box.
// Cost: 7 s, light.

import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { beat } from '../harness/api.mjs';
import { cast } from '../harness/cast.mjs';
import { fetching } from '../harness/fetching.mjs';
import { beside, playlist, text } from '../harness/hls.mjs';
import { goLive, plan, publish } from '../harness/lessons.mjs';
import { freePort } from '../harness/ports.mjs';
import { evidence } from '../harness/played.mjs';
import { Program } from '../harness/program.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** What the edge proves itself with. */
const EDGE_TOKEN = 'an-edge-of-the-whole-system-tests';

const deploy = resolve(import.meta.dirname, '..', '..', 'deploy');

/** The edge's site on loopback without TLS, in a folder of its own. */
async function startEdge(t, yunke, port) {
  const folder = join(yunke.folder, 'edge');
  await mkdir(folder);
  const site = (await readFile(join(deploy, 'edge', 'yunke.conf'), 'utf8'))
    .replace(/server \{\s+listen 80;[^}]+\}/, '')
    .replace('listen 443 ssl http2;', `listen 127.0.0.1:${port};`)
    .replace(/^\s*ssl_.*$/gm, '')
    .replace('REPLACE-BY-MEDIA-EDGE-TOKEN', EDGE_TOKEN)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${yunke.ports.web}`)
    .replaceAll('127.0.0.1:8081', `127.0.0.1:${yunke.ports.media}`)
    .replaceAll(/\/var\/(cache|log)\/nginx/g, folder)
    .replaceAll('Host $host;', 'Host $http_host;');
  await writeFile(join(folder, 'yunke.conf'), site);
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ');
  const whole = (await readFile(join(deploy, 'edge', 'nginx.conf'), 'utf8'))
    .replace('user www-data;', `${process.getuid() === 0 ? 'user root;' : ''} daemon off;`)
    .replace('/run/nginx.pid', `${folder}/pid`)
    .replace('error_log /var/log/nginx/error.log crit', 'error_log stderr')
    .replace(/^include .*modules-enabled.*$/m, '')
    .replace('include /etc/nginx/conf.d/*.conf;', `${temp} include ${folder}/yunke.conf;`);
  await writeFile(join(folder, 'nginx.conf'), whole);
  const nginx = new Program('/usr/sbin/nginx', ['-e', 'stderr', '-c', join(folder, 'nginx.conf')]);
  t.after(() => nginx.stop('SIGTERM'));
  await until('nginx to answer', async () => (await fetch(`http://127.0.0.1:${port}/health/live`)).ok);
  return { nginx, folder };
}

test('behind the edge', async (t) => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const yunke = await Yunke.start(t, {
    demo: true,
    quiet: true,
    config: async () =>
      (await readFile(join(deploy, 'single-box', 'yunke.toml'), 'utf8'))
        .replaceAll('https://lessons.example.org', origin)
        .replace(/^rtmp_url = .*$/m, '')
        .replace('REPLACE-BY-MEDIA-EDGE-TOKEN', EDGE_TOKEN)
        .replace('/usr/local/share/yunke/web', resolve(deploy, '..', 'web', 'dist')),
  });
  const { folder } = await startEdge(t, yunke, port);
  const { organizer, lecturer, near, near2, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  await publish(t, lecturer, lesson);
  await goLive(lecturer, lesson);
  let seq = 0;
  const [mine, yours] = [await near.lease(lesson), await near2.lease(lesson)];

  await t.test('the player is sent to the edge, for pages and for media', async () => {
    assert.ok(mine.live_url.startsWith(origin), mine.live_url);
    assert.match(await (await fetch(origin)).text(), /<script/);
  });

  await t.test('a part fetched by one lease is a cache hit for another', async () => {
    const list = await until('parts', async () => {
      const list = await playlist(beside(mine.live_url, 'video.m3u8'));
      return list.segments.length > 0 && list;
    });
    const uri = list.segments.at(-1).uri;
    const first = await fetch(beside(mine.live_url, uri));
    const second = await fetch(beside(yours.live_url, uri));
    assert.equal(first.status, 200);
    assert.equal(second.headers.get('x-cache'), 'HIT');
    assert.deepEqual(Buffer.from(await first.arrayBuffer()), Buffer.from(await second.arrayBuffer()));
  });

  await t.test('a cached part is not for a forged lease', async () => {
    const list = await playlist(beside(mine.live_url, 'video.m3u8'));
    const forged = `${mine.lease.slice(0, -2)}${mine.lease.endsWith('AA') ? 'BB' : 'AA'}`;
    const response = await fetch(beside(mine.live_url.replace(mine.lease, forged), list.segments.at(-1).uri));
    assert.equal(response.status, 403);
  });

  await t.test('fifty who wait for the same part cost the origin one request', async () => {
    const { next } = await playlist(beside(mine.live_url, 'video.m3u8'));
    const ask = `video.m3u8?_HLS_msn=${next.msn}&_HLS_part=${next.part}`;
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => fetch(beside(i % 2 ? mine.live_url : yours.live_url, ask))));
    assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
    const misses = answers.filter((answer) => answer.headers.get('x-cache') !== 'HIT').length;
    assert.ok(misses <= 2, `${misses} of 50 went through`);
    assert.equal(new Set(await Promise.all(answers.map((answer) => answer.text()))).size, 1);
  });

  await t.test('there is room for fifteen hundred who wait at once', async () => {
    const { next } = await playlist(beside(mine.live_url, 'video.m3u8'));
    // Further ahead than the next part, so that all of them are there when it comes.
    const ask = `video.m3u8?_HLS_msn=${next.msn + 1}`;
    const answers = await Promise.all(
      Array.from({ length: 1_500 }, () => fetch(beside(mine.live_url, ask)).then(async (answer) => [answer.status, await answer.text()])),
    );
    assert.deepEqual([...new Set(answers.map(([status]) => status))], [200]);
  });

  await t.test('the room opens through it; metrics and internal calls do not', async () => {
    const through = Object.create(yunke, { url: { value: origin } });
    near.yunke = through;
    const room = await near.room(lesson, mine.lease).open();
    assert.equal(room.state.phase, 'live');
    room.close();
    assert.equal((await fetch(`${origin}/metrics`)).status, 404);
    assert.equal((await fetch(`${origin}/internal/media/snapshot`, { method: 'POST' })).status, 404);
  });

  await t.test('what is heard through it counts, though the origin sees no fetch', async () => {
    const person = near2;
    const stop = new AbortController();
    fetching({ after: (end) => stop.signal.addEventListener('abort', end) }, yours.live_url);
    await until(
      'the node to be heard of',
      async () => {
        const { edge_ms: now } = await person.get(`/api/lessons/${lesson}`);
        seq += 1;
        await person.post(`/api/lessons/${lesson}/beats`, { lease: yours.lease, beats: [beat(seq, Math.max(0, now - 400), now)] });
        const { intervals, row } = await evidence(organizer, lesson, person);
        return (
          intervals.length > 10 &&
          intervals.every(({ reasons }) => !reasons.includes('uncorroborated')) &&
          intervals.some(({ reasons }) => reasons.includes('unobserved')) &&
          row.counted_ms > 0
        );
      },
      { within: 20_000, every: 400 },
    );
    stop.abort();
  });

  await t.test('the access log has no lease, no pass and no session in it', async () => {
    await text(mine.live_url);
    const routes = await secretRoutes();
    for (const known of [
      '/audio/{lease}',
      '/radio/{lease}',
      '/upload/{pass}',
      '/file/{pass}',
      '/fill/{pass}',
      '/whep/{lease}',
      '/whip/{session}',
    ]) {
      assert.ok(
        routes.some((route) => route.startsWith(known)),
        `${known} of ${routes}`,
      );
    }
    // Each address as it is, and as nginx also understands it.
    const odd = [(path) => path, (path) => `/${path}`, (path) => path.replace(/^\/./, (two) => `/%${two.charCodeAt(1).toString(16)}`)];
    const secret = mine.lease.split('').reverse().join('');
    for (const route of ['/live/{lease}/{lesson}/index.m3u8', '/replay/{lease}/{lesson}/0-/index.m3u8', ...routes]) {
      const path = route.replace(SECRET, secret).replaceAll(/\{[^}]+\}/g, lesson);
      for (const written of odd) await status(port, written(path));
    }
    await status(port, `/live/./${secret}/${lesson}/index.m3u8`);
    await status(port, '/the-last-line');
    const log = await until('the last line', async () => {
      const log = await readFile(join(folder, 'yunke.log'), 'utf8');
      return log.includes('/the-last-line') && log;
    });
    for (const told of ['/live/-/', '/replay/-/', '/audio/-/', '/radio/-/', '/upload/-', '/file/-', '/fill/-', '/whip/-', '/whep/-']) {
      assert.ok(log.includes(told), told);
    }
    for (const kept of [mine.lease, yours.lease, secret]) {
      assert.deepEqual(
        log.split('\n').filter((line) => line.includes(kept)),
        [],
      );
    }
  });
});

/** What stands for a secret in an address. */
const SECRET = /\{(?:lease|pass|session)\}/;

/** The addresses of the media program that have a secret in them, as its source says; live and recorded media beside them. */
async function secretRoutes() {
  const source = resolve(deploy, '..', 'media', 'src');
  const files = (await readdir(source, { recursive: true })).filter((name) => name.endsWith('.rs'));
  const texts = await Promise.all(files.map((name) => readFile(join(source, name), 'utf8')));
  const routes = texts.flatMap((text) => [...text.matchAll(/"(\/[^"\s]*\{[^"\s]*)"/g)].map(([, route]) => route));
  return [...new Set(routes)].filter((route) => SECRET.test(route));
}

/** Asks for a path as it is written: `fetch` would tidy it up. */
function status(port, path) {
  return new Promise((done, fail) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => done(answer.statusCode));
    }).on('error', fail);
  });
}
