// Publishers by WebRTC: the rules of WHIP (RFC 9725), GStreamer's whipsink, and a browser.
// Cost: 41 s, light.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cast } from '../harness/cast.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, rtmpAddress } from '../harness/lessons.mjs';
import { timed, until } from '../harness/wait.mjs';
import { H264, WhipSink, offerOf, patch, post } from '../harness/whip.mjs';
import { Yunke } from '../harness/yunke.mjs';

const run = promisify(execFile);
const VP8 = ['VP8'];
const H265 = ['H265'];

test('whip', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, stage } = await cast(yunke);
  const url = `${yunke.mediaUrl}/whip`;
  const studio = (lesson) => lecturer.get(`/api/studio/lessons/${lesson}`);
  const planned = async () => {
    const lesson = await plan(organizer, stage);
    const { key } = await rtmpAddress(lecturer, lesson);
    return { lesson, key };
  };
  const sink = (key, more) => {
    const publisher = new WhipSink(url, key, more);
    t.after(() => publisher.stop('SIGKILL'));
    return publisher;
  };

  await t.test('what is wrong is said with the right status and a stable code', async () => {
    const { lesson, key } = await planned();
    const good = offerOf(H264);
    const told = async (status, code, body, options) => {
      const answer = await post(url, body, options);
      assert.deepEqual([answer.status, answer.code], [status, code], answer.text);
      assert.equal(answer.headers.get('access-control-allow-origin'), '*');
      return answer;
    };
    await told(415, 'content_type', good, { key, type: 'text/plain' });
    assert.equal((await told(401, 'key_missing', good)).headers.get('www-authenticate'), 'Bearer');
    const wrong = yunke.secret('stream key', `${key.slice(0, -3)}abc`);
    await told(401, 'key_wrong', good, { key: wrong });
    await told(400, 'offer_malformed', 'hello', { key });
    await told(400, 'offer_malformed', good.replace('v=0', 'v=1'), { key });
    await told(413, 'too_large', good + 'a=x\r\n'.repeat(20_000), { key });
    const refused = await told(406, 'offer_not_playable', offerOf(VP8, H265), { key });
    assert.match(refused.problem.detail, /VP8, H265.*H\.264/);
    await until('the studio to hear of it', async () => {
      const { refused: heard, publisher } = await studio(lesson);
      return heard?.transport === 'whip' && heard.code === 'media' && /VP8, H265/.test(heard.reason) && publisher === null;
    });
    await told(406, 'offer_not_playable', good.replaceAll('sendonly', 'recvonly'), { key });
    await told(406, 'offer_not_playable', good.replace('opus/48000/2', 'PCMU/8000'), { key });
    assert.equal((await fetch(url)).status, 405);
    assert.equal((await fetch(`${url}/nothing`, { method: 'DELETE' })).status, 404);
  });

  await t.test('OPTIONS says what is taken, also to a page of another origin', async () => {
    const response = await fetch(url, { method: 'OPTIONS' });
    assert.equal(response.status, 204);
    assert.equal(response.headers.get('accept-post'), 'application/sdp');
    assert.match(response.headers.get('access-control-allow-headers'), /Authorization/);
    assert.match(response.headers.get('access-control-allow-methods'), /PATCH/);
  });

  await t.test('an offer is answered with candidates, a tag and an address; PATCH and DELETE follow the rules', async () => {
    const { lesson, key } = await planned();
    const answer = await post(url, offerOf(VP8, H264), { key });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.headers.get('content-type'), 'application/sdp');
    const tag = answer.headers.get('etag');
    assert.match(tag, /^"[^"]+"$/);
    assert.match(answer.text, new RegExp(`a=candidate:.* 127\\.0\\.0\\.1 ${yunke.ports.webrtc} typ host`));
    assert.match(answer.text, /H264\/90000/);
    assert.doesNotMatch(answer.text, /VP8/);
    await until('the studio to see who publishes', async () => (await studio(lesson)).publisher?.transport === 'whip');
    const session = new URL(answer.headers.get('location'), url).href;
    yunke.secret('session', session.split('/').pop());

    const candidate = 'a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\n';
    const trickled = async (status, body, options) => {
      const answer = await patch(session, body, { key, ...options });
      assert.equal(answer.status, status, answer.text);
      return answer;
    };
    await trickled(428, candidate, {});
    await trickled(412, candidate, { tag: '"other"' });
    await trickled(412, candidate, { tag: `W/${tag}` });
    await trickled(415, candidate, { tag, type: 'application/sdp' });
    await trickled(400, 'nonsense', { tag });
    await trickled(204, candidate, { tag });
    const fresh = 'a=ice-ufrag:NEWU\r\na=ice-pwd:newnewnewnewnewnewnewnew\r\n';
    const restarted = await trickled(200, fresh, { tag: '*' });
    assert.notEqual(restarted.headers.get('etag'), tag);
    assert.match(restarted.text, /a=ice-ufrag:/);
    assert.match(restarted.text, /a=candidate:/);
    const [before] = answer.text.match(/a=ice-ufrag:.*/);
    assert.ok(!restarted.text.includes(before), 'the restart kept the old credentials');
    await trickled(412, candidate, { tag });
    await trickled(204, candidate, { tag: restarted.headers.get('etag') });

    const theirs = { method: 'DELETE', headers: { Authorization: 'Bearer other', 'If-Match': '"other"' } };
    assert.equal((await fetch(session, theirs)).status, 404, 'another key ended it');
    assert.equal((await fetch(session, { method: 'DELETE' })).status, 200);
    assert.equal((await fetch(session, { method: 'DELETE' })).status, 404);
    await until('the seat to be free', async () => (await studio(lesson)).publisher === null);
  });

  await t.test('a session that never connects is over after ten seconds', async () => {
    const { lesson, key } = await planned();
    assert.equal((await post(url, offerOf(H264), { key })).status, 201);
    assert.ok((await studio(lesson)).publisher);
    await until('it to be given up', async () => (await studio(lesson)).publisher === null, { within: 15_000 });
  });

  await t.test('whipsink gives a lesson: picture and sound live, recorded and replayed', async () => {
    const { lesson, key } = await planned();
    const publisher = sink(key);
    const { ms } = await timed(() =>
      until(
        'the studio to see picture and sound',
        async () => {
          const { publisher: seen } = await studio(lesson);
          return seen?.transport === 'whip' && seen.video?.width === 1280 && seen.audio?.rate === 48_000;
        },
        { within: 20_000 },
      ),
    );
    t.diagnostic(`picture and sound after ${Math.round(ms)} ms`);
    await goLive(lecturer, lesson);
    const lease = await near.lease(lesson);
    for (const name of ['video.m3u8', 'audio.m3u8']) {
      const list = await until(
        name,
        async () => {
          const list = await playlist(beside(lease.live_url, name));
          return list.segments.length >= 3 && list;
        },
        { within: 20_000 },
      );
      // Left alone its encoder makes a key frame in ten seconds. On a busy machine one that is asked for comes late.
      const usual = list.segments.map((segment) => segment.duration ?? 0).sort((a, b) => a - b)[1];
      assert.ok(usual <= 3, `segments of ${usual} s: key frames are not asked for in time`);
    }
    await edgePast(near, lesson, 8_000);

    const second = await post(url, offerOf(H264), { key });
    assert.deepEqual([second.status, second.code], [409, 'lesson_taken_or_over'], second.text);
    assert.ok(publisher.alive);

    publisher.kill('SIGKILL');
    await until(
      'the outage to be noticed',
      async () => {
        const { outage_since: since, publisher: seen } = await studio(lesson);
        return since || seen?.notes?.some((note) => note.code === 'stalled') || seen === null;
      },
      { within: 6_000 },
    );
    const again = sink(key);
    const back = await timed(() =>
      until(
        'the new publisher to be seen',
        async () => {
          const { publisher: seen } = await studio(lesson);
          return seen?.video && !seen.notes.some((note) => note.code === 'stalled');
        },
        { within: 15_000 },
      ),
    );
    t.diagnostic(`back on air ${Math.round(back.ms)} ms after the second one started`);
    await edgePast(near, lesson, 18_000);
    assert.ok(again.alive);
    await end(lecturer, lesson);
    const { replay_url: address } = await near.lease(lesson);
    const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name,width', '-of', 'compact', address]);
    assert.match(stdout, /codec_name=h264\|width=1280/);
    assert.match(stdout, /codec_name=aac/);
  });

  await t.test('sound alone is a lesson to listen to, picture alone one to look at', async () => {
    const only = async (kind, without) => {
      const { lesson, key } = await planned();
      sink(key, [without]);
      await until(`the ${kind}`, async () => (await studio(lesson)).publisher?.[kind], { within: 15_000 });
      await goLive(lecturer, lesson);
      const lease = await near.lease(lesson);
      await until(`the ${kind} to be played`, async () => (await playlist(beside(lease.live_url, `${kind}.m3u8`))).segments.length >= 2, {
        within: 20_000,
      });
      const missing = kind === 'audio' ? 'no_video' : 'no_audio';
      await until(`the note ${missing}`, async () => (await studio(lesson)).publisher.notes.some(({ code }) => code === missing));
    };
    await Promise.all([only('audio', '--no-video'), only('video', '--no-audio')]);
  });
});
