// Encoders that do what the format allows and few expect: composition times below zero, tracks that arrive apart, a clock that stands,
// parameter sets among the pictures, open GOPs, aggregates. The right times, sizes and words come out, in the playlists and on the page.
// One server, an RTMP encoder of our own and ffmpeg for SRT, files encoded once.
// Cost: 42 s, light.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cast } from '../harness/cast.mjs';
import { Encoder, NULL, number, tagsOf, text } from '../harness/encoder.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, rtmpAddress, srtAddress } from '../harness/lessons.mjs';
import { media, offset } from '../harness/packets.mjs';
import { plays, signIn, watch } from '../harness/pages.mjs';
import { browser, open } from '../harness/phone.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const run = promisify(execFile);
const SECONDS = 30;

/** A lesson encoded once: its file and its tags. */
async function encoded(folder, name, { size = '640x360', x264 = 'keyint=25', bframes = 0, channels = 2, kind = 'flv' } = {}) {
  const file = join(folder, `${name}.${kind}`);
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
    '-bf',
    String(bframes),
    '-b:v',
    '300k',
    '-x264-params',
    `scenecut=0:${x264}`,
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    '-b:a',
    '64k',
    '-ac',
    String(channels),
    file,
  ]);
  return { file, tags: kind === 'flv' ? await tagsOf(file) : [] };
}

const composition = (tag) => tag.body.readIntBE(2, 3);
/** The tag with so much added to its composition time. */
function composed(tag, ms) {
  const body = Buffer.from(tag.body);
  body.writeIntBE(tag.body.readIntBE(2, 3) + ms, 2, 3);
  return { ...tag, body };
}

/** SPS and PPS of a decoder configuration record. */
function setsOf(tags) {
  const record = tags.find((tag) => tag.video && tag.config).body.subarray(5);
  const sps = record.subarray(8, 8 + record.readUInt16BE(6));
  const at = 8 + sps.length;
  return [sps, record.subarray(at + 3, at + 3 + record.readUInt16BE(at + 1))];
}

