// The LL-HLS origin as a player and an edge see it.
// Cost: 38 s, light.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cast } from '../harness/cast.mjs';
import { attributes, beside, playlist, text } from '../harness/hls.mjs';
import { signLease } from '../harness/lease.mjs';
import { end, goLive, plan, publish } from '../harness/lessons.mjs';
import { timed, until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const execute = promisify(execFile);

test('the origin', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  await publish(t, lecturer, lesson, { fps: 30 });
  const answer = async (url, init) => {
    const response = await fetch(url, init);
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  const code = ({ body }) => JSON.parse(body).code;

  await t.test('a rehearsal is for staff: a preview lease sees it, a member is told to wait', async () => {
    const preview = await lecturer.post(`/api/studio/lessons/${lesson}/preview`);
    yunke.secret('lease', preview.lease);
    await until('the preview', async () => (await playlist(beside(preview.live_url, 'video.m3u8'))).parts.length > 3);
    const lease = await near.lease(lesson);
    const early = await answer(lease.live_url);
    assert.equal(early.status, 503);
    assert.ok(Number(early.headers.get('retry-after')) >= 1);
  });

  const live = await goLive(lecturer, lesson);
  const lease = await until('a lease with an address', async () => {
    const lease = await near.lease(lesson);
    return lease.live_url && lease;
  });
  const video = beside(lease.live_url, 'video.m3u8');
  const audio = beside(lease.live_url, 'audio.m3u8');
  const small = beside(lease.live_url, 'audio48.m3u8');

  await t.test('the multivariant playlist offers picture with sound, and sound alone', async () => {
    const index = await text(lease.live_url);
    const variants = index
      .split('\n')
      .filter((line) => line.startsWith('#EXT-X-STREAM-INF'))
      .map(attributes);
    const withPicture = variants.find((variant) => variant.RESOLUTION);
    const soundOnly = variants.find((variant) => !variant.RESOLUTION);
    assert.equal(withPicture.RESOLUTION, '640x360');
    assert.match(withPicture.CODECS, /avc1\.[0-9a-f]{6}.*mp4a\.40\.2/i);
    assert.equal(withPicture['FRAME-RATE'], '30.000');
    assert.ok(Number(withPicture['AVERAGE-BANDWIDTH']) > 0);
    assert.equal(soundOnly.CODECS, 'mp4a.40.2');
    const groups = index
      .split('\n')
      .filter((line) => line.startsWith('#EXT-X-MEDIA:'))
      .map(attributes);
    assert.deepEqual(
      groups.map(({ TYPE, URI }) => [TYPE, URI]),
      [
        ['AUDIO', 'audio.m3u8'],
        ['AUDIO', 'audio48.m3u8'],
      ],
    );
    const uri = (group) => groups.find((other) => other['GROUP-ID'] === group).URI;
    assert.equal(uri(withPicture.AUDIO), 'audio.m3u8');
    assert.equal(uri(soundOnly.AUDIO), 'audio48.m3u8');
    const listen = await text(lease.live_audio_url);
    assert.doesNotMatch(listen, /RESOLUTION/);
    assert.deepEqual(
      listen.split('\n').filter((line) => line && !line.startsWith('#')),
      ['audio48.m3u8', 'audio.m3u8'],
      'the smallest first',
    );
  });

  await t.test('the media playlists keep the letter of LL-HLS', async () => {
    const list = await until(
      'a few segments',
      async () => {
        const list = await playlist(video);
        return list.segments.length >= 3 && list;
      },
      { within: 15_000 },
    );
    const control = attributes(`:${list.tags['EXT-X-SERVER-CONTROL']}`);
    const target = Number(list.tags['EXT-X-TARGETDURATION']);
    const part = Number(attributes(`:${list.tags['EXT-X-PART-INF']}`)['PART-TARGET']);
    assert.equal(control['CAN-BLOCK-RELOAD'], 'YES');
    assert.ok(Number(control['PART-HOLD-BACK']) >= 3 * part);
    assert.ok(Number(control['HOLD-BACK']) >= 3 * target);
    assert.ok(Number(control['CAN-SKIP-UNTIL']) >= 6 * target);
    assert.ok('EXT-X-INDEPENDENT-SEGMENTS' in list.tags);
    assert.ok(list.tags['EXT-X-MAP']);
    assert.match(list.tags['EXT-X-PRELOAD-HINT'], /TYPE=PART/);
    const reported = [...list.text.matchAll(/#EXT-X-RENDITION-REPORT:URI="([^"]+)"/g)].map(([, uri]) => uri);
    assert.deepEqual(reported.sort(), ['audio.m3u8', 'audio48.m3u8'], 'every other playlist');
    for (const segment of list.segments) {
      assert.ok(segment.duration <= target + 0.5, `a segment of ${segment.duration} s`);
      for (const short of segment.parts.slice(0, -1)) {
        assert.ok(short.duration <= part + 0.001 && short.duration >= 0.85 * part - 0.001, `a part of ${short.duration} s`);
      }
    }
    assert.ok(list.segments[0].at >= live.zero_at, 'members see the rehearsal');
    const sound = await playlist(audio);
    assert.equal(sound.tags['EXT-X-TARGETDURATION'], list.tags['EXT-X-TARGETDURATION']);
    assert.equal(sound.tags['EXT-X-PART-INF'], list.tags['EXT-X-PART-INF']);
  });

  await t.test('the timeline starts at the zero the server tells', async () => {
    const list = await playlist(video);
    const first = list.segments[0].at - live.zero_at;
    assert.ok(Number(list.tags['EXT-X-MEDIA-SEQUENCE']) > 0 || Math.abs(first) < 2, `position 0 is at ${first} ms`);
  });

  await t.test('blocking reload waits for the part and answers with it', async () => {
    const { next } = await playlist(video);
    const ask = `?_HLS_msn=${next.msn}&_HLS_part=${next.part + 1}`;
    const { ms, result } = await timed(() => playlist(video + ask));
    assert.ok(ms > 100 && ms < 4_000, `answered after ${ms} ms`);
    const { msn, part } = result.next;
    assert.ok(msn > next.msn || part > next.part + 1 || part === 0);
    assert.equal((await answer(`${video}?_HLS_part=1`)).status, 400);
    assert.equal((await answer(`${video}?_HLS_msn=${next.msn + 50}`)).status, 400);
    assert.equal((await answer(`${video}?_HLS_msn=NaN&_HLS_part=-1`)).status, 400);
  });

  await t.test('a hinted part is answered when it is whole, an announced one always', async () => {
    const list = await playlist(video);
    const hint = attributes(`:${list.tags['EXT-X-PRELOAD-HINT']}`).URI;
    const [hinted, known] = await Promise.all([answer(beside(video, hint)), answer(beside(video, list.parts.at(-1).uri))]);
    assert.equal(hinted.status, 200);
    assert.equal(known.status, 200);
    assert.ok(hinted.body.length > 100);
  });

  await t.test('a delta update skips what the player has', async () => {
    await until(
      'enough to skip',
      async () => {
        const delta = await text(`${video}?_HLS_skip=YES`);
        return /#EXT-X-SKIP:SKIPPED-SEGMENTS=\d+/.test(delta) && delta.length < (await text(video)).length;
      },
      { within: 45_000, every: 1_000 },
    );
  });

  await t.test('the small sound: the same segments at the same times, at most 56 kbit/s, and it can be heard', async () => {
    const [picture, sound, low] = await Promise.all([video, audio, small].map((url) => playlist(url)));
    const times = (list) => new Map(list.segments.map(({ uri, at, duration }) => [uri.match(/-s(\d+)-/)[1], { at, duration }]));
    const others = { picture: times(picture), sound: times(sound) };
    let compared = 0;
    for (const [msn, { at }] of times(low)) {
      for (const [what, other] of Object.entries(others)) {
        if (!other.has(msn)) continue;
        compared += 1;
        assert.ok(Math.abs(at - other.get(msn).at) <= 34, `segment ${msn} is ${at - other.get(msn).at} ms from the ${what}`);
      }
    }
    assert.ok(compared >= 20, `${compared} segments compared`);
    assert.deepEqual([low.gaps, low.discontinuities], [0, 0]);
    const whole = low.segments.slice(0, -1);
    const bytes = await Promise.all(whole.map(async ({ uri }) => (await (await fetch(new URL(uri, small))).arrayBuffer()).byteLength));
    const bps = (bytes.reduce((sum, n) => sum + n, 0) * 8) / whole.reduce((sum, { duration }) => sum + duration, 0);
    t.diagnostic(`the small sound takes ${Math.round(bps)} bit/s`);
    assert.ok(bps <= 56_000, `${bps} bit/s`);
    const { stdout } = await execute('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=codec_name,sample_rate,channels',
      '-of',
      'csv=p=0',
      small,
    ]);
    assert.equal(stdout.trim().split('\n')[0], 'aac,48000,1');
    const heard = await execute('ffmpeg', ['-nostdin', '-v', 'info', '-t', '8', '-i', small, '-af', 'volumedetect', '-f', 'null', '-']);
    const volume = Number(heard.stderr.match(/mean_volume: (-?[\d.]+) dB/)[1]);
    assert.ok(volume > -40, `${volume} dB`);
  });

  await t.test('an edge can collapse requests: types, cache times, CORS, gzip', async () => {
    const list = await playlist(video);
    const { next } = list;
    const blocked = await answer(`${video}?_HLS_msn=${next.msn}&_HLS_part=${next.part}`, { headers: { origin: 'https://x.example' } });
    assert.equal(blocked.headers.get('content-type'), 'application/vnd.apple.mpegurl');
    assert.equal(blocked.headers.get('access-control-allow-origin'), '*');
    assert.equal(blocked.headers.get('content-encoding'), 'gzip');
    assert.match(blocked.headers.get('cache-control'), /max-age=\d+/);
    const part = await answer(beside(video, list.parts.at(-1).uri));
    assert.match(part.headers.get('cache-control'), /max-age=\d{2,}|immutable/);
    assert.match(part.headers.get('content-type'), /video\/mp4|video\/iso\.segment/);
    const wrong = await answer(`${yunke.mediaUrl}/live/${lease.lease}/${lesson}/no-such-file.m4s`);
    assert.equal(wrong.status, 404);
  });

  await t.test('only this lesson, only with a genuine lease, only until it expires', async () => {
    const other = await plan(organizer, stage);
    const wrongLesson = await answer(`${yunke.mediaUrl}/live/${lease.lease}/${other}/index.m3u8`);
    assert.equal(wrongLesson.status, 403);
    assert.equal(code(wrongLesson), 'lease_other_lesson');
    const forged = `${lease.lease.slice(0, -2)}${lease.lease.endsWith('AA') ? 'BB' : 'AA'}`;
    const invalid = await answer(`${yunke.mediaUrl}/live/${forged}/${lesson}/index.m3u8`);
    assert.equal(invalid.status, 403);
    assert.equal(code(invalid), 'lease_invalid');
    const secret = (await readFile(join(yunke.data, 'secret'), 'utf8')).trim();
    const old = signLease(secret, { lease: randomUUID(), lesson, expiresAt: Date.now() - 5_000 });
    const expired = await answer(`${yunke.mediaUrl}/live/${old}/${lesson}/index.m3u8`);
    assert.equal(expired.status, 403);
    assert.equal(code(expired), 'lease_expired');
    assert.equal((await answer(`${yunke.mediaUrl}/live/${'x'.repeat(79)}/${lesson}/../../../control/orders`)).status >= 400, true);
  });

  await t.test('an SDP where a playlist is expected, and other verbs, are refused', async () => {
    const sdp = 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n';
    const posted = await answer(lease.live_url, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: sdp });
    assert.equal(posted.status, 405);
    assert.equal((await answer(lease.live_url, { method: 'DELETE' })).status, 405);
  });

  await t.test('the control interface is closed without the shared secret', async () => {
    for (const authorization of [undefined, 'Bearer wrong', 'Basic eDp5']) {
      const headers = authorization ? { authorization } : {};
      assert.equal((await answer(`${yunke.mediaUrl}/control/orders`, { headers })).status, 401);
      const snapshot = await answer(`${yunke.url}/internal/media/snapshot`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: '{}',
      });
      assert.ok([401, 403, 404].includes(snapshot.status), `snapshot: ${snapshot.status}`);
    }
  });

  await t.test('the replay is there the second the lesson ends, from position 0', async () => {
    const { ms } = await timed(() => end(lecturer, lesson));
    assert.ok(ms < 2_000, `took ${Math.round(ms)} ms`);
    const replay = await near.lease(lesson);
    const list = await playlist(beside(replay.replay_url, 'video.m3u8'));
    assert.ok(list.ended);
    assert.equal(list.segments[0].at, live.zero_at);
    const seen = await near.get(`/api/lessons/${lesson}`);
    const length = list.segments.reduce((sum, segment) => sum + segment.duration, 0) * 1000;
    assert.ok(Math.abs(length - seen.length_ms) < 2_500, `${length} ms of segments, a length of ${seen.length_ms} ms`);
    const low = await playlist(beside(replay.replay_url, 'audio48.m3u8'));
    assert.equal(low.segments.length, list.segments.length);
    for (const segment of [list.segments[0], list.segments.at(-1), low.segments[0], low.segments.at(-1)]) {
      assert.equal((await fetch(beside(replay.replay_url, segment.uri))).status, 200);
    }
    assert.match(await text(replay.replay_url), /audio48\.m3u8/);
    const ended = await playlist(`${video}?_HLS_msn=99999`).catch((error) => error);
    assert.ok(ended.ended || /404|410|302/.test(ended.message), 'the live playlist has no end');
  });
});
