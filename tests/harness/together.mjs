// Whether picture and sound of a recording are together: where it flashes and where it beeps.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BRIGHT = 120;
const LOUD_DB = -35;

/** Times in seconds at which a measured value rises above a threshold. */
function rises(text, threshold) {
  const times = [];
  let at = null;
  let was = true;
  for (const line of text.split('\n')) {
    const time = line.match(/pts_time:([\d.]+)/);
    if (time) at = Number(time[1]);
    const value = line.match(/=(-?[\d.]+|-inf)$/);
    if (!value) continue;
    const is = Number(value[1].replace('-inf', '-999')) > threshold;
    if (is && !was) times.push(at);
    was = is;
  }
  return times;
}

/** Every flash of the media at `url` that has a beep: when it comes, in seconds, and how many milliseconds after the beep. */
export async function flashes(url) {
  const read = async (...args) => {
    const { stdout } = await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', url, ...args, '-f', 'null', '-'], { maxBuffer: 1 << 29 });
    return stdout;
  };
  const print = (key) => `print:key=${key}:file=-`;
  const bright = rises(await read('-an', '-vf', `scale=4:4,signalstats,metadata=${print('lavfi.signalstats.YAVG')}`), BRIGHT);
  // One sample after the other from the first on, as players play them: what stands on the later ones is not looked at.
  const sound = `asetpts=STARTPTS+N/SR/TB,asetnsamples=n=240:p=0,astats=metadata=1:reset=1:measure_overall=RMS_level:measure_perchannel=none,ametadata=${print('lavfi.astats.Overall.RMS_level')}`;
  const beeps = rises(await read('-vn', '-af', sound), LOUD_DB);
  const pairs = bright.map((at) => {
    const beep = beeps.reduce((best, other) => (Math.abs(other - at) < Math.abs(best - at) ? other : best), Infinity);
    return { at, ms: Math.round((at - beep) * 1000) };
  });
  return pairs.filter(({ ms }) => Math.abs(ms) < 450);
}

/** Milliseconds each flash of the media at `url` comes after its beep. */
export const flashesAfterBeeps = async (url) => (await flashes(url)).map(({ ms }) => ms);

/** Where the sound of the media at `url` pauses for longer than `seconds`: seconds from its beginning. */
export async function pauses(url, seconds = 0.3) {
  const args = [
    '-v',
    'info',
    '-nostats',
    '-nostdin',
    '-i',
    url,
    '-vn',
    '-af',
    `silencedetect=n=${LOUD_DB}dB:d=${seconds}`,
    '-f',
    'null',
    '-',
  ];
  const { stderr } = await run('ffmpeg', args, { maxBuffer: 1 << 24 });
  return [...stderr.matchAll(/silence_start: ([\d.]+)/g)].map(([, at]) => Number(at));
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
