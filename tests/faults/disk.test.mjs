// The data disk is full in the middle of a lesson, and has room again. A small disk of its own, which takes root to mount.
// Cost: 49 s, light.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { closeSync, openSync, statfsSync, writeSync } from 'node:fs';
import { mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cast } from '../harness/cast.mjs';
import { attributes, beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, publish } from '../harness/lessons.mjs';
import { playable } from '../harness/recorded.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const run = promisify(execFile);
const DISK = '256m';
/** Of which little is picture: what may wait in memory is full after 16 s. */
const KBPS = 16_000;

/** What recordings leave of it: a twentieth. */
const RESERVE_BYTES = (256 << 20) / 20;

/** A folder on a small disk, or why there is none. */
async function smallDisk() {
  const folder = await mkdtemp(join(tmpdir(), 'yunke-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', folder]);
  } catch (error) {
    await rmdir(folder);
    return { refused: `a disk cannot be mounted here: ${error.message.trim()}` };
  }
  return { folder, release: () => run('umount', ['-l', folder]).then(() => rmdir(folder)) };
}

/** Fills a disk to its last byte, or until so many are left; removing the file makes room again. */
function fill(file, leave = 0) {
  const block = Buffer.alloc(64 << 10, 1);
  const at = openSync(file, 'a');
  const left = () => statfsSync(file).bavail * statfsSync(file).bsize;
  try {
    while (leave === 0 || left() > leave) if (writeSync(at, block) < block.length) return;
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  } finally {
    closeSync(at);
  }
}

/** A Yunke whose data and temporary files lie in this folder. */
async function startIn(t, folder) {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    return await Yunke.start(t, { demo: true, quiet: true });
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

/** A recorded rendition as one file: its initialization section and all of its segments. */
async function download(url, list, file) {
  const names = [attributes(list.text.match(/#EXT-X-MAP:.*/)[0]).URI, ...list.segments.filter(({ gap }) => !gap).map(({ uri }) => uri)];
  const bytes = [];
  for (const name of names) {
    const response = await fetch(beside(url, name));
    assert.equal(response.status, 200, name);
    bytes.push(Buffer.from(await response.arrayBuffer()));
  }
  await writeFile(file, Buffer.concat(bytes));
}

test('the data disk is full in the middle of a lesson', async (t) => {
  const disk = await smallDisk();
  if (disk.refused) return t.skip(disk.refused);
  // Its own hooks come before this one: nothing is on the disk any more.
  const yunke = await startIn(t, disk.folder).finally(() => t.after(disk.release));
  const { organizer, lecturer, near, near2, account, stage } = await cast(yunke);
  const ballast = join(disk.folder, 'ballast');
  const noted = async (lesson, code) =>
    (await lecturer.get(`/api/studio/lessons/${lesson}`)).publisher?.notes.some((note) => note.code === code);
  const lost = async () => (await (await fetch(`${yunke.mediaUrl}/health`)).json()).segments_lost;

  const earlier = await plan(organizer, stage);
  const first = await publish(t, lecturer, earlier);
  await goLive(lecturer, earlier);
  await edgePast(near, earlier, 4_000);
  await end(lecturer, earlier);
  await first.stop('SIGKILL');

  const lesson = await plan(organizer, stage);
  await publish(t, lecturer, lesson, { scene: 'slide', kbps: KBPS });
  await goLive(lecturer, lesson);
  await edgePast(near, lesson, 6_000);
  const { live_url: live } = await near.lease(lesson);

  await t.test('recordings leave something to the database: who comes now gets in', async () => {
    fill(ballast, RESERVE_BYTES / 2);
    await until('the note in the studio', () => noted(lesson, 'recording_full'), { within: 20_000 });
    const late = await yunke.signedIn(account(near2));
    assert.ok((await late.lease(lesson)).live_url);
  });

  await t.test('the lesson goes on, and the studio is told that it is not recorded', async (t) => {
    fill(ballast);
    const { next } = await playlist(beside(live, 'video.m3u8'));
    await until('the note in the studio', () => noted(lesson, 'recording_full'), { within: 20_000 });
    await until('some seconds more than memory holds', async () => (await lost()) >= 6, { within: 60_000 });
    const now = await playlist(beside(live, 'video.m3u8'));
    t.diagnostic(`${now.next.msn - next.msn} segments later`);
    assert.ok(now.next.msn - next.msn >= 5);
    assert.equal(now.gaps, 0, now.text);
    const newest = now.segments.at(-1).uri;
    assert.equal((await fetch(beside(live, newest))).status, 200);
  });

  await t.test('work on another recording fails with the reason', async () => {
    const path = `/api/studio/lessons/${earlier}/mp4`;
    await organizer.post(path).catch(() => {});
    const failed = await until('the work to end', async () => {
      const told = await organizer.get(path);
      return told.stage === 'failed' && told;
    });
    assert.equal(failed.code, 'disk_full');
  });

  await t.test('with room again recording goes on, and the replay has one hole and is as long as the lesson', async (t) => {
    await rm(ballast);
    await until('the note on the hole', () => noted(lesson, 'recording_holes'), { within: 30_000 });
    const { edge_ms: edge } = await near.get(`/api/lessons/${lesson}`);
    await edgePast(near, lesson, edge + 6_000);
    const { edge_ms: length, gaps } = await end(lecturer, lesson);
    assert.deepEqual(gaps, [], 'members saw all of it: nothing leaves the lesson');
    const { replay_url: replay } = await near.lease(lesson);
    for (const name of ['video', 'audio']) {
      const list = await playlist(beside(replay, `${name}.m3u8`));
      const drawn = list.segments.map(({ gap }) => (gap ? '-' : '#')).join('');
      t.diagnostic(`${name}: ${drawn}`);
      assert.match(drawn, /^#+-+#+$/);
      const total = list.segments.reduce((sum, { duration }) => sum + duration * 1_000, 0);
      assert.ok(Math.abs(total - length) < 500, `${total} ms of ${length}`);
      const file = join(disk.folder, `${name}.mp4`);
      await download(replay, list, file);
      const { ms, kinds } = await playable(file);
      assert.deepEqual(kinds, [name]);
      assert.ok(Math.abs(ms - length) < 1_000, `${ms} ms of ${length} from the first frame to the last`);
    }
  });
});
