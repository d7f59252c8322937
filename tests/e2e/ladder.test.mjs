// The small picture beside the publisher's, live and in the replay.
// Cost: 70 s, heavy.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cast } from '../harness/cast.mjs';
import { Encoder, tagsOf } from '../harness/encoder.mjs';
import { frameTimes } from '../harness/frames.mjs';
import { attributes, beside, playlist, text } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, publish, rtmpAddress } from '../harness/lessons.mjs';
import { Program } from '../harness/program.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const execute = promisify(execFile);

/** A frame of 25 a second, and milliseconds that are rounded; on a busy machine a picture or two are left out. */
const NEAR_MS = 130;

/** The variants with a picture, as `[uri, attributes]`. */
function pictures(index) {
  const lines = index.split('\n');
  const variants = lines.flatMap((line, at) => (line.startsWith('#EXT-X-STREAM-INF') ? [[lines[at + 1], attributes(line)]] : []));
  return new Map(variants.filter(([, variant]) => variant.RESOLUTION));
}

const starts = (list) => new Map(list.segments.filter(({ gap }) => !gap).map(({ uri, at }) => [Number(uri.match(/-s(\d+)-/)[1]), at]));

test('a small picture is made beside the publisher\'s', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true, env: { YUNKE_MEDIA__TRANSCODE_SLOTS: '1' } });
  const { organizer, lecturer, near, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  await publish(t, lecturer, lesson, { size: 'hd', fps: 25, kbps: 1500 });
  await goLive(lecturer, lesson);
  const lease = await until('a lease with an address', async () => {
    const lease = await near.lease(lesson);
    return lease.live_url && lease;
  });
  const [full, small] = ['video.m3u8', 'video360.m3u8'].map((name) => beside(lease.live_url, name));

  await t.test('the multivariant playlist offers it from the beginning, with the small sound', async () => {
    const offered = await until('both', async () => {
      const offered = pictures(await text(lease.live_url));
      return offered.size === 2 && offered;
    });
    assert.deepEqual([...offered.keys()], ['video.m3u8', 'video360.m3u8']);
    const [best, low] = [...offered.values()];
    assert.deepEqual([best.RESOLUTION, low.RESOLUTION], ['1280x720', '640x360']);
    assert.equal(low['FRAME-RATE'], '25.000');
    assert.equal(low.AUDIO, 'sound48');
    assert.match(low.CODECS, /^avc1\.[0-9a-f]{6},mp4a\.40\.2$/i);
    assert.ok(Number(low.BANDWIDTH) >= 800_000 && Number(low.BANDWIDTH) < 1_000_000, low.BANDWIDTH);
    assert.doesNotMatch(await text(lease.live_audio_url), /video/);
  });

  await t.test('its segments are those of the publisher\'s: numbers, times, a key frame first, 360 lines', async () => {
    const [best, low] = await until('some segments of both', async () => {
      const both = await Promise.all([full, small].map((url) => playlist(url)));
      return both.every((list) => starts(list).size >= 4) && both;
    }, { within: 30_000 });
    const [theirs, mine] = [starts(best), starts(low)];
    const common = [...mine.keys()].filter((msn) => theirs.has(msn));
    assert.ok(common.length >= 3, `${common.length} in common`);
    for (const msn of common) {
      const off = mine.get(msn) - theirs.get(msn);
      assert.ok(off > -2 && off <= NEAR_MS, `segment ${msn} begins ${off} ms from the publisher's`);
    }
    const reports = (list) => [...list.text.matchAll(/#EXT-X-RENDITION-REPORT:URI="([^"]+)"/g)].map(([, uri]) => uri).sort();
    assert.deepEqual(reports(best), ['audio.m3u8', 'audio48.m3u8', 'video360.m3u8']);
    assert.deepEqual(reports(low), ['audio.m3u8', 'audio48.m3u8', 'video.m3u8']);

    const segment = low.segments.find(({ uri }) => uri.includes(`-s${common.at(-1)}-`));
    const init = attributes(`:${low.tags['EXT-X-MAP']}`).URI;
    const files = await Promise.all([init, segment.uri].map(async (uri) => Buffer.from(await (await fetch(new URL(uri, small))).arrayBuffer())));
    const file = join(yunke.folder, 'small.mp4');
    await writeFile(file, Buffer.concat(files));
    const { stdout } = await execute('ffprobe', ['-v', 'error', '-show_entries', 'stream=width,height:frame=key_frame,pict_type,height', '-of', 'json', file]);
    const { streams: [stream], frames } = JSON.parse(stdout);
    assert.deepEqual([stream.width, stream.height], [640, 360]);
    assert.deepEqual([frames[0].key_frame, frames.filter(({ key_frame: key }) => key).length], [1, 1], 'one key frame, the first');
    assert.ok(frames.every(({ pict_type: type }) => type !== 'B'));
    const bps = (files[1].length * 8) / segment.duration;
    t.diagnostic(`${frames.length} pictures in ${segment.duration} s, ${Math.round(bps / 1000)} kbit/s`);
    assert.ok(bps < 800_000, `${bps} bit/s`);
    await execute('ffmpeg', ['-nostdin', '-v', 'error', '-xerror', '-i', file, '-f', 'null', '-']);
  });

  await t.test('the replay has it, and nobody was told of trouble', async () => {
    const { publisher } = await lecturer.get(`/api/studio/lessons/${lesson}`);
    assert.deepEqual(publisher.notes.filter(({ code }) => code.startsWith('small_')), []);
    await end(lecturer, lesson);
    const { replay_url: replay } = await near.lease(lesson);
    assert.deepEqual([...pictures(await text(replay)).keys()], ['video.m3u8', 'video360.m3u8']);
    const [best, low] = await Promise.all(['video.m3u8', 'video360.m3u8'].map((name) => playlist(beside(replay, name))));
    assert.equal(low.segments.length, best.segments.length);
    assert.equal((await fetch(beside(replay, low.segments[0].uri))).status, 200);
  });
});

/** What others have to do on the core of the media service, at first and at most: as much as leaves a lane of low priority too little. */
const BUSY = 4;
const MOST_BUSY = 8;
const SECONDS = 90;
const FPS = 30;

test('where the processor is short the small picture gives way, and nothing else', async (t) => {
  if (availableParallelism() < 2) return t.skip('one core: the publisher would be short of it too');
  const yunke = await Yunke.start(t, { demo: true, quiet: true, env: { YUNKE_MEDIA__SMALL_PICTURES: '1' } });
  const { organizer, lecturer, near, stage } = await cast(yunke);
  // Encoded before, so that nothing but the small picture needs a processor for it.
  const file = join(yunke.folder, 'lesson.flv');
  await execute('ffmpeg', [
    '-nostdin', '-v', 'error', '-f', 'lavfi', '-i', `testsrc2=s=1920x1080:r=${FPS}`, '-f', 'lavfi', '-i', 'sine=f=440:r=48000', '-t', '10',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-b:v', '2500k', '-g', String(FPS * 2), '-sc_threshold', '0', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-ac', '2', file,
  ]);
  const lesson = await plan(organizer, stage);
  const { url } = await rtmpAddress(lecturer, lesson);
  const encoder = await Encoder.connect(t, url);
  const playing = encoder.play(repeated(await tagsOf(file)));
  playing.catch(() => {});
  const studio = () => lecturer.get(`/api/studio/lessons/${lesson}`);
  await until('the studio to see the publisher', async () => (await studio()).publisher?.video, { within: 15_000 });
  await goLive(lecturer, lesson);
  const { live_url: live } = await until('a lease with an address', async () => {
    const lease = await near.lease(lesson);
    return lease.live_url && lease;
  });
  await until('a segment of the small picture', async () => starts(await playlist(beside(live, 'video360.m3u8'))).size >= 2, { within: 20_000 });

  const media = await yunke.media();
  await execute('taskset', ['-a', '-p', '-c', '0', String(media)]);
  const notes = async () => (await studio()).publisher.notes.map(({ code }) => code);
  for (let n = 1; !(await notes()).includes('small_picture_slow'); n += 1) {
    // What the lane then does is tried without a processor that is short, too: transcode/video360_tests.rs.
    if (n > MOST_BUSY) return t.skip('this machine makes the small picture whatever else it has to do');
    // Each in a session of its own: Linux may share a processor among sessions first, and by priority only within one.
    const busy = new Program('taskset', ['-c', '0', process.execPath, '-e', 'for (;;);'], { detached: true });
    t.after(() => busy.stop('SIGKILL'));
    if (n >= BUSY) await until('the notice', async () => (await notes()).includes('small_picture_slow'), { within: 3_000 }).catch(() => null);
  }
  const counted = await text(`${yunke.mediaUrl}/metrics`);
  t.diagnostic(counted.match(/^yunke_media_ladder_.*video360.*$/m)?.[0] ?? counted.match(/^yunke_media_ladder_.*$/gm)?.join(' ') ?? '');
  const off = await edgePast(near, lesson, 1);
  await edgePast(near, lesson, off + 5_000);
  assert.deepEqual((await notes()).filter((code) => code !== 'small_picture_slow'), [], 'the lecturer is told of nothing else');
  for (const name of ['video.m3u8', 'audio.m3u8', 'audio48.m3u8']) {
    const list = await playlist(beside(live, name));
    assert.deepEqual([list.gaps, list.discontinuities, list.parts.filter(({ gap }) => gap).length], [0, 0, 0], `${name}\n${list.text}`);
    const { next } = await playlist(beside(live, 'video.m3u8'));
    assert.ok(next.msn - list.next.msn <= 1, `${name} is at ${list.next.msn}, the picture at ${next.msn}`);
  }
  assert.ok(pictures(await text(live)).size === 1, 'who comes now is not offered it');
  const { gaps } = await end(lecturer, lesson);
  assert.deepEqual(gaps, []);
  const { replay_url: replay } = await near.lease(lesson);
  const [best, low] = await Promise.all(['video.m3u8', 'video360.m3u8'].map((name) => frameTimes(beside(replay, name))));
  const steps = best.slice(1).map((at, n) => at - best[n]);
  const sound = await frameTimes(beside(replay, 'audio.m3u8'), 'a');
  const sounds = sound.slice(1).map((at, n) => at - sound[n]);
  assert.ok(sounds.every((step) => Math.abs(step - 64 / 3) <= 2), `steps of the sound up to ${Math.max(...sounds)} ms`);
  t.diagnostic(`${best.length} pictures passed on, steps up to ${Math.max(...steps)} ms; ${low.length} made small`);
  assert.ok(steps.every((step) => Math.abs(step - 1000 / FPS) <= 2), `steps up to ${Math.max(...steps)} ms`);
  assert.ok(low.length > FPS && low.length < best.length / 2, `${low.length} of ${best.length}`);
});

/** The tags of a file again and again, at times that go on. */
function repeated(tags) {
  const configs = tags.filter(({ config }) => config);
  const frames = tags.filter(({ config }) => !config);
  const rounds = Array.from({ length: SECONDS / 10 }, (_, n) => frames.map((tag) => ({ ...tag, at: tag.at + n * 10_000 })));
  return [...configs, ...rounds.flat()];
}
