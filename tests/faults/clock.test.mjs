// The wall clock of the machine is set, back and forth, while a lesson is live and while it is replayed: by libfaketime under
// both programs. Nobody is thrown out, nothing is lost and nothing is given. One server, an encoder of our own.
// Cost: 50 s, light.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { beat } from '../harness/api.mjs';
import { cast, DEMO } from '../harness/cast.mjs';
import { Encoder, tagsOf } from '../harness/encoder.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, rtmpAddress } from '../harness/lessons.mjs';
import { fetchOnce } from '../harness/fetching.mjs';
import { Listener } from '../harness/listener.mjs';
import { evidence } from '../harness/played.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Wall } from '../harness/wall.mjs';
import { Yunke } from '../harness/yunke.mjs';

const run = promisify(execFile);
const HOUR = 3_600;
/** How far the wall clock is off, one after the other: each is a step from the one before. */
const STEPS = [-45, 0, 45, -8 * HOUR, HOUR, -45];
/** Watched after each step. */
const WATCH_MS = 4_000;
const PIECE_MS = 500;
/** The server hears of the edge every 2 s; a machine with neighbours is late besides. */
const EDGE_SLACK_MS = 3_500;

/** Eight seconds of a lesson, a key frame every second, again and again: as many frames of sound as fit without a rest. */
function* endless(tags) {
  const length = 8_000;
  const configs = tags.filter((tag) => tag.config);
  const frames = tags.filter((tag) => !tag.config && tag.at < length);
  yield* configs.map((tag) => ({ ...tag, at: 0 }));
  for (let from = 0; ; from += length) for (const tag of frames) yield { ...tag, at: from + tag.at };
}

async function encoded(folder) {
  const file = join(folder, 'lesson.flv');
  await run('ffmpeg', [
    '-nostdin',
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=320x180:r=25',
    '-f',
    'lavfi',
    '-i',
    'sine=f=440:r=48000',
    '-t',
    '9',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-b:v',
    '200k',
    '-g',
    '25',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    '-b:a',
    '64k',
    file,
  ]);
  return tagsOf(file);
}

