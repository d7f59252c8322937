// One long lesson by WHIP: is memory flat, are picture and sound still together at its end, is the recording whole?
// Argument: minutes (60). Writes its section of docs/BENCHMARKS.md; loopback only, about a tenth of a core.

import { keep } from './load/soaked.mjs';
import { machine, Scope } from './load/scope.mjs';
import { cpuSeconds, median, rssMb } from './load/figures/common.mjs';
import { cast } from './harness/cast.mjs';
import { beside, playlist } from './harness/hls.mjs';
import { end, goLive, plan, rtmpAddress } from './harness/lessons.mjs';
import { flashes } from './harness/together.mjs';
import { Never, until, watchFor } from './harness/wait.mjs';
import { WhipSink } from './harness/whip.mjs';
import { Yunke } from './harness/yunke.mjs';

const SAMPLE_MS = 10_000;
/** The ring of a lesson holds 72 s; after twice that memory is what it stays. */
const SETTLED_MS = 150_000;
const FLAT = 0.1;
const TOGETHER_MS = 40;
/** The publisher's sound card is fast by so many millionths, as real ones are: 0.36 s in an hour if nobody followed it. */
const SOUND_PPM = 100;
/** What the end of a lesson is judged by, and each line of the table. */
const STRETCH_S = 60;

const minutes = Number(process.argv[2] || 60);
if (!(minutes >= 1 && minutes <= 24 * 60)) throw new Error(`${process.argv[2]} is no number of minutes`);

/** The lesson while it runs: memory every 10 s, and whether it grows without a gap. */
async function watch({ media, video }) {
  const samples = [];
  const began = performance.now();
  let last = -1;
  while (performance.now() - began < minutes * 60_000) {
    await watchFor(SAMPLE_MS);
    const list = await playlist(video);
    const at = performance.now() - began;
    if (list.next.msn <= last) throw new Error(`the lesson stood still at ${Math.round(at / 1000)} s, segment ${last}`);
    last = list.next.msn;
    samples.push({ at, rss: await rssMb(media), gaps: list.gaps, breaks: list.discontinuities });
    if (samples.length % 30 === 0) console.log(`  ${Math.round(at / 60_000)} min: ${samples.at(-1).rss.toFixed(1)} MB, segment ${last}`);
  }
  return samples;
}

/** Reads the live playlist until it says it is over, or is gone because the replay stands; the last one there was. */
async function lastLive(url) {
  let list = null;
  for (;;) {
    const now = await playlist(url).catch(() => null);
    list = now ?? list;
    if (!now || now.ended) return list;
    await watchFor(20);
  }
}

/** Where a playlist ends on the clock, milliseconds; parts of the segment under way are media, too. */
function endOf({ segments, next, parts }) {
  const last = segments.at(-1);
  const under = parts.slice(parts.length - next.part).reduce((sum, { duration }) => sum + duration, 0);
  return last.at + (last.duration + under) * 1000;
}

/** Whether the replay goes as far as the last part that was live, without a segment missing. */
async function whole(was, replay) {
  const is = await playlist(replay);
  const number = ({ uri }) => Number(uri.match(/-s(\d+)-/)[1]);
  const missing = is.segments.filter((segment, n) => n > 0 && number(segment) !== number(is.segments[n - 1]) + 1).length;
  for (const segment of is.segments) {
    const response = await fetch(beside(replay, segment.uri), { method: 'HEAD' });
    if (!response.ok) throw new Error(`${segment.uri}: ${response.status}`);
  }
  const late = Math.round(endOf(is) - endOf(was));
  const seconds = is.segments.reduce((sum, { duration }) => sum + duration, 0);
  console.log(`  the replay ends ${late} ms after the ${was.ended ? 'whole' : 'last seen'} live playlist`);
  const met = is.ended && missing === 0 && is.gaps === 0 && late >= -1 && (late <= 1 || !was.ended);
  return { met, segments: is.segments.length, seconds };
}

