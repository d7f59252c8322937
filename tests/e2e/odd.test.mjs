// Publishers that do what they should not: no key frame, no sound, a clock that jumps, a picture that changes its size.
// Each has a defined end, none takes the lesson with it. By an encoder of our own, as no real one does it.
// Cost: 19 s, light.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cast } from '../harness/cast.mjs';
import { Encoder, tagsOf } from '../harness/encoder.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, rtmpAddress } from '../harness/lessons.mjs';
import { plays, signIn, watch } from '../harness/pages.mjs';
import { browser, open } from '../harness/phone.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const run = promisify(execFile);
const SECONDS = 24;
const HOUR_MS = 3_600_000;

/** A lesson encoded once, key frames every second. */
async function encoded(folder, size) {
  const file = join(folder, `${size}.flv`);
  await run('ffmpeg', [
    '-nostdin',
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=${size}:r=25`,
    '-f',
    'lavfi',
    '-i',
    'sine=f=440:r=48000',
    '-t',
    String(SECONDS),
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-b:v',
    '400k',
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

/** The tags up to when something is so. */
function* before(tags, is) {
  for (const tag of tags) {
    if (is()) return;
    yield tag;
  }
}

/** Every discontinuity has its initialization section, and nothing else is odd. */
function valid(list, { breaks }) {
  assert.equal(list.discontinuities, breaks, list.text);
  assert.equal(list.gaps, 0, list.text);
  const maps = list.text.match(/#EXT-X-DISCONTINUITY\n(?:#EXT-X-PROGRAM-DATE-TIME.*\n)?#EXT-X-MAP/g) ?? [];
  assert.equal(maps.length, breaks, `a break without its own EXT-X-MAP:\n${list.text}`);
  const longest = Math.max(...list.segments.map(({ duration }) => duration ?? 0));
  assert.ok(longest <= 4, `a segment of ${longest} s`);
}

test('odd publishers', { concurrency: 4 }, async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const people = await cast(yunke);
  const { organizer, lecturer, near, stage } = people;
  const [large, small] = [await encoded(yunke.folder, '640x360'), await encoded(yunke.folder, '320x180')];
  const media = await yunke.media();
  const studio = (lesson) => lecturer.get(`/api/studio/lessons/${lesson}`);

  /** A live lesson by an encoder that plays as `play` says. */
  const lessonOf = async (play) => {
    const lesson = await plan(organizer, stage);
    const { url } = await rtmpAddress(lecturer, lesson);
    const encoder = await Encoder.connect(t, url);
    const played = play(encoder);
    played.catch(() => {});
    await until('the publisher to be seen', async () => (await studio(lesson)).publisher, { within: 15_000 });
    await until('it to be startable', () => lecturer.post(`/api/studio/lessons/${lesson}/start`).then(() => true), { within: 10_000 });
    await goLive(lecturer, lesson);
    const { live_url: live } = await near.lease(lesson);
    return { lesson, encoder, played, list: (name) => playlist(beside(live, name)) };
  };
  /** Ends it; where the replay is, and what ffprobe finds in it. */
  const replayed = async ({ lesson, encoder }) => {
    await end(lecturer, lesson);
    encoder.socket.destroy();
    const { replay_url: replay } = await near.lease(lesson);
    const { stdout } = await run('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'stream=codec_name:format=duration',
      '-of',
      'compact',
      replay,
    ]);
    return {
      replay,
      codecs: [...new Set(stdout.match(/codec_name=\w+/g))].map((name) => name.slice(11)).sort(),
      seconds: Number(stdout.match(/duration=([\d.]+)/)?.[1]),
    };
  };

  await Promise.all([
    t.test('no key frame ever: the sound is the lesson, over a still, and the lecturer is told', async () => {
      const odd = await lessonOf((encoder) => encoder.play(large, { change: (tag) => (tag.key && !tag.config ? null : tag) }));
      await edgePast(near, odd.lesson, 6_000);
      for (const name of ['video.m3u8', 'audio.m3u8']) valid(await odd.list(name), { breaks: 0 });
      for (const code of ['no_key_frame', 'key_interval']) {
        await until(`a note ${code}`, async () => (await studio(odd.lesson)).publisher?.notes.some((note) => note.code === code), {
          within: 15_000,
        });
      }
      assert.ok(odd.encoder.alive);
      const { codecs, seconds } = await replayed(odd);
      assert.deepEqual(codecs, ['aac', 'h264']);
      assert.ok(seconds > 5, `${seconds} s`);
    }),

    t.test('no sound: the picture is the lesson, with silence', async () => {
      const odd = await lessonOf((encoder) => encoder.play(large, { change: (tag) => (tag.video ? tag : null) }));
      await edgePast(near, odd.lesson, 6_000);
      for (const name of ['video.m3u8', 'audio.m3u8']) valid(await odd.list(name), { breaks: 0 });
      assert.ok((await studio(odd.lesson)).publisher.notes.some(({ code }) => code === 'no_audio'));
      assert.deepEqual((await replayed(odd)).codecs, ['aac', 'h264']);
    }),

    t.test('an hour forward and back: two breaks, and no hour in the lesson', async () => {
      const jump = (tag) => ({ ...tag, at: tag.at + (tag.at > 6_000 && tag.at < 11_000 ? HOUR_MS : 0) });
      const began = Date.now();
      const odd = await lessonOf((encoder) => encoder.play(large, { change: jump }));
      await edgePast(near, odd.lesson, 1_000);
      await until('the media after the second jump', async () => (await odd.list('video.m3u8')).discontinuities === 2, { within: 20_000 });
      const before = (await near.get(`/api/lessons/${odd.lesson}`)).edge_ms;
      await edgePast(near, odd.lesson, before + 3_000);
      for (const name of ['video.m3u8', 'audio.m3u8']) valid(await odd.list(name), { breaks: 2 });
      const { gaps } = await near.get(`/api/lessons/${odd.lesson}`);
      assert.deepEqual(gaps ?? [], []);
      const { seconds } = await replayed(odd);
      assert.ok(seconds < (Date.now() - began) / 1000, `${seconds} s of replay`);
    }),

    t.test('another size in the middle: the page plays on, the replay has both', async () => {
      const chrome = await browser();
      t.after(() => chrome.close());
      let seen = false;
      const odd = await lessonOf(async (encoder) => {
        const from = await encoder.play(before(large, () => seen));
        await encoder.play(small, { from });
      });
      const page = await open(chrome, yunke);
      await signIn(page, people.account(near));
      await watch(page, odd.lesson);
      const width = () => page.evaluate(() => document.querySelector('video')?.videoWidth);
      await until('the first size', async () => (await width()) === 640);
      seen = true;
      await until('the second size', async () => (await width()) === 320, { within: 15_000 });
      await plays(page);
      await until('the studio to see the second size', async () => (await studio(odd.lesson)).publisher?.video?.width === 320);
      for (const name of ['video.m3u8', 'audio.m3u8']) valid(await odd.list(name), { breaks: 1 });
      assert.deepEqual((await near.get(`/api/lessons/${odd.lesson}`)).gaps ?? [], []);
      assert.deepEqual(page.faults, []);
      const { codecs, replay: address } = await replayed(odd);
      assert.deepEqual(codecs, ['aac', 'h264']);
      const replay = await playlist(beside(address, 'video.m3u8'));
      assert.equal(new Set(replay.text.match(/#EXT-X-MAP:.*/g)).size, 2);
    }),
  ]);
  assert.equal(await yunke.media(), media, 'yunke-media was restarted');
});
