// A centre begins without a shell: set up, people, a lesson, its link, the lesson itself, who did not come, the sheet.
// And nobody who needs assistive technology stumbles on the way.
// Cost: 30 s, busy.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { invisibleStops, stumbles } from '../harness/axe.mjs';
import { BEGIN, BOOTH, plays, says, WORDS } from '../harness/pages.mjs';
import { browser, DESK, FAKE_CAMERA, open, picture } from '../harness/phone.mjs';
import { printedCodes, readCodes, shownCodes } from '../harness/qr.mjs';
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
    const links = slips.map(({ phone, password }) => `${yunke.url}/sign-in#phone=${phone}&first=${password}`).sort();
    assert.deepEqual(await shownCodes(desk, yunke.folder), links, 'the codes on the screen');
    assert.deepEqual(await printedCodes(desk, yunke.folder), { sheets: 1, codes: links }, 'the codes on paper');
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
    assert.deepEqual(await shownCodes(desk.getByRole('img', { name: /二维码/ }), yunke.folder), [link], 'the code on the screen');
    assert.deepEqual(await shownCodes(poster, yunke.folder), [link], 'the poster, as small as it is shown');
    const [saved] = await Promise.all([desk.waitForEvent('download'), desk.getByRole('link', { name: BEGIN.savePoster }).click()]);
    assert.deepEqual(await readCodes(await saved.path()), [link], 'the poster as a file');
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

  await t.test('who has not come is found and exported in four clicks, and is pending as long as there is a replay', async () => {
    await desk.goto('/console');
    let clicks = 0;
    const click = async (what) => {
      clicks += 1;
      await what.click();
    };
    await click(desk.getByRole('main').getByRole('link', { name: new RegExp(TITLE) }).first());
    await click(desk.getByRole('button', { name: /^待定/ }));
    await says(desk, /李建国/);
    await until('only who did not come', async () => !/王芳/.test(await desk.locator('table').innerText()));
    await fine(desk, 'attendance');
    const [download] = await Promise.all([desk.waitForEvent('download'), click(desk.getByRole('button', { name: BEGIN.xlsx }))]);
    assert.ok(clicks <= 4, `${clicks} clicks`);
    const book = await readXlsx(await readFile(await download.path()), yunke.folder);
    const { rows: listed, ...sheet } = book['名单'];
    assert.ok(sheet.landscape && sheet.one_page_wide, JSON.stringify(sheet));
    assert.equal(String(sheet.paper), '9', 'A4');
    assert.match(String(sheet.repeated), /3:\$?3$/, 'the heading is repeated');
    assert.equal(listed[0][0], TITLE);
    const { rows } = book['个人明细'];
    const [came, absent, total] = byHeading(rows);
    assert.deepEqual([absent, came].map((row) => row['姓名']).sort(), ['李建国', '王芳']);
    const missing = [came, absent].find((row) => row['姓名'] === '李建国');
    assert.equal(missing['状态'], '待定');
    const there = [came, absent].find((row) => row['姓名'] === '王芳');
    assert.ok(there['观看秒'] >= 3, JSON.stringify(there));
    assert.deepEqual([total['中心'], total['姓名'], total['观看秒']], ['合计', '2 人', there['观看秒']]);
    assert.equal(rows.length, 4);
    // What is printed says what the detail says, row by row, and in the totals.
    const list = byHeading(listed.slice(2));
    assert.deepEqual(list.map((row) => row['序号']), [1, 2, '合计']);
    for (const [n, row] of [came, absent, total].entries()) {
      for (const name of ['支部', '姓名', '成员编号', '首次进入', '末次离开', '观看时长', '覆盖率', '状态', '原因']) assert.deepEqual(list[n][name], row[name], name);
      assert.deepEqual(list[n]['学时'], row['最终学时']);
    }
  });

  await t.test('who asked to be excused leaves those who are pending, and who came is found by credit', async () => {
    await desk.getByRole('row', { name: /李建国/ }).getByRole('button').click();
    await desk.getByLabel(BEGIN.excuseReason).fill('出差');
    await fine(desk, 'excuse');
    await desk.getByRole('dialog').getByRole('button', { name: BEGIN.excuse, exact: true }).click();
    await says(desk, /受邀的人都参加了，或请了假/);
    await desk.getByRole('button', { name: /^请假/ }).click();
    await says(desk, /李建国[\s\S]*出差/);
    await says(desk, /参学率 100\.0%/);
    await fine(desk, 'excused');
    await desk.getByRole('button', { name: /^参加/ }).click();
    await says(desk, /王芳/);
    const [credit] = (await desk.getByRole('row', { name: /王芳/ }).innerText()).match(/全部学时|一半学时|未获学时/);
    await desk.getByRole('button', { name: new RegExp(`^${credit}`) }).click();
    await says(desk, new RegExp(`${credit}\\s*1`));
    await says(desk, /王芳/);
    const other = ['全部学时', '一半学时'].find((word) => word !== credit);
    await desk.getByRole('button', { name: new RegExp(`^${other}`) }).click();
    await until('nobody', async () => !/王芳/.test(await desk.getByRole('main').innerText()));
    // Past the end there is a way back.
    await desk.goto(`${new URL(desk.url()).pathname}?page=9`);
    await desk.waitForURL(/attendance$/);
    await says(desk, /王芳/);
  });

  await t.test('the member sees what is missing, why, and where to go on', async () => {
    await phone.goto('/records');
    await says(phone, /离全部学时还差/);
    await fine(phone, 'records');
    await phone.getByRole('link', { name: BEGIN.makeUp }).click();
    await phone.getByRole('button', { name: WORDS.play }).first().click();
    await plays(phone, { within: 20_000 });
  });

  await t.test('a link that went astray is revoked, says so, and the new one leads to the lesson', async () => {
    await desk.goto('/console/lessons');
    await desk.getByRole('main').getByRole('link', { name: new RegExp(TITLE) }).first().click();
    await desk.getByRole('link', { name: '分享' }).click();
    await desk.getByRole('button', { name: BEGIN.renew }).click();
    await desk.getByRole('button', { name: BEGIN.renewYes }).click();
    const field = desk.getByRole('textbox', { name: BEGIN.link });
    await until('another link', async () => (await field.inputValue()) !== link);
    const fresh = await field.inputValue();
    await until('the code of the new link', async () => (await shownCodes(desk.getByRole('img', { name: /二维码/ }), yunke.folder))[0] === fresh);
    await fine(desk, 'renewed');
    await phone.goto(new URL(link).pathname);
    await says(phone, BEGIN.revoked);
    await fine(phone, 'revoked');
    await phone.goto(new URL(fresh).pathname);
    await phone.waitForURL(/\/lessons\//);
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
  const own = [...desk.faults, ...phone.faults].filter((fault) => !/status of (503|404|410) /.test(fault));
  assert.deepEqual(own, []);
});
