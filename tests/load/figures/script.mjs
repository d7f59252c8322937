// Script a phone loads to show a lesson, without the player library (that comes with the tap on play).

import { gzipSync } from 'node:zlib';
import { signIn } from '../../harness/pages.mjs';
import { browser, open } from '../../harness/phone.mjs';
import { liveLesson } from './common.mjs';

export async function measure(scope) {
  const { yunke, lesson, account, near } = await liveLesson(scope, { video: false });
  const chrome = await browser();
  scope.after(() => chrome.close());
  const page = await open(chrome, yunke);
  await signIn(page, account(near));
  const scripts = new Map();
  page.on('response', async (response) => {
    if (response.request().resourceType() === 'script' || response.url().endsWith('.js')) {
      scripts.set(response.url(), response.body().catch(() => Buffer.alloc(0)));
    }
  });
  await page.goto(`/lessons/${lesson}`, { waitUntil: 'networkidle' }).catch(() => null);
  await page.getByRole('button').first().waitFor();
  let total = 0;
  let player = 0;
  for (const [url, body] of scripts) {
    const size = gzipSync(await body, { level: 9 }).length;
    if (/hls/i.test(url)) player += size;
    else total += size;
  }
  return [{
    what: 'script of the lesson page, gzip, without the player library', figure: `${(total / 1000).toFixed(1)} kB in ${scripts.size} files`,
    reference: player ? `player library: ${(player / 1000).toFixed(1)} kB` : null, target: '≤ 130 kB', met: total > 0 && total <= 130_000,
    note: 'every script Chromium loads on a fresh visit of a live lesson before play is tapped, gzip −9.',
  }];
}
