// Lessons through the real API: planned by an organizer, published by a lecturer, followed by members.

import { Publisher } from './publish.mjs';
import { until } from './wait.mjs';

const MINUTE_MS = 60_000;

/** Plans a lesson that starts now; `more` overrides fields. Returns its id. */
export async function plan(organizer, { lecturer, unit, audience }, more = {}) {
  const now = Date.now();
  const lesson = await organizer.post('/api/console/lessons', {
    title: '午间一小时：社区里的大事小事',
    summary: '整场测试课程',
    lecturer_id: lecturer.me.id,
    unit_id: unit,
    audience,
    planned_start_at: now,
    planned_end_at: now + 30 * MINUTE_MS,
    ...more,
  });
  return lesson.id ?? lesson.lesson_id;
}

/** A new stream key for `lesson`; the whole RTMP address. */
export async function rtmpAddress(lecturer, lesson) {
  const { rtmp_server: server, key } = await lecturer.post(`/api/studio/lessons/${lesson}/key`);
  lecturer.yunke.secret('stream key', key);
  return { server, key, url: `${server.replace(/\/$/, '')}/${key}` };
}

/** A new stream key for `lesson`; the whole SRT address, with `more` parameters, at `port` or the server's own. */
export async function srtAddress(lecturer, lesson, { port, more = {} } = {}) {
  const { srt_url: server, key } = await lecturer.post(`/api/studio/lessons/${lesson}/key`);
  lecturer.yunke.secret('stream key', key);
  return { key, url: srtUrl(server, key, { port, more }) };
}

/** An SRT address as it is pasted into ffmpeg; latency in microseconds. */
export function srtUrl(server, key, { port, more = {} } = {}) {
  const url = port ? `srt://127.0.0.1:${port}` : server;
  return `${url}?${new URLSearchParams({ streamid: key, latency: 200_000, ...more })}`;
}

/** Publishes into `lesson` and waits until the studio sees it. Ended after `t`. */
export async function publish(t, lecturer, lesson, how = {}) {
  const address = how.address ?? (await rtmpAddress(lecturer, lesson));
  const publisher = new Publisher(address.url, how);
  t.after(() => publisher.stop('SIGKILL'));
  await publisher.sending();
  await until(
    'the studio to see the publisher',
    async () => {
      const { publisher: seen } = await lecturer.get(`/api/studio/lessons/${lesson}`);
      return seen && (how.video === false || seen.video) && (how.audio === false || seen.audio);
    },
    { within: 15_000 },
  );
  publisher.address = address;
  return publisher;
}

/** Starts the lesson and waits until its timeline runs. */
export async function goLive(lecturer, lesson) {
  await lecturer.post(`/api/studio/lessons/${lesson}/start`);
  return until(
    'the timeline to run',
    async () => {
      const { zero_at: zero, ...rest } = await lecturer.get(`/api/lessons/${lesson}`);
      return zero && { zero_at: zero, ...rest };
    },
    { within: 10_000 },
  );
}

/** Waits until media exists up to `ms` of the lesson; how far it does, as the member sees it. */
export async function edgePast(member, lesson, ms) {
  return until(`${ms} ms of the lesson`, async () => {
    const { edge_ms: edge } = await member.get(`/api/lessons/${lesson}`);
    return edge >= ms && edge;
  });
}

/** Ends the lesson and waits until the replay stands. */
export async function end(lecturer, lesson) {
  await lecturer.post(`/api/studio/lessons/${lesson}/end`);
  return until(
    'the replay to stand',
    async () => {
      const seen = await lecturer.get(`/api/lessons/${lesson}`);
      return seen.replay_ready && seen;
    },
    { within: 10_000 },
  );
}
