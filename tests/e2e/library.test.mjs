// The library through its real doors: files go up by tus, become sound, are heard by the stretch, and earn what was heard.
// Cost: 45 s, light.

import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { beat } from '../harness/api.mjs';
import { cast } from '../harness/cast.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const run = promisify(execFile);
const LENGTH_MS = 60_000;
const READY = { within: 60_000 };
const coded = (text) => Buffer.from(text).toString('base64');

/** A file of a minute by ffmpeg, with tags. */
async function sound(folder, name, more = []) {
  const file = join(folder, name);
  await run('ffmpeg', [
    '-nostdin',
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    `sine=f=300:r=44100:d=${LENGTH_MS / 1000}`,
    '-af',
    'tremolo=f=3:d=0.8',
    ...more,
    file,
  ]);
  return readFile(file);
}

test('library', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, near, far, stage } = await cast(yunke);
  const series = await organizer.post('/api/console/library/series', { title: '红色故事', unit_id: stage.unit, category: '党史' });
  const detail = () => organizer.get(`/api/console/library/series/${series.id}`);
  const episode = async (id) => (await detail()).episodes.find((one) => one.id === id);

  /** Creates an upload; its address and what it is of. */
  const create = async (bytes, name, more = '') => {
    const metadata = `filename ${coded(name)},series ${coded(series.id)}${more}`;
    const headers = { 'tus-resumable': '1.0.0', 'upload-length': String(bytes), 'upload-metadata': metadata };
    const answer = await organizer.raw('POST', '/api/console/library/uploads', { headers });
    assert.equal(answer.status, 201, await answer.clone().text());
    const url = answer.headers.get('location');
    yunke.secret('upload', url.split('/').pop());
    return { url, ...(await answer.json()) };
  };
  const patch = (url, offset, body) =>
    fetch(url, {
      method: 'PATCH',
      headers: { 'tus-resumable': '1.0.0', 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
      body,
    });
  const head = (url) => fetch(url, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } });
  const send = async (bytes, name, more) => {
    const upload = await create(bytes.length, name, more);
    const answer = await patch(upload.url, 0, bytes);
    assert.equal(answer.status, 204, await answer.text());
    return upload;
  };
  const settled = (id) =>
    until(
      'the file to be sound, or none',
      async () => {
        const one = await episode(id);
        return ['ready', 'failed', 'published'].includes(one.state) && one;
      },
      READY,
    );

  const mp3 = await sound(yunke.folder, '01 长征.mp3', ['-b:a', '96k', '-metadata', 'title=长征', '-metadata', 'artist=曾老师']);
  let first;

  await t.test('an upload goes on after a cut and a killed media service, and is kept once', async () => {
    const upload = await create(mp3.length, '01 长征.mp3');
    const half = Math.floor(mp3.length / 2);
    assert.equal((await patch(upload.url, 0, mp3.subarray(0, half))).status, 204);
    process.kill(await yunke.mediaPid(), 'SIGKILL');
    await until('the media service to be back', async () => (await head(upload.url).catch(() => null))?.status === 200, { within: 20_000 });
    const there = await head(upload.url);
    assert.equal(there.headers.get('upload-offset'), String(half));
    assert.equal(there.headers.get('upload-length'), String(mp3.length));
    assert.equal((await patch(upload.url, half - 10, mp3.subarray(half - 10))).status, 409, 'a wrong offset');
    assert.equal((await fetch(upload.url, { method: 'HEAD' })).status, 412, 'another protocol');
    const last = await patch(upload.url, half, mp3.subarray(half));
    assert.deepEqual([last.status, last.headers.get('upload-offset')], [204, String(mp3.length)]);
    first = await settled(upload.episode_id);
    assert.deepEqual([first.state, first.number, first.title], ['ready', 1, '长征'], JSON.stringify(first));
    assert.ok(Math.abs(first.length_ms - LENGTH_MS) <= 100, `${first.length_ms} ms`);
  });

  await t.test('nobody hears a draft; published it is found by pinyin, by those it is for', async () => {
    await assert.rejects(near.get(`/api/library/episodes/${first.id}`), { status: 404 });
    await organizer.post(`/api/console/library/series/${series.id}/publish`, { episodes: [first.id], publish_at: null });
    for (const text of ['长征', '征', 'changzheng', 'cz', 'cangzheng']) {
      const { episodes } = await near.get(`/api/library/search?q=${encodeURIComponent(text)}`);
      assert.deepEqual(
        episodes.map(({ id }) => id),
        [first.id],
        text,
      );
    }
    const shelf = await far.get('/api/library');
    assert.deepEqual(
      shelf.new.map(({ id }) => id),
      [first.id],
      'the series is of the whole centre',
    );
  });

  await t.test('its sound comes whole, in parts and not past its end, and never changes', async () => {
    const { sound: files } = await near.post(`/api/library/episodes/${first.id}/leases`, { device: 'phone' });
    for (const { url, bytes, mime } of files) {
      yunke.secret('lease', url.split('/').at(-3));
      const whole = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
      const body = Buffer.from(await whole.arrayBuffer());
      assert.deepEqual([whole.status, body.length, whole.headers.get('content-encoding')], [200, bytes, null], mime);
      const etag = whole.headers.get('etag');
      assert.equal(etag, `"${createHash('sha256').update(body).digest('hex')}"`);
      assert.match(whole.headers.get('cache-control'), /immutable/);
      const asked = await fetch(url, { method: 'HEAD' });
      assert.deepEqual(
        [asked.status, asked.headers.get('content-length'), asked.headers.get('accept-ranges')],
        [200, String(bytes), 'bytes'],
      );
      for (const [range, status, part] of [
        ['bytes=0-1', 206, body.subarray(0, 2)],
        ['bytes=500-', 206, body.subarray(500)],
        ['bytes=-500', 206, body.subarray(-500)],
        [`bytes=${bytes}-`, 416, Buffer.alloc(0)],
      ]) {
        const answer = await fetch(url, { headers: { range } });
        const got = Buffer.from(await answer.arrayBuffer());
        assert.equal(answer.status, status, range);
        if (status === 206) assert.ok(got.equals(part), range);
      }
      const changed = await fetch(url, { headers: { range: 'bytes=500-', 'if-range': '"another"' } });
      assert.deepEqual([changed.status, (await changed.arrayBuffer()).byteLength], [200, bytes], 'the rest of another file');
    }
    const m4a = files[0].url;
    const file = join(yunke.folder, 'heard.m4a');
    await writeFile(file, Buffer.from(await (await fetch(m4a)).arrayBuffer()));
    const { stdout } = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'format=duration:stream=codec_name,channels,sample_rate',
      '-of',
      'json',
      file,
    ]);
    const probe = JSON.parse(stdout);
    assert.deepEqual([probe.streams[0].codec_name, probe.streams[0].channels], ['aac', 1]);
    assert.ok(Math.abs(probe.format.duration * 1000 - LENGTH_MS) < 100, probe.format.duration);
    const { stderr } = await run('ffmpeg', [
      '-nostdin',
      '-v',
      'info',
      '-i',
      file,
      '-af',
      'ebur128=peak=true:dualmono=true',
      '-f',
      'null',
      '-',
    ]);
    const loudness = Number(
      stderr
        .match(/I:\s+(-?[\d.]+) LUFS/g)
        .at(-1)
        .match(/-?[\d.]+/)[0],
    );
    const peak = Number(
      stderr
        .match(/Peak:\s+(-?[\d.]+) dBFS/g)
        .at(-1)
        .match(/-?[\d.]+/)[0],
    );
    assert.ok(Math.abs(loudness + 16) <= 1 && peak <= -1.4, `${loudness} LUFS, ${peak} dBTP`);
  });

  await t.test('what was fetched and heard counts, what was only claimed does not', async (t) => {
    const lease = await far.post(`/api/library/episodes/${first.id}/leases`, { device: 'phone' });
    const { url, bytes } = lease.sound[0];
    const claim = (seq, from, to, cause = 'tick') =>
      far.post(`/api/library/episodes/${first.id}/beats`, {
        lease: lease.lease,
        beats: [beat(seq, from, to, { source: 'replay', mode: 'audio', cause })],
      });
    // A third of it is fetched; all the time it is claimed that it plays.
    await fetch(url, { headers: { range: `bytes=0-${Math.floor(bytes / 3)}` } }).then((answer) => answer.arrayBuffer());
    for (let seq = 1; seq <= 3; seq += 1) {
      await watchFor(10_000);
      await claim(seq, (seq - 1) * 10_000, seq * 10_000, seq === 3 ? 'pause' : 'tick');
    }
    const { counted_ms: counted, place } = await until(
      'the media service to have said what it delivered',
      async () => {
        const seen = await far.get(`/api/library/episodes/${first.id}`);
        return seen.counted_ms < 29_000 && seen;
      },
      { within: 30_000 },
    );
    t.diagnostic(`${counted} ms of 30,000 count, with ${LENGTH_MS / 3} ms fetched`);
    assert.ok(counted >= 18_000 && counted <= 26_000, `${counted} ms`);
    assert.equal(place.position_ms, 30_000);
  });

  await t.test('what is no sound is said with a reason, and the service lives', async () => {
    const picture = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    const wav = await sound(yunke.folder, 'cut.wav', ['-ac', '2']);
    // A recorder that lost power.
    wav.writeUInt32LE(0, wav.indexOf('data') + 4);
    const uploads = [
      ['a picture.mp3', picture, 'failed'],
      ['text.wav', Buffer.from('这不是声音'.repeat(100)), 'failed'],
      ['half.mp3', mp3.subarray(0, mp3.length / 2), 'ready'],
      ['size nought.wav', wav, 'ready'],
    ];
    for (const [name, bytes, state] of uploads) {
      const { episode_id } = await send(bytes, name);
      const one = await settled(episode_id);
      assert.equal(one.state, state, `${name}: ${JSON.stringify(one)}`);
      if (state === 'failed') assert.match(one.code, /^[a-z_]+$/, name);
      if (state === 'ready') assert.equal(one.code, name === 'half.mp3' ? 'incomplete' : null, 'what is missing is said');
      if (name === 'half.mp3') assert.ok(Math.abs(one.length_ms - LENGTH_MS / 2) < 500, `${one.length_ms} ms`);
      if (name === 'size nought.wav') assert.ok(Math.abs(one.length_ms - LENGTH_MS) < 100, `${one.length_ms} ms`);
    }
    await assert.rejects(create(10, '._01.mp3'), /422/);
    assert.equal((await fetch(`${yunke.mediaUrl}/health`)).status, 200);
  });

  await t.test('a file that replaces another keeps what was heard', async () => {
    const before = await far.get(`/api/library/episodes/${first.id}`);
    const longer = await sound(yunke.folder, '长征 新.mp3', ['-b:a', '64k']);
    const upload = await send(longer, '长征 新.mp3', `,episode ${coded(first.id)}`);
    assert.equal(upload.episode_id, first.id);
    await until('the new version', async () => (await episode(first.id)).heard_version === upload.version, READY);
    const after = await far.get(`/api/library/episodes/${first.id}`);
    assert.deepEqual([after.id, after.counted_ms, after.place.position_ms], [before.id, before.counted_ms, before.place.position_ms]);
  });
});
