// Old browsers, as WeChat on old phones and iOS 14 have them (docs/adr/0029): a current Chromium from which the built-ins of
// later years are taken before any script of ours runs. What is said where nothing can start. And the lesson on small screens: full
// screen with and without the browser's, on its side, and while one types. Costs about 70 s on a quiet machine, one server.
// Cost: 39 s, light.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { cast } from '../harness/cast.mjs';
import { end, goLive, plan, publish } from '../harness/lessons.mjs';
import { says, signIn, watch } from '../harness/pages.mjs';
import { browser, DESK, open, outFolder, PHONE } from '../harness/phone.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** What is taken away, by when it came: each must be missed by nobody, alone with its kind and all at once. */
const KINDS = {
  lists: [
    'Array.prototype.at',
    'Array.prototype.findLast',
    'Array.prototype.findLastIndex',
    'Array.prototype.toSorted',
    'Array.prototype.toReversed',
    'Array.prototype.toSpliced',
    'Array.prototype.with',
    'TypedArray.prototype.at',
    'TypedArray.prototype.findLast',
    'TypedArray.prototype.findLastIndex',
    'Array.fromAsync',
    'Iterator',
  ],
  values: [
    'String.prototype.at',
    'String.prototype.replaceAll',
    'String.prototype.isWellFormed',
    'Object.hasOwn',
    'Object.groupBy',
    'Map.groupBy',
    'structuredClone',
    'Intl.Segmenter',
    'URL.canParse',
    'URL.parse',
    'WeakRef',
    'FinalizationRegistry',
  ],
  waiting: [
    'AbortSignal.timeout',
    'AbortSignal.any',
    'AbortSignal.prototype.throwIfAborted',
    'AbortSignal.prototype.reason',
    'Promise.withResolvers',
    'Promise.try',
    'requestIdleCallback',
    'scheduler',
    'Element.prototype.checkVisibility',
  ],
  dialogs: [
    'HTMLDialogElement.prototype.showModal',
    'HTMLDialogElement.prototype.show',
    'HTMLDialogElement.prototype.close',
    'HTMLDialogElement.prototype.open',
    'HTMLDialogElement',
    'HTMLElement.prototype.inert',
    'HTMLElement.prototype.showPopover',
  ],
  device: [
    'Crypto.prototype.randomUUID',
    'Element.prototype.requestFullscreen',
    'Document.prototype.exitFullscreen',
    'Document.prototype.fullscreenElement',
    'Document.prototype.pictureInPictureEnabled',
    'Navigator.prototype.wakeLock',
    'Navigator.prototype.mediaSession',
    'Navigator.prototype.userAgentData',
    'Navigator.prototype.serviceWorker',
    'Navigator.prototype.locks',
    'ResizeObserver',
    'IntersectionObserver',
    'visualViewport',
    'BroadcastChannel',
    'ManagedMediaSource',
    'VideoFrame',
    'OffscreenCanvas',
  ],
};

/** With these a lesson is played, too; and once without all of them. */
const PLAYED = ['lists', 'device'];

/** In the page: takes what is named away. */
function take(names) {
  for (const name of names) {
    const path = name.split('.');
    let holder = path[0] === 'TypedArray' ? Object.getPrototypeOf(Int8Array) : globalThis;
    const steps = path[0] === 'TypedArray' ? path.slice(1, -1) : path.slice(0, -1);
    for (const step of steps) holder = holder?.[step];
    if (holder) delete holder[path.at ? path.at(-1) : path[path.length - 1]];
  }
}

