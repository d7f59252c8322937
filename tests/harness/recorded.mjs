// What a recorded file holds, decoded from end to end.

import { Program } from './program.mjs';

/** Milliseconds up to the last frame that decodes, and the kinds of its streams, in alphabetical order. */
export async function playable(path) {
  const args = ['-v', 'quiet', '-show_entries', 'stream=codec_type:packet=pts_time', '-of', 'json', path];
  const probe = new Program('ffprobe', args);
  await probe.ends({ within: 20_000 });
  const { packets, streams } = JSON.parse(probe.output.slice(probe.output.indexOf('{')));
  const times = packets.map((packet) => Number(packet.pts_time)).filter(Number.isFinite);
  const decode = new Program('ffmpeg', ['-v', 'error', '-nostdin', '-i', path, '-f', 'null', '-']);
  const { code } = await decode.ends({ within: 30_000 });
  if (code !== 0) throw new Error(`it does not decode: ${decode.output.slice(0, 400)}`);
  return { ms: Math.round((Math.max(...times) - Math.min(...times)) * 1000), kinds: streams.map((stream) => stream.codec_type).sort() };
}