test('the wall clock is set while people learn', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'yunke-wall-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const wall = await Wall.beside(join(folder, 'wall'));
  const yunke = await Yunke.start(t, { demo: true, quiet: true, env: wall.env });
  const { organizer, lecturer, near, near2, account, stage } = await cast(yunke);
  const tags = await encoded(folder);
  const lesson = await plan(organizer, stage);
  const { url } = await rtmpAddress(lecturer, lesson);
  const publish = async () => {
    const encoder = await Encoder.connect(t, url);
    encoder.play(endless(tags)).catch(() => {});
    return encoder;
  };
  const studio = () => lecturer.get(`/api/studio/lessons/${lesson}`);
  const seen = () => near.get(`/api/lessons/${lesson}`);

  let encoder = await publish();
  await until('the publisher to be seen', async () => (await studio()).publisher?.video, { within: 15_000 });
  const { zero_at: zero } = await goLive(lecturer, lesson);
  await edgePast(near, lesson, 3_000);
  const [began, at] = [performance.now(), Date.now() - zero];
  /** The lesson's position by a clock nobody sets. */
  const position = () => at + performance.now() - began;
  const listener = await new Listener(near, lesson, { clock: position, pieceMs: PIECE_MS, turn: 0, of: 1 }).open();
  const playing = setInterval(() => listener.listen(), PIECE_MS);
  t.after(() => clearInterval(playing));
  const staff = await organizer.room(lesson).open();
  const list = (name) => playlist(beside(listener.lease.live_url, name));
  const dates = async () => (await list('video.m3u8')).segments.map((segment) => segment.at).filter(Boolean);

  for (const step of STEPS) {
    await t.test(`live, ${step} s off`, async () => {
      await wall.set(step);
      assert.ok(
        Math.abs(Date.parse((await yunke.person().raw('GET', '/health/live')).headers.get('date')) - Date.now()) < 2_500,
        'pages set their clocks by a clock that steps',
      );
      const before = { at: performance.now(), edge: (await seen()).edge_ms };
      await watchFor(WATCH_MS);
      assert.ok(encoder.alive, 'the publisher was thrown out');
      const { edge_ms: edge, gaps, zero_at: still } = await seen();
      const pace = edge - before.edge - (performance.now() - before.at);
      assert.ok(Math.abs(pace) < EDGE_SLACK_MS, `the edge went ${Math.round(pace)} ms too far`);
      assert.ok(Math.abs(edge - position()) < EDGE_SLACK_MS, `the edge is at ${edge}, the lesson at ${Math.round(position())}`);
      assert.deepEqual(gaps, []);
      assert.equal(still, zero);
      for (const name of ['video.m3u8', 'audio.m3u8']) {
        const media = await list(name);
        assert.deepEqual([media.gaps, media.discontinuities], [0, 0], media.text);
      }
      const shown = await dates();
      assert.deepEqual(
        shown,
        shown.toSorted((a, b) => a - b),
      );
      await until('the last beats to be acknowledged', () => listener.unacked().length <= 2);
      assert.deepEqual([...listener.refused], []);
      const { counted_ms: counted } = await near.get(`/api/lessons/${lesson}/progress`);
      assert.ok(
        counted >= (listener.made.size - 2) * PIECE_MS && counted <= listener.made.size * PIECE_MS,
        `${counted} ms of ${listener.made.size} pieces count`,
      );
      await staff.shows('one viewer', ({ viewers_now: now, on_air: air }) => now === 1 && air === 'on_air');
      // Who comes now: signs in, gets a lease, and media takes it.
      const late = await yunke.signedIn(account(near2));
      const lease = await late.lease(lesson);
      assert.ok((await playlist(beside(lease.live_url, 'video.m3u8'))).segments.length > 0);
    });
  }

  const outages = [];
  await t.test('the media service is killed after a step: the lesson goes on from its own end', async () => {
    await wall.set(-8 * HOUR);
    const down = position();
    await yunke.killMedia();
    await until('the media service to listen again', async () => (await fetch(`${yunke.mediaUrl}/health`)).ok);
    encoder = await publish();
    await edgePast(near, lesson, position() + 1_000);
    const up = position();
    const { gaps, edge_ms: edge, zero_at: still } = await seen();
    assert.equal(still, zero);
    assert.equal(gaps.length, 1, JSON.stringify(gaps));
    assert.ok(Math.abs(gaps[0].from_ms - down) < EDGE_SLACK_MS, `${JSON.stringify(gaps)}, killed at ${Math.round(down)}`);
    assert.ok(gaps[0].to_ms > down && gaps[0].to_ms < up, `${JSON.stringify(gaps)}, back at ${Math.round(up)}`);
    assert.ok(Math.abs(edge - position()) < EDGE_SLACK_MS, `the edge is at ${edge}, the lesson at ${Math.round(position())}`);
    outages.push(gaps[0]);
  });

  await t.test('the server is killed after a step: its clock goes on', async () => {
    await wall.set(HOUR);
    await yunke.killServer();
    await watchFor(3_000);
    await yunke.launch();
    await listener.enter();
    await until('the publisher in the studio', async () => (await studio()).publisher?.video);
    await watchFor(WATCH_MS);
    assert.ok(encoder.alive, 'the publisher was thrown out');
    const { gaps, edge_ms: edge, zero_at: still } = await seen();
    assert.equal(still, zero);
    assert.deepEqual(gaps, outages);
    assert.ok(Math.abs(edge - position()) < EDGE_SLACK_MS, `the edge is at ${edge}, the lesson at ${Math.round(position())}`);
  });

  await t.test('of what was watched live every second counts, and no more', async (t) => {
    clearInterval(playing);
    await until('the last acknowledgement', () => listener.unacked().length === 0);
    assert.deepEqual([...listener.refused], []);
    const { row, intervals } = await evidence(organizer, lesson, near);
    const inGap = ({ from_ms: from, to_ms: to }) =>
      outages.reduce((sum, gap) => sum + Math.max(0, Math.min(to, gap.to_ms) - Math.max(from, gap.from_ms)), 0);
    const expected = intervals.reduce((sum, { claimed }) => sum + claimed.to_ms - claimed.from_ms - inGap(claimed), 0);
    assert.equal(intervals.length, listener.made.size);
    assert.equal(row.counted_ms, expected);
    t.diagnostic(`${intervals.length} beats, ${row.counted_ms} ms count, ${JSON.stringify(outages)}`);
  });

  await t.test('the replay: watched minutes count whatever the clock is set to', async (t) => {
    await wall.set(0);
    await end(lecturer, lesson);
    const grant = await near2.lease(lesson);
    await fetchOnce(grant.replay_url);
    const opened = performance.now();
    let [seq, from] = [0, 0];
    for (const step of [-45, 45, -8 * HOUR, HOUR, 0]) {
      await wall.set(step);
      const { edge_ms: length } = await seen();
      assert.ok(length > from);
      await watchFor(1_500);
      // All that has passed since the lease, as a player that never stops claims it.
      const to = Math.floor(performance.now() - opened);
      seq += 1;
      const answer = await near2.post(`/api/lessons/${lesson}/beats`, {
        lease: grant.lease,
        beats: [beat(seq, from, to, { source: 'replay' })],
      });
      assert.deepEqual([answer.acked, answer.refused], [[seq], []]);
      assert.equal(answer.progress.counted_ms, to, `${step} s off`);
      from = to;
      assert.equal((await fetch(grant.replay_url)).status, 200, `${step} s off`);
    }
    t.diagnostic(`${from} ms of the replay claimed and counted`);
    // A claim of more than has passed gains nothing by a step.
    await wall.set(2 * HOUR);
    const greedy = await near2.post(`/api/lessons/${lesson}/beats`, {
      lease: grant.lease,
      beats: [beat(seq + 1, from, from + 20_000, { source: 'replay' })],
    });
    const allowance = 3_000;
    assert.ok(
      greedy.progress.counted_ms < performance.now() - opened + allowance,
      `${greedy.progress.counted_ms} ms after ${performance.now() - opened}`,
    );
  });

  await t.test('sessions of before are still open, and a new one opens', async () => {
    assert.equal((await near.get('/api/me')).id, near.me.id);
    await yunke.signedIn(DEMO.lecturer);
  });
});
