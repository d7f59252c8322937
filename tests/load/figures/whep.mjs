// Watching by WHEP. A bare page of Chromium: how late the picture is, how soon the first one is there. Many light viewers of
// yunke-load: what one costs, and whether all of them get everything.

import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { installBarcode, sampleLatency } from '../../harness/barcode.mjs';
import { signLease } from '../../harness/lease.mjs';
import { watchFor } from '../../harness/wait.mjs';
import { viewer } from '../../harness/whep.mjs';
import { cpuPercent, liveLesson, load, percentile } from './common.mjs';

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--autoplay-policy=no-user-gesture-required'];
const SETTLE_MS = 5_000;
const SAMPLE_MS = 20_000;
const JOINS = 50;
const VIEWERS = 100;
const CROWD = 200;
const MEASURE_MS = 15_000;
const CROWD_SECONDS = 30;
// With the sound (some 95 kbit/s as Opus) and the headers of all packets a viewer gets 1.5 Mbit/s, which is checked.
const PICTURE_KBPS = 1350;
const VIEWER_KBPS = 1500;
const WITHIN = 0.03;

export async function measure(scope) {
  const { yunke, lesson, publisher, near } = await liveLesson(scope, { fps: 30, kbps: PICTURE_KBPS });
  const media = await yunke.media();
  const chrome = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
  scope.after(() => chrome.close());
  const address = async () => (await near.lease(lesson)).live_url.replace('/live/', '/whep/').replace(/\/[^/]*$/, '');
  const url = await address();
  const page = await chrome.newPage();
  await page.goto(`${yunke.mediaUrl}/health`);
  await page.evaluate(viewer);
  await installBarcode(page);

  const idle = await cpuPercent(media, MEASURE_MS);
  const firsts = await page.evaluate(joins, { url, times: JOINS });
  await page.evaluate((to) => window.whep(to), url);
  await page.evaluate(() => window.watching.shown);
  await watchFor(SETTLE_MS);
  const samples = await page.evaluate(
    `(${sampleLatency})(window.watching.video, ${JSON.stringify({ origin: publisher.origin, ms: SAMPLE_MS })})`,
  );
  await chrome.close();

  // Media looks at the signature only; of one member the server gives few leases.
  const secret = (await readFile(join(yunke.data, 'secret'), 'utf8')).trim();
  const expiresAt = Date.now() + 3_600_000;
  const anybodys = () => url.replace(/\/whep\/[^/]+\//, `/whep/${signLease(secret, { lease: randomUUID(), lesson, expiresAt })}/`);
  const crowd = async (count, seconds) => {
    const urls = [];
    for (let n = 0; n < count; n += 1) urls.push(anybodys());
    const file = join(yunke.folder, 'viewers');
    await writeFile(file, urls.join('\n'));
    return load(['watch-whep', '--urls', file, '--seconds', String(seconds), '--pid', String(media)]);
  };
  const some = await crowd(VIEWERS, MEASURE_MS / 1000);
  const many = await crowd(CROWD, CROWD_SECONDS);

  const [p50, p95] = [percentile(samples, 50), percentile(samples, 95)];
  const [first50, first95] = [percentile(firsts, 50), percentile(firsts, 95)];
  const each = (some.cpu_percent - idle) / VIEWERS;
  return [
    {
      what: 'glass to glass, WHEP in Chromium', figure: `p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms`, reference: `${samples.length} frames read`,
      target: 'p50 ≤ 150 ms', met: samples.length > 100 && p50 <= 150,
      note: `from the creation of the frame in ffmpeg (RTMP, x264 zerolatency, 360p30 of ${PICTURE_KBPS} kbit/s) to the frame shown in a bare page; ${SAMPLE_MS / 1000} s.`,
    },
    {
      what: 'first frame by WHEP', figure: `p95 ${first95.toFixed(0)} ms, p50 ${first50.toFixed(0)} ms`, reference: `${firsts.length} joins`, target: 'p95 ≤ 500 ms', met: firsts.length === JOINS && first95 <= 500,
      limit: 'a viewer gets the pictures since the last key frame and has to decode them all before the newest is shown.',
      note: 'from the creation of the RTCPeerConnection to the first frame shown, one join after the other.',
    },
    {
      what: 'a viewer by WHEP at 1.5 Mbps, processor', figure: `${each.toFixed(2)} % of a core`,
      reference: `${VIEWERS} viewers, ${some.packets_per_second_each.toFixed(0)} packets/s and ${some.kbps_each.toFixed(0)} kbit/s each; ${(some.bytes_each / 1024).toFixed(0)} kB of memory each`,
      target: '≤ 0.5 %', met: each <= 0.5 && Math.abs(some.kbps_each / VIEWER_KBPS - 1) <= WITHIN,
      limit: 'the way of each unit and packet through the crate (half of the time by perf), and sending (a fifth).',
      note: `user and system time of yunke-media over ${MEASURE_MS / 1000} s with ${VIEWERS} viewers less that with none, divided by ${VIEWERS}; transcoding the sound to Opus once for all viewers is included. The viewers are of \`yunke-load watch-whep\`, with ICE, DTLS and a lease each; all but two throw packets away when they are counted.`,
    },
    {
      what: `${CROWD} viewers by WHEP at 1.5 Mbps, packets lost`, figure: `${many.lost} of ${many.packets}`,
      reference: `${(many.cpu_percent / CROWD).toFixed(2)} % of a core each, first packet p95 ${many.first_p95_ms.toFixed(0)} ms`,
      target: '0', met: many.viewers === CROWD && many.silent === 0 && many.packets > 0 && many.lost === 0,
      limit: 'publisher, server and 200 viewers share two cores: a socket of a viewer that does not get its turn in time overflows.',
      note: `numbers missing in the streams of all viewers from their first packet on, the packets over ${CROWD_SECONDS} s after the last one came; a retransmission would come in a stream of its own and hide none.`,
    },
  ];
}

/** Runs in the page: joins and leaves, again and again; milliseconds to the first frame each. */
async function joins({ url, times }) {
  const firsts = [];
  for (let n = 0; n < times; n += 1) {
    const { status, sdp } = await window.whep(url);
    if (status !== 201) throw new Error(sdp);
    const { pc, video, session, shown } = window.watching;
    firsts.push(await shown);
    await fetch(session, { method: 'DELETE' });
    pc.close();
    video.remove();
  }
  return firsts;
}
