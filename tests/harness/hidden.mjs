// A browser whose tabs really hide each other. Playwright keeps every page "in front"; this talks to Chromium itself.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { QUIET } from './phone.mjs';
import { Program } from './program.mjs';

export class Tabs {
  /** Starts Chromium; ended after `t`. */
  static async open(t, more = []) {
    const folder = await mkdtemp(join(tmpdir(), 'yunke-tabs-'));
    const args = [
      ...QUIET,
      ...more,
      '--headless=new',
      '--remote-debugging-port=0',
      '--window-size=1280,800',
      `--user-data-dir=${folder}`,
      'about:blank',
    ];
    const program = new Program(process.env.CHROMIUM ?? '/usr/bin/chromium', args);
    t.after(async () => {
      await program.stop('SIGTERM');
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });
    const [, url] = await program.says(/DevTools listening on (ws:\S+)/, { within: 20_000 });
    const tabs = new Tabs(new WebSocket(url));
    await new Promise((resolve, reject) => tabs.socket.on('open', resolve).on('error', reject));
    return tabs;
  }

  constructor(socket) {
    this.socket = socket;
    this.asked = new Map();
    socket.on('message', (data) => {
      const { id, result, error } = JSON.parse(data);
      this.asked.get(id)?.(error ? Promise.reject(new Error(error.message)) : result);
      this.asked.delete(id);
    });
  }

  send(method, params = {}, sessionId = undefined) {
    const id = (this.last = (this.last ?? 0) + 1);
    this.socket.send(JSON.stringify({ id, method, params, sessionId }));
    return new Promise((resolve) => this.asked.set(id, resolve));
  }

  /** Opens a tab in front of the others; `cookies` are set before. */
  async tab(url, { cookies = [], script = '' } = {}) {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const tab = { targetId, send: (method, params) => this.send(method, params, sessionId) };
    for (const cookie of cookies) await tab.send('Network.setCookie', { ...cookie, url });
    await tab.send('Page.enable');
    await tab.send('Page.addScriptToEvaluateOnNewDocument', { source: script });
    await tab.send('Page.navigate', { url });
    /** What `expression` is in the page; promises are waited for. */
    tab.evaluate = async (expression) => {
      const { result, exceptionDetails } = await tab.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    };
    return tab;
  }
}
