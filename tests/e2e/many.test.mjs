// Eight lessons at once on one node. Three of the publishers go wrong, each in its own way; the others must not notice.
// Cost: 30 s, light.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cast } from '../harness/cast.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { end, goLive, plan, rtmpAddress } from '../harness/lessons.mjs';
import { Program } from '../harness/program.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const HEALTHY = 5;
const WATCHED_MS = 20_000;
/** After 5 s of the file: an hour forward; and bytes that no decoder understands. */
const WRONG = {
  jumps: ['-bsf:v', 'setts=ts=if(gt(N\\,125)\\,TS+3600000\\,TS)', '-bsf:a', 'setts=ts=if(gt(N\\,235)\\,TS+3600000\\,TS)'],
  noise: ['-bsf:v', 'noise=amount=200'],
  dies: [],
};

async function encodedOnce(folder) {
  const file = join(folder, 'lesson.flv');
  await promisify(execFile)('ffmpeg', [
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
    '90',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-b:v',
    '600k',
    '-maxrate',
    '600k',
    '-bufsize',
    '300k',
    '-g',
    '50',
    '-sc_threshold',
    '0',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    file,
  ]);
  return file;
}

test('eight lessons at once', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, stage } = await cast(yunke);
  const file = await encodedOnce(yunke.folder);
  const media = await yunke.media();

  const open = async (what, filters = []) => {
    const lesson = await plan(organizer, stage, { title: `同时的课 ${what}` });
    const { url } = await rtmpAddress(lecturer, lesson);
    const publisher = new Program('ffmpeg', ['-nostdin', '-hide_banner', '-re', '-i', file, '-c', 'copy', ...filters, '-f', 'flv', url]);
    t.after(() => publisher.stop('SIGKILL'));
    await until(`the publisher of ${what}`, async () => (await lecturer.get(`/api/studio/lessons/${lesson}`)).publisher?.video, {
      within: 20_000,
    });
    const { zero_at: zero } = await goLive(lecturer, lesson);
    return { what, lesson, publisher, zero };
  };
  const healthy = await Promise.all(Array.from({ length: HEALTHY }, (_, n) => open(String(n + 1))));
  const wrong = await Promise.all(Object.entries(WRONG).map(([what, filters]) => open(what, filters)));
  wrong.find(({ what }) => what === 'dies').publisher.kill('SIGKILL');
  const began = Date.now();
  await until('the time to pass', () => Date.now() - began > WATCHED_MS, { within: WATCHED_MS + 5_000 });

  await t.test('the healthy ones have every second, without gap or break', async () => {
    for (const { what, lesson, zero } of healthy) {
      const { edge_ms: edge, gaps } = await near.get(`/api/lessons/${lesson}`);
      const behind = Date.now() - zero - edge;
      assert.ok(behind < 3_500, `${what}: ${behind} ms behind`);
      assert.deepEqual(gaps ?? [], [], what);
      const { live_url: url } = await near.lease(lesson);
      for (const name of ['video.m3u8', 'audio.m3u8']) {
        const list = await playlist(beside(url, name));
        assert.deepEqual([list.gaps, list.discontinuities], [0, 0], `${what} ${name}`);
        assert.ok(list.segments.length >= 8, `${what} ${name}: ${list.segments.length} segments`);
      }
      const { publisher } = await lecturer.get(`/api/studio/lessons/${lesson}`);
      assert.deepEqual(publisher.notes, [], what);
    }
  });

  await t.test('the others have defined ends: an outage, a mended timeline, a refusal or a poor picture', async () => {
    const [jumps, noise, dies] = await Promise.all(wrong.map(({ lesson }) => near.get(`/api/lessons/${lesson}`)));
    assert.ok(jumps.edge_ms > 10_000 && jumps.edge_ms < WATCHED_MS + 15_000, `an hour's jump is no hour of lesson: ${jumps.edge_ms}`);
    assert.ok(noise.edge_ms < WATCHED_MS + 15_000);
    const { publisher } = await lecturer.get(`/api/studio/lessons/${wrong[2].lesson}`);
    assert.ok(dies.edge_ms < 10_000 && publisher === null);
  });

  await t.test('it is still the same process, and every lesson ends with its replay', async () => {
    assert.equal(await yunke.media(), media);
    for (const { lesson } of [...healthy, ...wrong]) await end(lecturer, lesson);
  });
});
