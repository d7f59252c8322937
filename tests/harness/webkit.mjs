// WebKitGTK, the nearest to Safari that Debian has: driven by its own WebDriver over plain HTTP, on a screen in memory.
// It has Media Source Extensions and no HLS of its own, so it stands for WebKit's media, not for an iPhone.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { outFolder } from './phone.mjs';
import { freePorts } from './ports.mjs';
import { Program } from './program.mjs';
import { until } from './wait.mjs';

const DRIVER = '/usr/bin/WebKitWebDriver';
const LIBRARIES = '/usr/lib';
const SCREENS = { from: 80, to: 130 };

/** Where the browser is that the driver starts; null where it is not installed. */
function miniBrowser() {
  if (!existsSync(DRIVER)) return null;
  for (const folder of readdirSync(LIBRARIES)) {
    const path = join(LIBRARIES, folder, 'webkit2gtk-4.1', 'MiniBrowser');
    if (existsSync(path)) return path;
  }
  return null;
}

/** Why there is no WebKit here; null where there is. */
export function withoutWebkit() {
  if (miniBrowser() === null) return 'WebKitGTK is not installed (webkit2gtk-driver)';
  try {
    execFileSync('which', ['Xvfb']);
  } catch {
    return 'no screen in memory (xvfb)';
  }
  return null;
}

const listens = (port) =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), done(true)));
    socket.on('error', () => done(false));
  });

export class Webkit {
  /** A window of a phone's size. Closed after `t`. */
  static async open(t, { width = 390, height = 844 } = {}) {
    const webkit = new Webkit();
    let number = SCREENS.from;
    while (existsSync(`/tmp/.X11-unix/X${number}`) && number < SCREENS.to) number += 1;
    webkit.screen = new Program('Xvfb', [`:${number}`, '-screen', '0', '1280x1000x24', '-nolisten', 'tcp']);
    t.after(() => webkit.close());
    await until('a screen', () => existsSync(`/tmp/.X11-unix/X${number}`));
    const [port] = await freePorts(1);
    const env = {
      ...process.env,
      DISPLAY: `:${number}`,
      GDK_BACKEND: 'x11',
      LIBGL_ALWAYS_SOFTWARE: '1',
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
      NO_AT_BRIDGE: '1',
    };
    delete env.WAYLAND_DISPLAY;
    webkit.driver = new Program(DRIVER, [`--port=${port}`, '--host=127.0.0.1'], { env });
    webkit.base = `http://127.0.0.1:${port}`;
    await until('the driver of WebKit', () => listens(port));
    const args = ['--automation', `--geometry=${width}x${height}`, '--autoplay-policy=allow'];
    const { sessionId } = await webkit.#call('POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary: miniBrowser(), args } } },
    });
    webkit.base += `/session/${sessionId}`;
    await webkit.#call('POST', '/window/rect', { width, height }).catch(() => null);
    return webkit;
  }

  async #call(method, path, body) {
    const response = await fetch(this.base + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value?.error} ${value?.message}`);
    return value;
  }

  goto(url) {
    return this.#call('POST', '/url', { url });
  }

  /** `person`'s session becomes the window's. */
  async be(person) {
    await this.goto(`${person.yunke.url}/health/live`);
    const [name, value] = person.cookie.split('=');
    await this.#call('POST', '/cookie', { cookie: { name, value, path: '/' } });
  }

  /** Runs a function in the page. */
  evaluate(run, ...args) {
    return this.#call('POST', '/execute/sync', { script: `return (${run})(...arguments)`, args });
  }

  /** Clicks what `css` finds first, as a person does. */
  async click(css, { within = 15_000 } = {}) {
    const id = await until(
      `${css} in WebKit`,
      async () => Object.values(await this.#call('POST', '/element', { using: 'css selector', value: css }))[0],
      { within },
    );
    await this.#call('POST', `/element/${id}/click`, {});
  }

  words() {
    return this.evaluate(() => document.body.innerText);
  }

  async picture(name) {
    await writeFile(join(outFolder, `${name}.png`), Buffer.from(await this.#call('GET', '/screenshot'), 'base64'));
  }

  async close() {
    await fetch(this.base, { method: 'DELETE' }).catch(() => null);
    await this.driver?.stop('SIGTERM').catch(() => null);
    await this.screen?.stop('SIGTERM').catch(() => null);
  }
}
