// A track comes, stops, pauses, rests or ends while the other goes on: both renditions go on, live and in the replay, and every picture is as it was sent.
// Costs 45 s: one server, all cases beside each other, each lesson played by an encoder of our own from one file.
// Cost: 38 s, light.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cast } from '../harness/cast.mjs';
import { Encoder, tagsOf } from '../harness/encoder.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, rtmpAddress } from '../harness/lessons.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const run = promisify(execFile);
const SECONDS = 36;
/** How long a lesson is looked at: every scene is over by then. */
const LOOKED_MS = 26_000;
/** Neither rendition is further behind the other. */
const APART_MS = 2_000;
const RENDITIONS = ['video.m3u8', 'audio.m3u8'];

/** A lesson encoded once, B-frames and CABAC as most encoders have them, a key frame each two seconds. */
async function encoded(folder) {
  const file = join(folder, 'lesson.flv');
  await run('ffmpeg', [
    '-nostdin',
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=640x360:r=25',
    '-f',
    'lavfi',
    '-i',
    'sine=f=440:r=48000',
    '-t',
    String(SECONDS),
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-bf',
    '0',
    '-b:v',
    '500k',
    '-g',
    '50',
    '-sc_threshold',
    '0',
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

/** A shared screen at rest: a picture each 2.5 s, every fourth of them a key frame. Sound all the time. */
async function slides(folder) {
  const file = join(folder, 'slides.flv');
  await run('ffmpeg', [
    '-nostdin',
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=640x360:r=2/5',
    '-f',
    'lavfi',
    '-i',
    'sine=f=440:r=48000',
    '-t',
    String(SECONDS),
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-tune',
    'zerolatency',
    '-b:v',
    '500k',
    '-g',
    '4',
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

const endOf = ({ at, duration }) => at + duration * 1000;

/** What every player needs of a rendition. */
function sound(list, what) {
  assert.equal(list.gaps, 0, `${what}: a gap\n${list.text}`);
  for (const [before, after] of list.segments.slice(1).map((after, n) => [list.segments[n], after])) {
    // Where a run ends, one track may lack what stood in for it last.
    if (after.at)
      assert.ok(
        Math.abs(endOf(before) - after.at) < (after.discontinuity ? 250 : 60),
        `${what}: a hole of ${after.at - endOf(before)} ms\n${list.text}`,
      );
  }
  for (const { duration } of list.segments) assert.ok((duration ?? 0) <= 4.05, `${what}: a segment of ${duration} s`);
  for (const { duration } of list.parts) assert.ok(duration <= 0.302, `${what}: a part of ${duration} s`);
}

/** Up to when a rendition reaches. */
function edge(list) {
  const whole = list.segments.filter(({ duration }) => duration !== undefined).at(-1);
  const open = list.parts.slice(list.segments.flatMap(({ parts }) => parts).length);
  return whole ? endOf(whole) + open.reduce((sum, { duration }) => sum + duration * 1000, 0) : 0;
}

test('one track goes its own way', { concurrency: 12 }, async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, stage } = await cast(yunke);
  const [tags, sparse] = [await encoded(yunke.folder), await slides(yunke.folder)];
  const media = await yunke.media();
  /** What lies behind each initialization section, as a file: ffmpeg does not read a second one. */
  const runsOf = async (replay, name, { text }) => {
    const files = [];
    let bytes = [];
    const fetched = async (uri) => Buffer.from(await (await fetch(beside(replay, uri))).arrayBuffer());
    for (const line of [...text.split('\n'), '#EXT-X-MAP:']) {
      if (line.startsWith('#EXT-X-MAP:')) {
        if (bytes.length > 0) {
          files.push(join(yunke.folder, `${crypto.randomUUID()}-${name}.mp4`));
          await writeFile(files.at(-1), Buffer.concat(bytes));
        }
        const uri = line.match(/URI="([^"]+)"/)?.[1];
        bytes = uri ? [await fetched(uri)] : [];
      } else if (line && !line.startsWith('#')) bytes.push(await fetched(line));
    }
    return files;
  };
  const studio = (lesson) => lecturer.get(`/api/studio/lessons/${lesson}`);

  /** A live lesson of these tags, looked at until `LOOKED_MS`; what was seen of it and of its replay. */
  const lessonOf = async (what, source) => {
    const lesson = await plan(organizer, stage);
    const { url } = await rtmpAddress(lecturer, lesson);
    const encoder = await Encoder.connect(t, url);
    encoder.play(source).catch(() => {});
    await until(`${what}: the publisher to be seen`, async () => (await studio(lesson)).publisher, { within: 15_000 });
    await until(`${what}: it to be startable`, () => lecturer.post(`/api/studio/lessons/${lesson}/start`).then(() => true), {
      within: 10_000,
    });
    await goLive(lecturer, lesson);
    const { live_url: live } = await near.lease(lesson);
    await edgePast(near, lesson, 1_000);
    const lists = () => Promise.all(RENDITIONS.map((name) => playlist(beside(live, name))));
    let apart = 0;
    const began = Date.now();
    while (Date.now() - began < LOOKED_MS) {
      await watchFor(400);
      const both = await lists();
      for (const [n, list] of both.entries()) sound(list, `${what}, ${RENDITIONS[n]}`);
      apart = Math.max(apart, Math.abs(edge(both[0]) - edge(both[1])));
    }
    const [picture, heard] = await lists();
    assert.equal(picture.discontinuities, heard.discontinuities, what);
    assert.ok(apart <= APART_MS, `${what}: the renditions were ${apart} ms apart`);
    assert.ok(encoder.alive, what);
    assert.deepEqual((await near.get(`/api/lessons/${lesson}`)).gaps ?? [], [], what);
    await end(lecturer, lesson);
    encoder.socket.destroy();
    const { replay_url: replay } = await near.lease(lesson);
    const lengths = [];
    for (const name of RENDITIONS) {
      const list = await playlist(beside(replay, name));
      sound(list, `${what}, the replay's ${name}`);
      lengths.push(list.segments.reduce((sum, { duration }) => sum + duration, 0));
      for (const file of await runsOf(replay, name, list)) {
        // A decoder that finds any fault ends with one.
        await run('ffmpeg', ['-nostdin', '-v', 'error', '-xerror', '-i', file, '-f', 'null', '-'], { maxBuffer: 1 << 24 });
      }
    }
    assert.ok(Math.abs(lengths[0] - lengths[1]) < 1.5, `${what}: the replay has ${lengths} s`);
    t.diagnostic(
      `${what}: ${Math.round(apart)} ms apart at most, ${picture.discontinuities} discontinuities, replay ${lengths.map((s) => s.toFixed(1))} s`,
    );
    return { replay, discontinuities: picture.discontinuities };
  };
  const only = (keep) => tags.filter(keep);
  const from = (ms, track) => (tag) => tag.video !== (track === 'video') || tag.at >= ms;
  /** Of a track that comes later, what it is comes with it. */
  const late = (ms, track) => {
    const config = tags.find((tag) => tag.config && tag.video === (track === 'video'));
    return [...only((tag) => tag !== config && from(ms, track)(tag)), { ...config, at: ms }].sort(
      (a, b) => a.at - b.at || Number(b.config) - Number(a.config),
    );
  };
  const hole = (track, a, b) => only((tag) => tag.config || tag.video !== (track === 'video') || tag.at < a || tag.at >= b);

  const cases = [
    ['the picture ends', hole('video', 14_000, 99_000), 0],
    ['the picture pauses', hole('video', 14_000, 23_000), 0],
    ['the picture pauses for a moment', hole('video', 14_500, 17_500), 0],
    ['the sound ends', hole('audio', 14_000, 99_000), 0],
    ['the sound pauses', hole('audio', 14_000, 19_000), 0],
    ['the picture comes late', late(16_000, 'video'), 1],
    ['the sound comes late', late(16_000, 'audio'), null],
    ['sound alone', only((tag) => !tag.video), 0],
    ['a picture alone', only((tag) => tag.video), 0],
  ];
  await Promise.all([
    ...cases.map(([what, source, breaks]) =>
      t.test(what, async () => {
        const { discontinuities } = await lessonOf(what, source);
        if (breaks !== null) assert.equal(discontinuities, breaks, what);
      }),
    ),
    t.test('slides each 2.5 s, every fourth a key frame: every one is shown', async () => {
      const { replay } = await lessonOf('slides', sparse);
      const { stdout } = await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', beside(replay, 'video.m3u8'), '-f', 'framemd5', '-'], {
        maxBuffer: 1 << 24,
      });
      const pictures = stdout
        .split('\n')
        .filter((line) => /^\d/.test(line))
        .map((line) => line.split(',').at(-1).trim());
      const changes = pictures.filter((picture, n) => picture !== pictures[n - 1]);
      assert.equal(new Set(changes).size, changes.length, 'a picture came back that had gone');
      assert.ok(changes.length >= 6, `${changes.length} pictures in ${LOOKED_MS} ms`);
    }),
  ]);
  assert.equal(await yunke.media(), media, 'yunke-media was restarted');
});
