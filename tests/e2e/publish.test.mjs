// Encoders come, are refused with a reason, die and come back.
// Cost: 14 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { Door } from '../harness/door.mjs';
import { Encoder } from '../harness/encoder.mjs';
import { plan, publish, rtmpAddress } from '../harness/lessons.mjs';
import { Publisher } from '../harness/publish.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

test('publishing', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, stage } = await cast(yunke);
  const studio = (lesson) => lecturer.get(`/api/studio/lessons/${lesson}`);
  /** Starts an encoder that must be sent away, and returns what it printed. */
  const sentAway = async (url, how) => {
    const encoder = new Publisher(url, how);
    t.after(() => encoder.stop('SIGKILL'));
    const { code } = await encoder.ends({ within: 15_000 });
    assert.notEqual(code, 0);
    return encoder.output;
  };

  await t.test('a wrong key is refused with a reason the encoder shows', async () => {
    const lesson = await plan(organizer, stage);
    const { server, key } = await rtmpAddress(lecturer, lesson);
    const wrong = yunke.secret('stream key', `${key.slice(0, -3)}abc`);
    assert.match(await sentAway(`${server}/${wrong}`), /key/i);
    assert.equal((await studio(lesson)).publisher, null);
  });

  await t.test('a key is taken as it was meant: with marks nobody sees, spaces, quotation marks, or a capital first', async (t) => {
    for (const paste of [
      (key) => `\u200b${key}\ufeff`,
      (key) => ` ${key}\u00a0`,
      (key) => `"${key}"`,
      (key) => key[0].toUpperCase() + key.slice(1),
    ]) {
      const lesson = await plan(organizer, stage);
      const { server, key } = await rtmpAddress(lecturer, lesson);
      await Encoder.connect(t, `${server}/${encodeURIComponent(paste(key))}`);
    }
  });

  await t.test('a rotated key no longer opens the door', async () => {
    const lesson = await plan(organizer, stage);
    const old = await rtmpAddress(lecturer, lesson);
    await rtmpAddress(lecturer, lesson);
    assert.match(await sentAway(old.url), /key/i);
  });

  await t.test('a codec phones cannot play is refused with its name', async () => {
    const lesson = await plan(organizer, stage);
    const { url } = await rtmpAddress(lecturer, lesson);
    assert.match(await sentAway(url, { video: 'flv1', audio: 'aac' }), /H\.?264|codec/i);
    const { url: again } = await rtmpAddress(lecturer, lesson);
    assert.match(await sentAway(again, { audio: 'libmp3lame' }), /AAC|codec/i);
  });

  await t.test('what arrives is described in the studio: picture, sound and what is wrong with it', async (t) => {
    const lesson = await plan(organizer, stage);
    await publish(t, lecturer, lesson, { gop: 6 });
    const { publisher } = await until(
      'notes on the key frames',
      async () => {
        const seen = await studio(lesson);
        return seen.publisher.notes.some((note) => note.code === 'key_interval') && seen;
      },
      { within: 25_000 },
    );
    assert.equal(publisher.video.width, 640);
    assert.equal(publisher.video.height, 360);
    assert.match(publisher.video.codec, /^avc1\./);
    assert.equal(publisher.audio.codec, 'mp4a.40.2');
    assert.equal(publisher.audio.rate, 48_000);
    assert.ok(Math.abs(publisher.video.fps_milli - 25_000) < 3_000, `${publisher.video.fps_milli} frames per 1000 s`);
  });

  await t.test('a second publisher is refused while the first is alive', async (t) => {
    const lesson = await plan(organizer, stage);
    const first = await publish(t, lecturer, lesson);
    assert.match(await sentAway(first.address.url), /already|in use|publishing/i);
    assert.ok(first.alive);
    assert.ok((await studio(lesson)).publisher);
  });

  for (const [how, signal] of [
    ['was killed', 'SIGKILL'],
    ['hangs without closing its connection', 'SIGSTOP'],
  ]) {
    await t.test(`a publisher that ${how} is taken over within 3 s`, async (t) => {
      const lesson = await plan(organizer, stage);
      const first = await publish(t, lecturer, lesson);
      const { connected_at: before } = (await studio(lesson)).publisher;
      first.kill(signal);
      const door = await Door.open(t, first.address.url);
      const second = new Publisher(door.url);
      t.after(() => second.stop('SIGKILL'));
      const ms = await door.waited();
      t.diagnostic(`in ${Math.round(ms)} ms after it knocked`);
      assert.ok(ms < 3_000, `took ${Math.round(ms)} ms`);
      await until('the studio to see the second one', async () => (await studio(lesson)).publisher?.connected_at > before);
      assert.ok(second.alive);
    });
  }

  await t.test('starting without a picture is refused; with one it starts and ends', async (t) => {
    const lesson = await plan(organizer, stage);
    await assert.rejects(
      lecturer.post(`/api/studio/lessons/${lesson}/start`),
      (error) => error.status === 409 && error.code === 'no_picture',
    );
    const publisher = await publish(t, lecturer, lesson);
    await lecturer.post(`/api/studio/lessons/${lesson}/start`);
    await lecturer.post(`/api/studio/lessons/${lesson}/end`);
    await publisher.ends({ within: 10_000 });
    assert.match(await sentAway(publisher.address.url), /ended|over/i);
  });
});
