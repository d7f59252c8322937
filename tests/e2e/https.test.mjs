// HTTPS by the server itself, as a browser with nothing kept sees it: pages, the room's socket, media at the same origin, and a
// certificate that is replaced while people watch.
// Cost: 40 s, light.

import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cast, DEMO } from '../harness/cast.mjs';
import { goLive, plan, publish } from '../harness/lessons.mjs';
import { plays, says, signIn, watch } from '../harness/pages.mjs';
import { browser, DESK, open } from '../harness/phone.mjs';
import { freePort } from '../harness/ports.mjs';
import { certificate, curl, shown } from '../harness/tls.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const NAME = 'center.lan';
const SOCKET_MS = 1_000;

/** Every socket of the page, and how long its first frame took. */
function keepSockets(page) {
  page.sockets = [];
  page.on('websocket', (socket) => {
    const began = performance.now();
    socket.once('framereceived', () => page.sockets.push(performance.now() - began));
  });
}

/** Where the page asked for anything, by origin. */
function keepOrigins(page) {
  page.asked = new Map();
  page.on('request', (request) => {
    if (!request.url().startsWith('http')) return;
    const { origin, pathname } = new URL(request.url());
    page.asked.set(origin, [...(page.asked.get(origin) ?? []), pathname]);
  });
}

/** What browsers complain about on any plain address: a header that they keep only over https. */
const faults = (page) => page.faults.filter((fault) => !/Cross-Origin-Opener-Policy header has been ignored/.test(fault));

test('https by the server itself', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'yunke-tls-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const first = await certificate(folder, [NAME, '127.0.0.1']);
  const yunke = await Yunke.start(t, {
    demo: true,
    quiet: true,
    config: () =>
      `[http]\nlisten = ""\n[https]\nlisten = "127.0.0.1:${port}"\ncert_file = "${first.cert}"\nkey_file = "${first.key}"\nredirect = true\n[media]\nhttp = ""\nrtmp = ""\n`,
  });
  const origin = `https://${NAME}:${port}`;
  const https = Object.create(yunke, { url: { value: origin } });
  const { organizer, lecturer, near, near2, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  await publish(t, lecturer, lesson);
  await goLive(lecturer, lesson);
  // Its key is in the list before it is in use, as an authority's root would be.
  const later = await mkdtemp(join(folder, 'later-'));
  const second = await certificate(later, [NAME]);
  const chrome = await browser([
    `--host-resolver-rules=MAP ${NAME} 127.0.0.1`,
    `--ignore-certificate-errors-spki-list=${first.spki},${second.spki}`,
  ]);
  t.after(() => chrome.close());
  const page = await open(chrome, https);
  keepSockets(page);
  keepOrigins(page);

  await t.test('pages, sign-in and media come from one address, and the socket opens at once', async () => {
    await signIn(page, account(near));
    assert.equal(await page.evaluate(() => isSecureContext), true);
    await watch(page, lesson);
    await plays(page);
    const [socket] = await until('the room', () => page.sockets.length > 0 && page.sockets);
    assert.ok(socket <= SOCKET_MS, `${socket} ms`);
    assert.deepEqual([...page.asked.keys()], [origin]);
    assert.ok(
      page.asked.get(origin).some((path) => /^\/(live|whep)\//.test(path)),
      'media',
    );
    const cookies = await page.context().cookies();
    const session = cookies.find(({ name }) => name === '__Host-yunke_session');
    assert.ok(session?.secure && session.httpOnly, JSON.stringify(cookies.map(({ name }) => name)));
    assert.deepEqual(page.faults, []);
  });

  await t.test('so it does after a reload and in a second tab', async () => {
    page.sockets.length = 0;
    await page.reload();
    const tab = await page.context().newPage();
    keepSockets(tab);
    await tab.goto(page.url());
    for (const { sockets } of [page, tab]) {
      const [socket] = await until('the room', () => sockets.length > 0 && sockets);
      assert.ok(socket <= SOCKET_MS, `${socket} ms`);
    }
    await tab.close();
  });

  await t.test('curl gets page, part and waiting playlist by HTTP/2 and by HTTP/1.1', async () => {
    const { live_url: live } = await near.lease(lesson);
    const media = live.replace(yunke.mediaUrl, origin);
    const text = async (name) => (await fetch(new URL(name, live))).text();
    for (const version of ['2', '1.1']) {
      const list = await text('video.m3u8');
      const part = [...list.matchAll(/#EXT-X-PART:.*URI="([^"]+)"/g)].at(-1)[1];
      const msn = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(list)[1]) + list.match(/#EXTINF/g).length + 1;
      for (const url of [
        `${origin}/`,
        `${origin}/health/live`,
        new URL(part, media).href,
        new URL(`video.m3u8?_HLS_msn=${msn}`, media).href,
      ]) {
        const { status, spoken, bytes } = await curl(url, version);
        assert.deepEqual([status, spoken, bytes > 0], [200, version, true], new URL(url).pathname.split('/').at(-1));
      }
    }
  });

  await t.test('who sends no name or asks by address is shown the certificate, too', async () => {
    assert.equal(await shown(port), await shown(port, NAME));
    assert.equal((await curl(`https://127.0.0.1:${port}/health/live`, '2')).status, 200);
  });

  await t.test('the organizer reads on Today until when the certificate is valid, and who renews it', async () => {
    const desk = await open(chrome, https, DESK);
    await signIn(desk, DEMO.organizer, '/console');
    await says(desk, /https 证书（center\.lan、127\.0\.0\.1）有效期至 .*由提供证书文件的程序续期/);
    await desk.context().close();
  });

  await t.test('a self-made certificate binds nobody: http goes on, without a redirect and without HSTS', async () => {
    const plain = await fetch(yunke.url, { redirect: 'manual', headers: { accept: 'text/html' } });
    assert.equal(plain.status, 200);
    assert.equal(plain.headers.get('strict-transport-security'), null);
  });

  await t.test('by plain http and a name, which no browser calls secure, the pages work', async () => {
    const plain = Object.create(yunke, { url: { value: `http://${NAME}:${yunke.ports.web}` } });
    const phone = await open(chrome, plain);
    await signIn(phone, account(near2));
    assert.equal(await phone.evaluate(() => isSecureContext), false);
    await watch(phone, lesson);
    assert.deepEqual(faults(phone), []);
    await phone.context().close();
    const desk = await open(chrome, plain, DESK);
    await signIn(desk, DEMO.organizer, '/console');
    for (const path of ['/console', '/console/lessons', '/console/people', '/studio']) {
      await desk.goto(path);
      await desk.getByRole('heading').first().waitFor();
    }
    assert.deepEqual(faults(desk), []);
    await desk.context().close();
  });

  await t.test('a new certificate is shown to those who come, and who is there plays on', async () => {
    await watch(page, lesson);
    const before = await shown(port, NAME);
    const played = await page.evaluate(() => document.querySelector('video').currentTime);
    await certificateFrom(later, folder);
    await until('the new certificate', async () => (await shown(port, NAME)) !== before, { within: 15_000 });
    await until('the page to play on', async () => (await page.evaluate(() => document.querySelector('video').currentTime)) > played + 3, {
      within: 15_000,
    });
    const tab = await page.context().newPage();
    await tab.goto(`${origin}/health/live`);
    assert.match(await tab.innerText('body'), /live/);
    await tab.close();
  });
});

/** Puts what was issued into `from` where the server reads it: one file, then the other. */
async function certificateFrom(from, to) {
  await copyFile(join(from, 'cert.pem'), join(to, 'cert.pem'));
  await copyFile(join(from, 'key.pem'), join(to, 'key.pem'));
}