async function measure(scope) {
  const yunke = await Yunke.start(scope, { demo: true, quiet: true });
  const { organizer, lecturer, near, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage, { planned_end_at: Date.now() + (minutes + 30) * 60_000 });
  const { key } = await rtmpAddress(lecturer, lesson);
  const publisher = new WhipSink(`${yunke.mediaUrl}/whip`, key, [
    '--flash',
    '--width',
    '640',
    '--height',
    '360',
    '--audio-ppm',
    String(SOUND_PPM),
  ]);
  scope.after(() => publisher.stop('SIGKILL'));
  const seen = async () => (await lecturer.get(`/api/studio/lessons/${lesson}`)).publisher;
  await until(
    'picture and sound',
    async () => {
      const there = await seen();
      if (!publisher.alive) throw new Never(publisher.output.slice(-800));
      return there?.video && there?.audio;
    },
    { within: 20_000 },
  );
  await goLive(lecturer, lesson);
  const { live_url: live } = await near.lease(lesson);
  const media = await yunke.media();
  await until('the first segments', async () => (await playlist(beside(live, 'video.m3u8'))).segments.length >= 2, { within: 20_000 });
  const busy = await cpuSeconds(media);
  const samples = await watch({ media, video: beside(live, 'video.m3u8') });
  const cpu = (((await cpuSeconds(media)) - busy) / (samples.at(-1).at / 1000)) * 100;
  const [last] = await Promise.all([lastLive(beside(live, 'video.m3u8')), end(lecturer, lesson)]);
  const { replay_url: replay } = await near.lease(lesson);
  const recording = await whole(last, beside(replay, 'video.m3u8'));
  console.log('  reading the recording');
  return { samples, cpu, recording, pairs: await flashes(replay) };
}

function told({ samples, cpu, recording, pairs }) {
  const settled = samples.filter(({ at }) => at >= Math.min(SETTLED_MS, samples.at(-1).at / 2)).map(({ rss }) => rss);
  const base = median(settled.slice(0, 6));
  const [low, high] = [Math.min(...settled), Math.max(...settled)];
  const flat = low >= base * (1 - FLAT) && high <= base * (1 + FLAT);
  const over = recording.seconds;
  const between = (from) => pairs.filter(({ at }) => at >= from && at < from + STRETCH_S).map(({ ms }) => ms);
  const last = median(between(over - STRETCH_S));
  const expected = Math.floor(over / 1.1);
  const unbroken = samples.every(({ gaps, breaks }) => gaps === 0 && breaks === 0);
  const rows = [
    [
      'memory of yunke-media',
      `${base.toFixed(1)} MB once settled, then ${low.toFixed(1)} to ${high.toFixed(1)} MB, ${settled.at(-1).toFixed(1)} MB at the end`,
      '± 10 %',
      flat,
    ],
    ['flash after beep in the last minute, median', `${last} ms`, `within ${TOGETHER_MS} ms`, Math.abs(last) <= TOGETHER_MS],
    [
      'recording',
      `${recording.segments} segments, ${over.toFixed(1)} s, ${pairs.length} of ${expected} flashes with their beeps`,
      'whole to the last part',
      recording.met && pairs.length >= expected - 2,
    ],
    ['live playlist', unbroken ? 'no gap, no discontinuity' : 'broken', 'unbroken', unbroken],
    ['processor of yunke-media', `${cpu.toFixed(1)} % of a core`, '–', true],
  ];
  const step = Math.max(1, Math.floor(minutes / 6));
  const course = [];
  for (let minute = 0; minute <= minutes - 1; minute += step) {
    const near = samples.reduce((best, other) =>
      Math.abs(other.at - minute * 60_000) < Math.abs(best.at - minute * 60_000) ? other : best,
    );
    const here = between(minute * 60);
    course.push(`| ${minute} | ${near.rss.toFixed(1)} | ${median(here)} | ${Math.min(...here)} to ${Math.max(...here)} |`);
  }
  const text = `
Written by \`make soak MINUTES=${minutes}\`, kept by \`make bench\`. Machine: ${machine()}${process.env.REMARK ? `; ${process.env.REMARK}` : ''}.

GStreamer's whipsink sends 640 × 360 at 30 fps, white with a tone for 0.2 s every 1.1 s, black and silent between; a lesson of ${minutes} minutes, recorded, without viewers.
Memory is VmRSS every 10 s. Flashes and beeps are found in the replay by ffmpeg: a frame is 33 ms, so 17 ms are within its precision. The sender's sound card is fast
by ${SOUND_PPM} millionths; sound is taken sample after sample, as players do.

| what | figure | target | met |
| --- | --- | --- | --- |
${rows.map(([what, figure, target, met]) => `| ${what} | ${figure} | ${target} | ${met ? 'yes' : '**no**'} |`).join('\n')}

| minute | memory, MB | flash after beep, ms, median of a minute | lowest to highest |
| --- | --- | --- | --- |
${course.join('\n')}
`;
  return { text, met: rows.every(([, , , met]) => met) };
}

const scope = new Scope();
let met = false;
try {
  console.log(`▸ a lesson of ${minutes} minutes`);
  const result = told(await measure(scope));
  keep(result.text);
  console.log(`${result.text}\nwrote docs/BENCHMARKS.md`);
  met = result.met;
} catch (error) {
  console.log(`  failed: ${error.stack}`);
} finally {
  await scope.close();
}
process.exit(met ? 0 : 1);