test('browsers of 2020', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage, { title: '旧手机也能听课' });
  await publish(t, lecturer, lesson, { kbps: 300 });
  await goLive(lecturer, lesson);
  const chrome = await browser();
  t.after(() => chrome.close());

  const without = async (t, names, shape = PHONE) => {
    const page = await open(chrome, yunke, shape);
    t.after(() => page.context().close());
    await page.addInitScript(take, names);
    return page;
  };
  const enter = async (page, person) => {
    const [name, value] = person.cookie.split('=');
    await page.context().addCookies([{ name, value, url: yunke.url }]);
  };
  const shows = async (page, path, ...patterns) => {
    await page.goto(path);
    for (const pattern of patterns) await says(page, pattern);
  };
  /** Opens the dialog, is kept in it, leaves it by Escape and by its button. */
  const dialog = async (page) => {
    const everywhere = page.getByRole('button', { name: /所有设备/ });
    const box = page.getByRole('dialog', { includeHidden: false });
    for (const leave of [() => page.keyboard.press('Escape'), () => box.getByRole('button', { name: '取消' }).click()]) {
      await everywhere.click();
      await until('the dialog', async () => (await box.count()) === 1 && /退出/.test(await box.innerText()));
      for (let presses = 0; presses < 3; presses += 1) {
        await page.keyboard.press('Tab');
        assert.ok(
          await page.evaluate(
            () => ['DIALOG', 'BODY'].includes(document.activeElement.tagName) || document.activeElement.closest('dialog') !== null,
          ),
          'the focus left the dialog',
        );
      }
      await leave();
      await until('the dialog to close', async () => (await box.count()) === 0);
    }
  };
  const healthy = (page) => assert.deepEqual(page.faults, []);

  for (const [kind, names] of Object.entries(KINDS)) {
    await t.test(`without ${kind}: what it matters to goes on`, async (t) => {
      const page = await without(t, names);
      await enter(page, near);
      await shows(page, '/', /旧手机也能听课/);
      if (PLAYED.includes(kind)) await watch(page, lesson);
      if (kind === 'dialogs') {
        await shows(page, '/me', /长辈版/);
        await dialog(page);
      }
      healthy(page);
    });
  }

  const all = Object.values(KINDS).flat();
  await t.test('without all of it: a member signs in, listens, and sees what was learned', async (t) => {
    const page = await without(t, all);
    await signIn(page, account(near));
    await says(page, /旧手机也能听课/);
    await watch(page, lesson);
    await page.getByLabel(/想问什么/).fill('看得到吗？');
    await page.getByRole('button', { name: '发给老师' }).click();
    await says(page, /已收到/);
    await shows(page, '/records', /我的学时|学习记录|旧手机/);
    await shows(page, '/me', /长辈版/);
    await dialog(page);
    await shows(page, '/nowhere', /没有这个|找不到|不存在|没有找到/);
    healthy(page);
  });

  await t.test('without all of it: the studio and the console open', async (t) => {
    const page = await without(t, all, DESK);
    await enter(page, lecturer);
    await shows(page, '/studio', /旧手机也能听课/);
    await shows(page, `/studio/lessons/${lesson}`, /下课/);
    await page.context().clearCookies();
    await enter(page, organizer);
    await shows(page, '/console', /旧手机也能听课/);
    await shows(page, '/console/lessons', /旧手机也能听课/);
    await shows(page, '/console/lessons/new', /主讲|讲师/);
    await shows(page, `/console/lessons/${lesson}/attendance`, /学时|考勤/);
    healthy(page);
  });

  const PLACE = '[data-place]';
  const SIZES = {
    'iPhone SE': [320, 568],
    'a phone': [375, 667],
    'a phone on its side': [667, 375],
    'a long phone on its side': [812, 375],
  };
  const sized = ([width, height]) => ({ ...PHONE, viewport: { width, height } });
  /** Whole on the page, and at least so large. */
  const whole = async (page, locator, [least, high] = [44, 44]) => {
    const box = await locator.boundingBox();
    const { width, height } = page.viewportSize();
    const text = `${await locator.innerText().catch(() => '')} ${JSON.stringify(box)}`;
    assert.ok(
      box && box.x >= -0.5 && box.y >= -0.5 && box.x + box.width <= width + 0.5 && box.y + box.height <= height + 0.5,
      `cut: ${text}`,
    );
    assert.ok(box.width >= least && box.height >= high, `small: ${text}`);
    return box;
  };
  const isFull = (page) => page.locator('[data-leave]').count();
  const goFull = async (page) => {
    await page.locator('[data-full]').click();
    await until('full screen', () => isFull(page));
  };
  const goneFull = async (page) => {
    await until('the page again', async () => !(await isFull(page)));
    assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).overflow), 'visible');
    await page.locator('[data-full]').waitFor();
  };

  for (const [api, names] of [
    ['', []],
    [' without the Fullscreen API', all],
  ]) {
    await t.test(`full screen${api} has controls and ways out`, async (t) => {
      const page = await without(t, names, sized(SIZES['a phone']));
      await enter(page, near);
      await watch(page, lesson);
      const title = await page.title();
      for (const way of ['button', 'back', 'Escape']) {
        await goFull(page);
        assert.equal(await page.evaluate(() => Boolean(document.fullscreenElement)), api === '');
        if (way === 'button') await page.locator('[data-leave]').click();
        else if (way === 'back') await page.goBack();
        else await page.keyboard.press('Escape');
        await goneFull(page);
        assert.match(page.url(), new RegExp(`/lessons/${lesson}$`), way);
        assert.equal(await page.title(), title);
      }
      for (const [mode, font] of api === ''
        ? [['normal', 17]]
        : [
            ['normal', 17],
            ['elder', 30],
          ]) {
        await page.evaluate(([mode]) => (localStorage.setItem('yunke.mode', mode), localStorage.setItem('yunke.size', '30')), [mode]);
        await page.evaluate(
          ([mode]) => Object.assign(document.documentElement.dataset, mode === 'elder' ? { mode, size: '30' } : {}),
          [mode],
        );
        await until('the type', () => page.evaluate((font) => getComputedStyle(document.documentElement).fontSize === `${font}px`, font));
        for (const [name, size] of Object.entries(SIZES).slice(api === '' ? 2 : 0)) {
          await page.setViewportSize({ width: size[0], height: size[1] });
          await goFull(page);
          const video = await whole(page, page.locator('video'), [size[0] * 0.7, size[1] * 0.4]);
          const buttons = await page.locator(`${PLACE} button:visible`).all();
          assert.ok(buttons.length >= 2);
          for (const button of buttons) {
            const box = await whole(page, button, mode === 'elder' ? [60, 60] : [44, 44]);
            const apart = box.x >= video.x + video.width - 1 || box.y >= video.y + video.height - 1;
            assert.ok(apart, `${name}: a button lies on the picture`);
          }
          await page.screenshot({ path: join(outFolder, `full${api ? '-page' : ''}-${mode}-${size.join('x')}.png`) });
          await page.locator(PLACE).getByRole('button', { name: '暂停' }).click();
          await page.locator(PLACE).getByRole('button', { name: '继续' }).click();
          await page.locator('[data-leave]').click();
          await goneFull(page);
        }
      }
      healthy(page);
    });
  }

  await t.test('on its side the picture and the controls fit; while one types the picture stays in sight', async (t) => {
    const page = await without(t, []);
    await page.addInitScript(() => {
      const view = Object.assign(new EventTarget(), { offsetTop: 0, keyboard: 0 });
      Object.defineProperty(view, 'height', { get: () => innerHeight - view.keyboard });
      Object.defineProperty(window, 'visualViewport', { value: view });
    });
    await enter(page, near);
    await watch(page, lesson);
    for (const [name, size] of Object.entries(SIZES)) {
      const [width, height] = size;
      await page.setViewportSize({ width, height });
      const field = page.getByLabel(/想问什么/);
      const keyboard = height > width ? Math.round(height * 0.45) : Math.round(height * 0.5);
      const type = (on) =>
        page.evaluate(
          ([keyboard, offset]) => {
            Object.assign(visualViewport, { keyboard, offsetTop: offset });
            visualViewport.dispatchEvent(new Event('resize'));
          },
          on ? [keyboard, 40] : [0, 0],
        );
      await page.evaluate(() => scrollTo(0, 0));
      await whole(page, page.locator('video'), [width * 0.4, 150]);
      await field.focus();
      await type(true);
      // The part of the page that the keyboard leaves.
      const [top, bottom] = [40, height - keyboard + 40];
      await until(`picture and field in sight: ${name}`, async () => {
        const [picture, text] = [await page.locator('video').boundingBox(), await field.boundingBox()];
        const clear = picture.x + picture.width <= text.x || picture.y + picture.height <= text.y;
        return picture.y >= top - 1 && picture.y + picture.height <= bottom && picture.height >= 70 && clear && text.y < bottom - 40;
      });
      await page.screenshot({ path: join(outFolder, `typing-${size.join('x')}.png`) });
      await field.blur();
      await type(false);
      await until('the picture to be large again', async () => (await page.locator('video').boundingBox()).height > 140);
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path: join(outFolder, `lesson-${size.join('x')}.png`) });
    }
    healthy(page);
  });

  await t.test('the replay in full screen, in the largest type on its side, has its position and all its buttons', async (t) => {
    await end(lecturer, lesson);
    const page = await without(t, all, sized(SIZES['a phone on its side']));
    await page.addInitScript(() => (localStorage.setItem('yunke.mode', 'elder'), localStorage.setItem('yunke.size', '30')));
    await enter(page, near);
    await watch(page, lesson);
    await goFull(page);
    await page.screenshot({ path: join(outFolder, 'full-page-replay.png') });
    for (const name of [/退 15 秒/, /进 15 秒/, '暂停', '退出全屏'])
      await whole(page, page.locator(PLACE).getByRole('button', { name }), [60, 60]);
    await whole(page, page.locator(PLACE).getByRole('slider'), [200, 44]);
    await page.goBack();
    await goneFull(page);
    healthy(page);
  });

  await t.test('where the pages cannot start, a sentence says what to do', async (t) => {
    const tooOld = /太旧.*更新.*too old.*Update WeChat/s;
    const notOpen = /还没有打开.*检查网络.*has not opened.*Check the network/s;
    const index = /\/assets\/index-.*\.js$/;
    const files = /\.js$/;
    const cases = [
      [
        'syntax it does not know, in an old browser',
        tooOld,
        { lacks: ['Promise.any'], on: index, answer: { contentType: 'text/javascript', body: 'class A { # }' } },
      ],
      [
        'no modules at all',
        tooOld,
        { lacks: ['HTMLScriptElement.prototype.noModule'], on: index, answer: { contentType: 'text/javascript', body: '' } },
      ],
      ['a module that does nothing', notOpen, { on: index, answer: { contentType: 'text/javascript', body: '' } }],
      ['a file that does not arrive', notOpen, { on: index }],
      ['the words do not arrive', notOpen, { on: /\/assets\/words\..*\.js$/ }],
      ['no script arrives at all', notOpen, { on: files, hurry: true }],
    ];
    for (const [name, pattern, { lacks = [], on, answer, hurry }] of cases) {
      const page = await without(t, lacks);
      await page.route(on, (route) => (answer ? route.fulfill(answer) : route.abort()));
      // The style sheet shows it by itself after a while, which passes faster here.
      if (hurry) {
        const tools = await page.context().newCDPSession(page);
        await tools.send('Animation.enable');
        await tools.send('Animation.setPlaybackRate', { playbackRate: 30 });
      }
      await page.goto('/');
      await until(`the sentence: ${name}`, async () => pattern.test(await page.innerText('body')));
      assert.equal(await page.locator('.boot-note:visible').count(), 1, name);
      await page.context().close();
    }
  });

  await t.test('a page that opens says nothing of it, however slowly', async (t) => {
    const page = await without(t, []);
    await page.goto('/sign-in');
    await says(page, /登录/);
    assert.equal(await page.locator('.boot-note:visible').count(), 0);
    assert.doesNotMatch(await page.innerText('body'), /太旧|还没有打开/);
    healthy(page);
  });
});
