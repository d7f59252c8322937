// What is in the media of a playlist, read by ffprobe: packets with their times, and what the playlist says of them.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { playlist } from './hls.mjs';

const run = promisify(execFile);
const bytesOf = async (url) => {
  const response = await fetch(url);
  return response.ok ? Buffer.from(await response.arrayBuffer()) : null;
};
const ms = (seconds) => Math.round(Number(seconds) * 1000);

/**
 * The listed segments of a media playlist: for each `at` (PROGRAM-DATE-TIME), `duration` (s, as listed), `map`, `size`
 * ("640x360") and `packets` with `pts`, `dts`, `duration` (ms), `key`, `md5` and `utc` (of the presentation, ms).
 */
export async function media(address) {
  const list = await playlist(address);
  const folder = await mkdtemp(join(tmpdir(), 'yunke-packets-'));
  const maps = new Map();
  const found = [];
  let map = null;
  const about = new Map(list.segments.map((segment) => [segment.uri, segment]));
  for (const line of list.text.split('\n')) {
    if (line.startsWith('#EXT-X-MAP')) map = line.match(/URI="([^"]+)"/)[1];
    const segment = about.get(line);
    if (!segment || segment.gap) continue;
    if (!maps.has(map)) maps.set(map, await bytesOf(new URL(map, address)));
    const bytes = await bytesOf(new URL(line, address));
    if (!bytes) continue;
    const file = join(folder, `${found.length}.mp4`);
    await writeFile(file, Buffer.concat([maps.get(map), bytes]));
    const { stdout } = await run(
      'ffprobe',
      [
        '-v',
        'error',
        '-show_entries',
        'stream=width,height,sample_rate,channels:packet=pts_time,dts_time,duration_time,flags,data_hash',
        '-show_data_hash',
        'md5',
        '-of',
        'json',
        file,
      ],
      { maxBuffer: 1 << 26 },
    );
    const {
      streams: [stream],
      packets,
    } = JSON.parse(stdout);
    const all = packets.map((p) => ({
      pts: ms(p.pts_time),
      dts: ms(p.dts_time),
      duration: ms(p.duration_time),
      key: p.flags.startsWith('K'),
      md5: p.data_hash?.split(':')[1],
    }));
    const first = Math.min(...all.map((p) => p.pts));
    for (const p of all) p.utc = segment.at + p.pts - first;
    found.push({
      at: segment.at,
      duration: segment.duration,
      map,
      size: `${stream.width}x${stream.height}`,
      rate: Number(stream.sample_rate),
      packets: all,
    });
  }
  return found;
}

const md5 = (bytes) => createHash('md5').update(bytes).digest('hex');

/** How much later (ms) a track lies in the media than in the tags of an FLV file, by frames of which there is but one: the median. */
export function offset(segments, tags, video) {
  const source = new Map();
  for (const tag of tags) {
    if (tag.video !== video || tag.config) continue;
    const hash = md5(tag.body.subarray(video ? 5 : 2));
    source.set(hash, source.has(hash) ? null : (tag.stamp ?? tag.at) + (video ? tag.body.readIntBE(2, 3) : 0));
  }
  const found = segments.flatMap(({ packets }) => packets).map(({ pts, md5: hash }) => [pts, source.get(hash)]);
  const all = found
    .filter(([, at]) => typeof at === 'number')
    .map(([pts, at]) => pts - at)
    .sort((a, b) => a - b);
  return all[all.length >> 1];
}
