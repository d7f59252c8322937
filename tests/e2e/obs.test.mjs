// OBS itself publishes a lesson, with what its simple output sends by default: by RTMP, and by SRT.
// Cost: 43 s, light.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, rtmpAddress, srtAddress } from '../harness/lessons.mjs';
import { startObs } from '../harness/obs.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

test('OBS', async (t) => {
  const passphrase = 'correct-horse-7';
  const yunke = await Yunke.start(t, { demo: true, quiet: true, env: { YUNKE_MEDIA__SRT_PASSPHRASE: passphrase } });
  yunke.secret('passphrase', passphrase);
  const { organizer, lecturer, near, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  const address = await rtmpAddress(lecturer, lesson);
  const obs = await startObs(t, yunke.folder, address);

  await t.test('connects, and the studio sees its picture and its sound', async () => {
    const seen = await until(
      'the picture of OBS',
      async () => {
        assert.ok(obs.alive, obs.output.slice(-2000));
        const { publisher } = await lecturer.get(`/api/studio/lessons/${lesson}`);
        return publisher?.video?.bitrate_bps > 0 && publisher.audio?.bitrate_bps > 0 && publisher;
      },
      { within: 30_000 },
    );
    assert.deepEqual([seen.video.width, seen.video.height, seen.video.fps_milli], [640, 360, 30_000]);
    assert.equal(seen.audio.rate, 48_000);
  });

  await t.test('the lesson goes live and has parts as players need them', async () => {
    await goLive(lecturer, lesson);
    const lease = await until('an address', async () => {
      const found = await near.lease(lesson);
      return found.live_url && found;
    });
    await until('12 s of the lesson', async () => (await near.get(`/api/lessons/${lesson}`)).edge_ms > 12_000, { within: 25_000 });
    for (const name of ['video.m3u8', 'audio.m3u8']) {
      const list = await playlist(beside(lease.live_url, name));
      assert.ok(list.segments.length >= 2 && list.parts.length > 0, name);
    }
  });

  await t.test('its key frames every 8 s are named to the lecturer', async () => {
    await until(
      'the note',
      async () => {
        const { publisher } = await lecturer.get(`/api/studio/lessons/${lesson}`);
        return publisher.notes.some((note) => note.code === 'key_interval' && note.value > 4_000);
      },
      { within: 20_000 },
    );
  });

  await t.test('the replay stands the moment it ends', async () => {
    const over = await end(lecturer, lesson);
    assert.ok(over.replay_ready);
    await obs.stop('SIGKILL');
  });

  await t.test('publishes by SRT: the whole address as its server, no key, encrypted', async (t) => {
    const lesson = await plan(organizer, stage);
    const { url } = await srtAddress(lecturer, lesson, { more: { passphrase, pbkeylen: 16 } });
    const obs = await startObs(t, join(yunke.folder, 'srt'), { server: url });
    const seen = await until(
      'picture and sound',
      async () => {
        assert.ok(obs.alive, obs.output.slice(-2000));
        const { publisher } = await lecturer.get(`/api/studio/lessons/${lesson}`);
        return publisher?.video?.bitrate_bps > 0 && publisher.audio?.bitrate_bps > 0 && publisher;
      },
      { within: 30_000 },
    );
    assert.deepEqual([seen.transport, seen.video.width, seen.audio.rate], ['srt', 640, 48_000]);
    await goLive(lecturer, lesson);
    await edgePast(near, lesson, 4_000);
    assert.deepEqual((await end(lecturer, lesson)).gaps, []);
  });
});
