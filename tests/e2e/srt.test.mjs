// Publishers by SRT: ffmpeg and GStreamer, over a bad line, with the wrong key, one too many, and nonsense at the port.
// Cost: 61 s, light.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { barcodes, frameTimes } from '../harness/frames.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, srtAddress, srtUrl } from '../harness/lessons.mjs';
import { LossyLine } from '../harness/lossy.mjs';
import { Program } from '../harness/program.mjs';
import { Publisher } from '../harness/publish.mjs';
import { noise, random } from '../harness/rubbish.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const WATCHED_MS = 20_000;
const BAD_MS = 12_000;
const FPS = 25;

test('srt', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, stage } = await cast(yunke);
  const studio = (lesson) => lecturer.get(`/api/studio/lessons/${lesson}`);
  const planned = async (how) => {
    const lesson = await plan(organizer, stage);
    return { lesson, ...(await srtAddress(lecturer, lesson, how)) };
  };
  const publish = (url, how) => {
    const publisher = new Publisher(url, how);
    t.after(() => publisher.stop('SIGKILL'));
    return publisher;
  };
  const arrives = (lesson, is, within = 15_000) =>
    until(
      'the studio to see the publisher',
      async () => {
        const { publisher } = await studio(lesson);
        return publisher && is(publisher) && publisher;
      },
      { within },
    );
  /** Waits until the log says why somebody was refused, after `before`. */
  const logged = (pattern, before = 0) => until(`${pattern} in the log`, () => pattern.test(yunke.allLogs().slice(before)));
  const sentAway = async (url, pattern, how) => {
    const before = yunke.allLogs().length;
    const encoder = publish(url, how);
    await logged(pattern, before);
    const { code } = await encoder.ends({ within: 15_000 });
    assert.notEqual(code, 0);
  };

  await t.test('3 % loss both ways: on air, recorded, and not a frame is missing', async (t) => {
    const line = await LossyLine.open(t, yunke.ports.srt, { loss: 0.03, delayMs: 10, seed: 20 });
    const { lesson, url } = await planned({ port: line.port });
    const publisher = publish(url);
    const seen = await arrives(lesson, ({ video, audio }) => video && audio);
    assert.deepEqual([seen.transport, seen.video.width, seen.audio.rate], ['srt', 640, 48_000]);
    await goLive(lecturer, lesson);
    await until('the timeline to be as long as it takes', () => edgePast(near, lesson, WATCHED_MS), { within: 60_000 });
    const { live_url: live } = await near.lease(lesson);
    for (const name of ['video.m3u8', 'audio.m3u8']) {
      const list = await playlist(beside(live, name));
      assert.ok(list.segments.length >= 5 && list.parts.length > 0, `${list.segments.length} segments`);
      assert.deepEqual([list.gaps, list.discontinuities, list.parts.filter(({ gap }) => gap).length], [0, 0, 0], name);
    }
    assert.ok(publisher.alive);
    assert.ok(line.dropped > 30, `only ${line.dropped} datagrams were lost`);
    const { gaps } = await end(lecturer, lesson);
    assert.deepEqual(gaps, []);
    const { replay_url: replay } = await near.lease(lesson);
    const times = await frameTimes(replay);
    const steps = times.slice(1).map((at, n) => at - times[n]);
    t.diagnostic(
      `${line.dropped} of ${line.dropped + line.passed} datagrams lost, ${times.length} frames, steps up to ${Math.max(...steps)} ms`,
    );
    assert.ok(times.length >= (WATCHED_MS / 1000) * FPS, `${times.length} frames`);
    assert.ok(
      steps.every((step) => Math.abs(step - 1000 / FPS) <= 2),
      `steps up to ${Math.max(...steps)} ms`,
    );
    const codes = await barcodes(replay);
    assert.equal(codes.length, times.length);
    assert.ok(
      codes.every((code, n) => code !== null && (n === 0 || code >= codes[n - 1])),
      'a picture is damaged or out of order',
    );
  });

  await t.test('10 % loss both ways, 50 ms there and back, with the latency for it: the lesson goes on', async (t) => {
    const line = await LossyLine.open(t, yunke.ports.srt, { loss: 0.1, delayMs: 25, seed: 21 });
    const { lesson, url } = await planned({ port: line.port, more: { latency: 1_000_000 } });
    const publisher = publish(url);
    await arrives(lesson, ({ video, audio }) => video && audio, 20_000);
    await goLive(lecturer, lesson);
    await until('the timeline to be as long as it takes', () => edgePast(near, lesson, BAD_MS), { within: 60_000 });
    assert.ok(publisher.alive);
    const { gaps } = await end(lecturer, lesson);
    assert.deepEqual(gaps, []);
    const times = await frameTimes((await near.lease(lesson)).replay_url);
    const hole = Math.max(...times.slice(1).map((at, n) => at - times[n]));
    t.diagnostic(
      `${line.dropped} of ${line.dropped + line.passed} datagrams lost, ${times.length} frames, steps up to ${Math.round(hole)} ms`,
    );
    assert.ok(line.dropped > 100, `only ${line.dropped} datagrams were lost`);
    assert.ok(times.length >= 0.95 * (BAD_MS / 1000) * FPS && hole < 1_000, `${times.length} frames, a hole of ${hole} ms`);
  });

  await t.test('GStreamer publishes with the key in the form of SRT Access Control', async () => {
    const { lesson, key } = await planned();
    const args =
      'videotestsrc is-live=true ! video/x-raw,format=I420,width=640,height=360,framerate=25/1 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=50 ! h264parse config-interval=-1 ! mux. audiotestsrc is-live=true ! avenc_aac ! aacparse ! mux. mpegtsmux name=mux alignment=7 ! srtsink';
    const publisher = new Program('gst-launch-1.0', [
      '-q',
      ...args.split(' '),
      `uri=srt://127.0.0.1:${yunke.ports.srt}`,
      `streamid=#!::r=${key},m=publish`,
      'latency=200',
    ]);
    t.after(() => publisher.stop('SIGKILL'));
    const seen = await arrives(lesson, ({ video, audio }) => video && audio);
    assert.equal(seen.transport, 'srt');
    await publisher.stop('SIGINT');
    await until('the seat to be free', async () => (await studio(lesson)).publisher === null);
  });

  await t.test('a wrong key, a viewer and what cannot be played are refused with a reason in the log', async () => {
    const { lesson, key, url } = await planned();
    const told = (code) =>
      until(`the studio to say ${code}`, async () => {
        const { refused } = await studio(lesson);
        return refused?.code === code && refused;
      });
    const wrong = yunke.secret('stream key', `${key.slice(0, -3)}abc`);
    const server = `srt://127.0.0.1:${yunke.ports.srt}`;
    await sentAway(srtUrl(server, wrong), /srt: publisher refused.*No lesson has this stream key/);
    await sentAway(srtUrl(server, ''), /srt: publisher refused.*stream key is missing/);
    await sentAway(`${server}?streamid=#!::r=${key},m=request`, /srt: publisher refused.*sending only/);
    assert.equal((await studio(lesson)).refused, null, 'whose key they were, nobody knows');
    await sentAway(url, /srt: .*MPEG-2 video cannot be played/, { video: 'mpeg2video' });
    const { transport, reason } = await told('media');
    assert.equal(transport, 'srt');
    assert.match(reason, /MPEG-2 video cannot be played/);
    await sentAway(url, /srt: .*MP2.*cannot be played/, { audio: 'mp2' });
  });

  await t.test('sound alone and a picture alone', async () => {
    for (const [how, has, without] of [
      [{ video: false }, 'audio', 'video'],
      [{ audio: false }, 'video', 'audio'],
    ]) {
      const { lesson, url } = await planned();
      const publisher = publish(url, how);
      const seen = await arrives(lesson, (seen) => seen[has] && seen.notes.some(({ code }) => code === `no_${without}`));
      assert.equal(seen[without], null);
      await publisher.stop('SIGKILL');
    }
  });

  await t.test('nonsense at the port keeps nobody out', async () => {
    const socket = createSocket('udp4');
    const next = random(7);
    /** A handshake as a caller begins with it: version 4, induction. */
    const induction = Buffer.alloc(64);
    induction.writeUInt16BE(0x8000, 0);
    induction.writeUInt32BE(4, 16);
    induction.writeUInt32BE(1500, 28);
    induction.writeUInt32BE(1, 36);
    const send = (bytes) => new Promise((sent) => socket.send(bytes, yunke.ports.srt, '127.0.0.1', sent));
    for (let n = 0; n < 3_000; n += 1) {
      const bytes = n % 3 === 0 ? noise(next, Math.floor(next() * 1_600)) : Buffer.from(induction);
      if (n % 3 === 1) for (let flips = 0; flips < 4; flips += 1) bytes[Math.floor(next() * bytes.length)] = Math.floor(next() * 256);
      if (n % 3 === 2) bytes.writeUInt32BE(n, 40);
      await send(bytes.subarray(0, n % 5 === 4 ? Math.floor(next() * bytes.length) : undefined));
    }
    socket.close();
    const { lesson, url } = await planned();
    await publish(url).sending();
    await arrives(lesson, ({ video }) => video);
  });

  await t.test('a second one is refused while the first lives, and gets in when it is dead; a new or no key sends away', async () => {
    const { lesson, url } = await planned();
    const first = publish(url);
    const { connected_at: before } = await arrives(lesson, ({ video }) => video);
    await sentAway(url, /srt: publisher refused.*already receives a stream/);
    await until('the studio to be told', async () => (await studio(lesson)).refused?.code === 'taken');
    assert.ok(first.alive);
    first.kill('SIGKILL');
    let second = publish(url);
    await until(
      'the second one to be let in',
      async () => {
        // Its predecessor may have been heard of a moment ago: encoders try again.
        if (!second.alive) second = publish(url);
        return (await studio(lesson)).publisher?.connected_at > before;
      },
      { within: 10_000 },
    );
    const { url: fresh } = await srtAddress(lecturer, lesson);
    assert.notEqual((await second.ends({ within: 10_000 })).code, 0);
    const third = publish(fresh);
    await arrives(lesson, ({ video }) => video);
    await lecturer.call('DELETE', `/api/studio/lessons/${lesson}/key`);
    assert.notEqual((await third.ends({ within: 10_000 })).code, 0);
    assert.equal((await studio(lesson)).key_set, false);
    await sentAway(fresh, /No lesson has this stream key/);
  });

  await t.test('with a passphrase in the configuration everybody needs it', async () => {
    await yunke.interrupt();
    const passphrase = yunke.secret('passphrase', 'correct-horse-7');
    yunke.options = { ...yunke.options, env: { YUNKE_MEDIA__SRT_PASSPHRASE: passphrase } };
    await yunke.launch();
    const { lesson, key } = await planned();
    const { srt_url: server, srt_passphrase: told } = await studio(lesson);
    assert.equal(told, passphrase);
    await sentAway(srtUrl(server, key), /srt: .*refused/);
    await sentAway(srtUrl(server, key, { more: { passphrase: 'wrong-horse-77' } }), /srt: publisher refused.*passphrase/);
    await until('the studio to be told', async () => (await studio(lesson)).refused?.code === 'passphrase');
    publish(srtUrl(server, key, { more: { passphrase, pbkeylen: 16 } }));
    await arrives(lesson, ({ video, audio }) => video && audio);
  });
});
