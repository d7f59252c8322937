// Glass to glass: the wall clock in the picture, read back from the page a member watches.

import { installBarcode, sampleLatency } from '../../harness/barcode.mjs';
import { signIn, watch } from '../../harness/pages.mjs';
import { browser, open } from '../../harness/phone.mjs';
import { watchFor } from '../../harness/wait.mjs';
import { liveLesson, percentile } from './common.mjs';

const SETTLE_MS = 20_000;
const SAMPLE_MS = 40_000;

const CASES = [
  { what: 'glass to glass, LL-HLS in Chromium', most: 1_500, how: { size: 'hd', fps: 30, kbps: 2000 }, made: 'in ffmpeg (encoder included, x264 zerolatency, 720p30)' },
  { what: 'glass to glass, LL-HLS of a lesson by WHIP', most: 1_700, how: { whip: true }, made: "in GStreamer's whipsink (encoder included, x264 zerolatency, 720p30, key frames only when asked)" },
];

/** How late each frame is that a member's page shows. */
async function late(scope, how) {
  const { yunke, lesson, publisher, account, near } = await liveLesson(scope, how);
  const chrome = await browser();
  scope.after(() => chrome.close());
  const page = await open(chrome, yunke);
  await signIn(page, account(near));
  await watch(page, lesson);
  await watchFor(SETTLE_MS);
  await installBarcode(page);
  const asked = JSON.stringify({ origin: publisher.origin, ms: SAMPLE_MS });
  const samples = await page.evaluate(`(${sampleLatency})(document.querySelector('video'), ${asked})`);
  // The next case has the machine for itself.
  await chrome.close();
  await publisher.stop('SIGKILL');
  return samples;
}

export async function measure(scope) {
  const rows = [];
  for (const { what, most, how, made } of CASES) {
    const samples = await late(scope, how);
    const [p50, p95] = [percentile(samples, 50), percentile(samples, 95)];
    rows.push({
      what, figure: `p50 ${(p50 / 1000).toFixed(2)} s, p95 ${(p95 / 1000).toFixed(2)} s`, reference: `${samples.length} frames read`,
      target: `p50 ≤ ${most / 1000} s`, met: samples.length > 100 && p50 <= most,
      note: `from the creation of the frame ${made} to the frame shown on the lesson page; ${SAMPLE_MS / 1000} s after ${SETTLE_MS / 1000} s of watching.`,
    });
  }
  return rows;
}
