// A centre begins without a shell: set up, people, a lesson, its link, the lesson itself, who did not come, the sheet.
// And nobody who needs assistive technology stumbles on the way.
// Cost: 30 s, busy.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { invisibleStops, stumbles } from '../harness/axe.mjs';
import { BEGIN, BOOTH, plays, says, WORDS } from '../harness/pages.mjs';
import { browser, DESK, FAKE_CAMERA, open, picture } from '../harness/phone.mjs';
import { byHeading, readXlsx } from '../harness/sheets.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const TITLE = '邻里纠纷怎么调解：三个真实的故事';
const OWN = '一个自己想的密码';

test('a centre begins without a shell', async (t) => {
  const yunke = await Yunke.start(t);
  const chrome = await browser(FAKE_CAMERA);
  t.after(() => chrome.close());
  const desk = await open(chrome, yunke, { ...DESK, permissions: ['camera', 'microphone'] });
  desk.on('dialog', (dialog) => dialog.accept());
  const [, token] = await yunke.program.says(/\/setup\?token=([\w-]+)/);
  const slips = [];
  let link;
  /** The page as it is now: nothing to stumble over, no fault, and a picture of it. */
  const fine = async (page, name) => {
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await until('lists to be closed', async () => !(await page.locator('.el-select-dropdown').first().isVisible()));
    assert.deepEqual([...(await stumbles(page)), ...(await invisibleStops(page))], [], name);
    await picture(page, `begin-${name}`);
  };

  await t.test('the link of the log makes the centre, and Today says what comes first', async () => {
    await desk.goto(`/setup?token=${token}`);
    await desk.getByLabel(BEGIN.centre).fill('云溪社区服务中心');
    await desk.getByLabel(BEGIN.organizer).fill('周敏');
    await desk.getByLabel(WORDS.phone).fill('13700000001');
    await desk.getByLabel(WORDS.password, { exact: true }).fill(yunke.secret('password', '清早 的 一壶茶'));
    await desk.getByLabel(BEGIN.again).fill('清早 的 一壶茶');
    await desk.getByRole('button', { name: BEGIN.create }).click();
    await desk.getByRole('link', { name: BEGIN.console }).click();
    await says(desk, BEGIN.steps);
    await fine(desk, 'today');
  });

  await t.test('people are added, the branch on the way; each gets a slip', async () => {
    await desk.getByRole('main').getByRole('link', { name: BEGIN.add }).click();
    for (const [name, phone] of [['王芳', '138 0000 0001'], ['李建国', '13800000002']]) {
      await desk.getByLabel(BEGIN.name, { exact: true }).fill(name);
      await desk.getByLabel(WORDS.phone).fill(phone);
      if (slips.length === 0) await desk.getByLabel(BEGIN.newBranch).fill('创业大厦第一支部');
      await desk.getByRole('button', { name: BEGIN.addDo, exact: true }).click();
      const slip = desk.locator('.made article', { hasText: name });
      await slip.waitFor();
      slips.push({ name, phone: phone.replaceAll(' ', ''), password: yunke.secret('password', await slip.locator('.secret').innerText()) });
    }
    await fine(desk, 'added');
    await desk.getByRole('link', { name: BEGIN.slips }).click();
    await desk.waitForURL(/\/slips$/);
    await until('two codes', async () => (await desk.locator('article svg[role=img]').count()) === 2);
    await fine(desk, 'slips');
    await desk.goto('/console/people');
    await says(desk, /共 3 人/);
    await desk.getByRole('searchbox').fill('0002');
    await says(desk, /共 1 人/);
    await fine(desk, 'people');
  });

  await t.test('a lesson is planned, and comes with a link and a poster', async () => {
    await desk.goto('/console');
    await desk.getByRole('main').getByRole('link', { name: BEGIN.plan }).first().click();
    await desk.locator('#plan-title').fill(TITLE);
    await desk.locator('#plan-lecturer').click();
    await desk.getByRole('option', { name: /周敏/ }).click();
    await desk.getByRole('checkbox', { name: '云溪社区服务中心' }).locator('xpath=ancestor::label').click();
    await fine(desk, 'plan');
    await desk.getByRole('button', { name: BEGIN.planDo, exact: true }).click();
    const field = desk.getByRole('textbox', { name: BEGIN.link });
    link = await field.inputValue();
    assert.match(link, new RegExp(`^${yunke.url}/s/[a-z2-9]{10}$`));
    const poster = desk.getByRole('img', { name: /^海报/ });
    await until('the poster', () => poster.evaluate((img) => img.complete && img.naturalWidth === 1080));
    await fine(desk, 'share');
    const preview = await (await fetch(link)).text();
    assert.match(preview, new RegExp(`<meta property="og:title" content="${TITLE}" />`));
  });

  const phone = await open(chrome, yunke);
  await t.test('a member opens the link, sees which lesson waits, and signs in with the slip', async () => {
    const [{ phone: number, password }] = slips;
    await phone.goto(new URL(link).pathname);
    await says(phone, new RegExp(TITLE));
    await fine(phone, 'arrive');
    // The slip's code: the form fills in by itself, and the address keeps nothing of it.
    await phone.goto(`${phone.url()}#phone=${number}&first=${password}`);
    await phone.reload();
    await until('the form to be filled in', async () => (await phone.getByLabel(WORDS.password, { exact: true }).inputValue()) === password);
    await until('an address without a secret', () => !phone.url().includes('first='));
    await phone.getByRole('button', { name: WORDS.signIn, exact: true }).click();
    await says(phone, BEGIN.ownPassword);
    await fine(phone, 'password');
    await phone.getByLabel(BEGIN.newPassword).fill(yunke.secret('password', OWN));
    await phone.getByLabel(BEGIN.again).fill(OWN);
    await phone.getByRole('button', { name: BEGIN.savePassword }).click();
    await phone.waitForURL(/\/lessons\//);
    const title = await phone.getByRole('heading', { level: 1, name: TITLE }).boundingBox();
    const stage = await phone.locator('video').boundingBox();
    assert.ok(title.y + title.height <= stage.y, 'the title stands above the player');
    await fine(phone, 'lesson');
  });

  await t.test('the lesson is given in the browser, and the member follows it', async () => {
    const id = new URL(phone.url()).pathname.split('/').pop();
    await desk.goto(`/studio/lessons/${id}`);
    await fine(desk, 'studio');
    await desk.getByRole('link', { name: BOOTH.open }).click();
    await until('the picture to move', () => desk.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 0.5), { within: 20_000 });
    await fine(desk, 'booth');
    const start = desk.getByRole('button', { name: WORDS.start });
    await until('the lesson to be startable', () => start.isEnabled(), { within: 20_000 });
    await start.click();
    const code = link.split('/').pop();
    const early = desk.getByRole('button', { name: BEGIN.startEarly, exact: true });
    await until(
      'the lesson to be live',
      async () => {
        // Before its time one is asked once.
        if (await early.isVisible()) await early.click({ timeout: 2_000 }).catch(() => undefined);
        return (await (await fetch(`${yunke.url}/api/share/${code}`)).json()).phase === 'live';
      },
      { within: 20_000 },
    );
    await phone.reload();
    await fine(phone, 'lesson-live');
    await phone.getByRole('button', { name: WORDS.play }).first().click();
    await plays(phone, { within: 20_000 });
    await watchFor(4_000);
    await phone.goto('about:blank');
    // What goes on without the member is what is missing.
    await watchFor(4_000);
    await desk.getByRole('button', { name: WORDS.end, exact: true }).click();
    await desk.getByRole('button', { name: WORDS.endYes }).click();
    await says(desk, /辛苦了/);
  });

  await t.test('who did not come is found and exported in four clicks', async () => {
    await desk.goto('/console');
    let clicks = 0;
    const click = async (what) => {
      clicks += 1;
      await what.click();
    };
    await click(desk.getByRole('main').getByRole('link', { name: new RegExp(TITLE) }).first());
    await click(desk.getByRole('button', { name: /^未参加/ }));
    await says(desk, /李建国/);
    await until('only who did not come', async () => !/王芳/.test(await desk.locator('table').innerText()));
    await fine(desk, 'attendance');
    const [download] = await Promise.all([desk.waitForEvent('download'), click(desk.getByRole('button', { name: BEGIN.xlsx }))]);
    assert.ok(clicks <= 4, `${clicks} clicks`);
    const book = await readXlsx(await readFile(await download.path()), yunke.folder);
    const { rows, ...sheet } = book['个人明细'];
    assert.ok(sheet.landscape && sheet.one_page_wide, JSON.stringify(sheet));
    assert.equal(String(sheet.paper), '9', 'A4');
    assert.match(String(sheet.repeated), /1:\$?1$/, 'the heading is repeated');
    const [came, absent, total] = byHeading(rows);
    assert.deepEqual([absent, came].map((row) => row['姓名']).sort(), ['李建国', '王芳']);
    const missing = [came, absent].find((row) => row['姓名'] === '李建国');
    assert.equal(missing['状态'], '未参加');
    const there = [came, absent].find((row) => row['姓名'] === '王芳');
    assert.ok(there['观看秒'] >= 3, JSON.stringify(there));
    assert.deepEqual([total['中心'], total['姓名'], total['观看秒']], ['合计', '2 人', there['观看秒']]);
    assert.equal(rows.length, 4);
  });

  await t.test('the member sees what is missing, why, and where to go on', async () => {
    await phone.goto('/records');
    await says(phone, /离全部学时还差/);
    await fine(phone, 'records');
    await phone.getByRole('link', { name: BEGIN.makeUp }).click();
    await phone.getByRole('button', { name: WORDS.play }).first().click();
    await plays(phone, { within: 20_000 });
  });

  await t.test('the missing page has a heading, and the first Tab leads past the navigation', async () => {
    await desk.goto('/no/such/page');
    await desk.getByRole('heading', { level: 1 }).waitFor();
    await fine(desk, 'missing');
    await desk.goto('/console');
    await says(desk, /今日/);
    await desk.keyboard.press('Tab');
    await desk.keyboard.press('Enter');
    assert.equal(await desk.evaluate(() => document.activeElement?.tagName), 'MAIN');
  });
  const own = [...desk.faults, ...phone.faults].filter((fault) => !/status of (503|404) /.test(fault));
  assert.deepEqual(own, []);
});