const behindLength = (nal) => Buffer.concat([Buffer.from([0, 0, nal.length >> 8, nal.length & 255]), nal]);
/** No configuration; parameter sets in front of each key frame. */
function inBand(tags) {
  const sets = setsOf(tags).map(behindLength);
  const put = (tag) =>
    tag.video && tag.key ? { ...tag, body: Buffer.concat([tag.body.subarray(0, 5), ...sets, tag.body.subarray(5)]) } : tag;
  return tags.filter((tag) => !(tag.video && tag.config)).map(put);
}
/** The same with start codes in place of lengths. */
function withCodes(tag) {
  if (!tag.video || tag.config) return tag;
  const parts = [tag.body.subarray(0, 5)];
  for (let at = 5; at + 4 < tag.body.length; ) {
    const size = tag.body.readUInt32BE(at);
    parts.push(Buffer.from([0, 0, 0, 1]), tag.body.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return { ...tag, body: Buffer.concat(parts) };
}

/** In the order in which they go out, each track so many milliseconds late. */
function lateBy(tags, { video = 0, audio = 0 }) {
  return tags.map((tag) => ({ ...tag, stamp: tag.at, at: tag.at + (tag.video ? video : audio) })).sort((a, b) => a.at - b.at);
}

/** The tags up to when something is so. */
function* before(tags, is) {
  for (const tag of tags) {
    if (is()) return;
    yield tag;
  }
}

/** Distances of presentation times, each with how often it is there. */
function steps(segments) {
  const times = segments.flatMap(({ packets }) => packets.map(({ pts }) => pts)).sort((a, b) => a - b);
  const found = {};
  for (let n = 1; n < times.length; n += 1) found[times[n] - times[n - 1]] = (found[times[n] - times[n - 1]] ?? 0) + 1;
  return found;
}

/** Parts are as long as the playlist says, and none is longer than it promises. */
function truthful(list) {
  const target = Number(list.tags['EXT-X-PART-INF'].match(/PART-TARGET=([\d.]+)/)[1]);
  for (const part of list.parts.filter(({ gap }) => !gap)) assert.ok(part.duration <= target + 0.001, `a part of ${part.duration} s`);
}

test('strange encoders', { concurrency: 4 }, async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const people = await cast(yunke);
  const { organizer, lecturer, near, stage } = people;
  const service = await yunke.media();
  const chrome = await browser();
  t.after(() => chrome.close());
  const studio = (lesson) => lecturer.get(`/api/studio/lessons/${lesson}`);
  const noted = async (lesson) => (await studio(lesson)).publisher?.notes ?? [];
  const note = (lesson, code, within = 15_000) =>
    until(`a note ${code}`, async () => (await noted(lesson)).find((one) => one.code === code), { within });

  const live = async (lesson) => {
    await until('the picture to be seen', async () => (await studio(lesson)).publisher?.video, { within: 15_000 });
    await until('it to be startable', () => lecturer.post(`/api/studio/lessons/${lesson}/start`).then(() => true), { within: 10_000 });
    await goLive(lecturer, lesson);
    const { live_url: address } = await near.lease(lesson);
    return { address, list: (name) => playlist(beside(address, name)), media: (name) => media(beside(address, name)) };
  };
  /** A live lesson by an encoder of our own that plays as `play` says. */
  const lessonOf = async (play) => {
    const lesson = await plan(organizer, stage);
    const { url } = await rtmpAddress(lecturer, lesson);
    const encoder = await Encoder.connect(t, url);
    const played = play(encoder);
    played.catch(() => {});
    return { lesson, encoder, played, ...(await live(lesson)) };
  };
  const over = async ({ lesson, encoder }) => {
    await end(lecturer, lesson);
    encoder?.socket.destroy();
  };
  const viewer = async (lesson) => {
    const page = await open(chrome, yunke);
    await signIn(page, people.account(near));
    await watch(page, lesson);
    return page;
  };
  const shape = (page) =>
    page.evaluate(() => {
      const video = document.querySelector('video');
      return video && `${video.videoWidth}x${video.videoHeight}`;
    });

  const OPEN = { x264: 'open-gop=1:keyint=50:min-keyint=25:b-adapt=0', bframes: 2 };
  const [base, tall, pyramid, openGop, openStream, refreshStream, mono] = [
    await encoded(yunke.folder, 'base'),
    await encoded(yunke.folder, 'tall', { size: '360x640' }),
    await encoded(yunke.folder, 'pyramid', { x264: 'keyint=25:b-adapt=0', bframes: 3 }),
    await encoded(yunke.folder, 'open', OPEN),
    // With parameter sets before each recovery point, as encoders that are joined in the middle have them.
    await encoded(yunke.folder, 'open', { ...OPEN, kind: 'ts' }),
    await encoded(yunke.folder, 'refresh', { x264: 'intra-refresh=1:keyint=50', kind: 'ts' }),
    await encoded(yunke.folder, 'mono', { channels: 1 }),
  ];

  await Promise.all([
    t.test('composition times below zero keep their distances', async () => {
      const shift = Math.max(...pyramid.tags.filter((tag) => tag.video && !tag.config && tag.key).map(composition));
      assert.ok(shift > 0);
      const odd = await lessonOf((encoder) =>
        encoder.play(pyramid.tags, {
          change: (tag) => (tag.video && !tag.config ? { ...composed(tag, -shift), at: tag.at + shift } : tag),
        }),
      );
      await edgePast(near, odd.lesson, 7_000);
      const found = steps((await odd.media('video.m3u8')).filter(({ packets }) => packets.length));
      assert.deepEqual(Object.keys(found), ['40'], JSON.stringify(found));
      truthful(await odd.list('video.m3u8'));
      await over(odd);
    }),

    t.test('tracks that arrive four seconds apart lie where their timestamps are', async () => {
      const tags = lateBy(base.tags, { video: 4_000 });
      const odd = await lessonOf((encoder) => encoder.play(tags, { change: (tag) => ({ ...tag, at: tag.stamp }) }));
      await note(odd.lesson, 'tracks_apart');
      await edgePast(near, odd.lesson, 6_000);
      const [video, audio] = [await odd.list('video.m3u8'), await odd.list('audio.m3u8')];
      assert.deepEqual([video.discontinuities, video.gaps, audio.gaps], [0, 0, 0], video.text);
      const apart = video.segments.map((segment, n) => segment.at - audio.segments[n]?.at).filter(Number.isFinite);
      assert.ok(apart.length > 1 && apart.every((ms) => Math.abs(ms) < 50), JSON.stringify(apart));
      const [picture, sound] = [offset(await odd.media('video.m3u8'), tags, true), offset(await odd.media('audio.m3u8'), tags, false)];
      assert.ok(Math.abs(picture - sound) < 60, `picture ${picture} ms, sound ${sound} ms`);
      await over(odd);
    }),

    t.test('a clock that stands still is replaced, and the lecturer is told', async () => {
      const odd = await lessonOf((encoder) => encoder.play(base.tags, { change: (tag) => ({ ...tag, at: 1_000 }) }));
      await note(odd.lesson, 'timestamps_repaired');
      const began = Date.now();
      const from = await edgePast(near, odd.lesson, 1_000);
      const to = await edgePast(near, odd.lesson, from + 6_000);
      const passed = Date.now() - began;
      assert.ok(Math.abs(passed - (to - from)) < 2_500, `${to - from} ms of lesson in ${passed} ms`);
      assert.equal((await odd.list('video.m3u8')).gaps, 0);
      await over(odd);
    }),

    t.test('a phone is turned, parameter sets only among the pictures: the right shape for who is there and who comes', async () => {
      let seen = false;
      const odd = await lessonOf(async (encoder) => {
        const from = await encoder.play(before(base.tags, () => seen));
        await encoder.play(inBand(tall.tags), { from });
      });
      const early = await viewer(odd.lesson);
      await until('the first shape', async () => (await shape(early)) === '640x360');
      seen = true;
      await until('the other shape', async () => (await shape(early)) === '360x640', { within: 15_000 });
      await plays(early);
      const late = await viewer(odd.lesson);
      await until('the other shape for who comes', async () => (await shape(late)) === '360x640', { within: 15_000 });
      const { video } = (await studio(odd.lesson)).publisher;
      assert.deepEqual([video.width, video.height], [360, 640]);
      const list = await odd.list('video.m3u8');
      assert.deepEqual([list.discontinuities, list.gaps, new Set(list.text.match(/#EXT-X-MAP:.*/g)).size], [1, 0, 2], list.text);
      assert.match((await odd.list('index.m3u8')).text, /RESOLUTION=360x640/);
      assert.deepEqual([...early.faults, ...late.faults], []);
      await over(odd);
    }),

    t.test('no configuration and start codes: the picture is the lesson', async () => {
      const odd = await lessonOf((encoder) => encoder.play(inBand(tall.tags).map(withCodes)));
      await edgePast(near, odd.lesson, 4_000);
      const found = await odd.media('video.m3u8');
      assert.deepEqual([...new Set(found.map(({ size }) => size))], ['360x640']);
      assert.deepEqual(Object.keys(steps(found)), ['40']);
      await over(odd);
    }),

    t.test('an open GOP: who comes late sees the picture', async () => {
      const odd = await lessonOf((encoder) => encoder.play(openGop.tags));
      const told = note(odd.lesson, 'picture_recoded', 20_000);
      await told;
      await edgePast(near, odd.lesson, 9_000);
      const late = await viewer(odd.lesson);
      await until('the picture', async () => (await shape(late)) === '640x360', { within: 15_000 });
      await plays(late);
      await over(odd);
    }),

    t.test('an open GOP and intra refresh by SRT, joined in the middle', async () => {
      for (const { file } of [openStream, refreshStream]) {
        const lesson = await plan(organizer, stage);
        const { url } = await srtAddress(lecturer, lesson);
        // From three seconds on: without its only IDR, as an encoder that has been running all along.
        const ffmpeg = spawn(
          'ffmpeg',
          ['-nostdin', '-v', 'error', '-re', '-i', file, '-c', 'copy', '-bsf:v', 'noise=drop=lt(pts*tb\\,5)', '-f', 'mpegts', url],
          { stdio: 'ignore' },
        );
        t.after(() => ffmpeg.kill('SIGKILL'));
        const odd = { lesson, ...(await live(lesson)) };
        await note(lesson, 'picture_recoded', 20_000);
        await until('the picture in the playlist', async () => (await odd.media('video.m3u8')).some(({ packets }) => packets[0]?.key), {
          within: 15_000,
        });
        ffmpeg.kill('SIGINT');
        await over(odd);
      }
    }),

    t.test('another number of channels begins at once', async () => {
      let seen = false;
      const odd = await lessonOf(async (encoder) => {
        const from = await encoder.play(before(base.tags, () => seen));
        await encoder.play(mono.tags, { from });
      });
      await edgePast(near, odd.lesson, 3_000);
      seen = true;
      await until('the new format', async () => (await odd.list('audio.m3u8')).discontinuities === 1, { within: 10_000 });
      assert.equal((await odd.list('audio.m3u8')).gaps, 0);
      await over(odd);
    }),

    t.test('aggregates, a small window, large metadata, a publish once more, a second stream', async () => {
      const tag = (one, at) => {
        const head = Buffer.alloc(11);
        head[0] = one.video ? 9 : 8;
        head.writeUIntBE(one.body.length, 1, 3);
        head.writeUIntBE(at & 0xffffff, 4, 3);
        return Buffer.concat([head, one.body, Buffer.alloc(4)]);
      };
      const odd = await lessonOf(async (encoder) => {
        encoder.say(5, 0, Buffer.from([0, 0, 0x40, 0]));
        encoder.say(18, 1, Buffer.concat([text('@setDataFrame'), Buffer.alloc(200_000, 5)]));
        encoder.command('publish', 5, NULL, text(encoder.key), text('live'));
        encoder.command('createStream', 6, NULL);
        encoder.say(20, 2, Buffer.concat([text('publish'), number(7), NULL, text('another'), text('live')]));
        // Half a second in each message.
        let group = [];
        await encoder.play(base.tags, {
          change: (one) => {
            group.push(one);
            if (one.at - group[0].at < 500) return null;
            encoder.say(22, 1, Buffer.concat(group.map((each) => tag(each, each.at))), group[0].at);
            group = [];
            return null;
          },
        });
      });
      await edgePast(near, odd.lesson, 5_000);
      assert.deepEqual(Object.keys(steps(await odd.media('video.m3u8'))), ['40']);
      await note(odd.lesson, 'data_ignored');
      await note(odd.lesson, 'tracks_ignored');
      assert.match(odd.encoder.heard, /one stream for each connection/);
      assert.ok(odd.encoder.alive);
      await over(odd);
    }),

    t.test('seven tenths of real time are told, and by how much', async () => {
      const odd = await lessonOf((encoder) =>
        encoder.play(
          base.tags.map((tag) => ({ ...tag, at: tag.at / 0.7, real: tag.at })),
          { change: (tag) => ({ ...tag, at: tag.real }) },
        ),
      );
      const { value } = await note(odd.lesson, 'too_slow', 25_000);
      assert.ok(value > 650 && value < 750, `${value}`);
      await over(odd);
    }),
  ]);
  assert.equal(await yunke.media(), service, 'yunke-media was restarted');
});
