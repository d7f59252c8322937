// A phone: Chromium in phone size, driven by Playwright. One browser a test file, one context a phone.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const outFolder = join(import.meta.dirname, '..', 'out');
mkdirSync(outFolder, { recursive: true });

// Chromium's own services must not call home from a closed network.
export const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

export const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
  userAgent: 'Mozilla/5.0 (Linux; Android 14; PHONE) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36',
};
export const DESK = { viewport: { width: 1280, height: 800 } };

/** A camera and a microphone that are none, and nobody who has to allow them. */
export const FAKE_CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

export async function browser(more = []) {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...QUIET, ...more] });
}

/** A new context and page, in Chinese, whose errors are kept in `page.faults`. */
export async function open(chrome, yunke, shape = PHONE) {
  const context = await chrome.newContext({ ...shape, baseURL: yunke.url, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
  const page = await context.newPage();
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // Browsers ask for it beside documents that are no pages.
    if (message.location().url.endsWith('/favicon.ico')) return;
    if (message.type() === 'error') page.faults.push(`console: ${message.text()}${address(message)}`);
  });
  return page;
}

/** What could not be loaded, without the token a media address has in it. */
function address(message) {
  const url = message.location().url;
  if (!/^Failed to load resource/.test(message.text()) || !URL.canParse(url)) return '';
  const { pathname, search } = new URL(url);
  return ` ${pathname.replace(/^\/(live|replay|whip|fill|file)\/[^/]+/, '/$1/…')}${search}`;
}

/** A picture for the README and for whoever looks at a failure. */
export async function picture(page, name) {
  await page.screenshot({ path: join(outFolder, `${name}.png`) });
}
