// The lecturer's and the organizer's pages, at a desk; their pictures are those of the README.
// Cost: 112 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cast, DEMO } from '../harness/cast.mjs';
import { plan, publish, rtmpAddress } from '../harness/lessons.mjs';
import { ROSTER, says, signIn, TALK, watch, WORDS } from '../harness/pages.mjs';
import { browser, DESK, open, picture } from '../harness/phone.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { offerOf, post } from '../harness/whip.mjs';
import { Yunke } from '../harness/yunke.mjs';

test('at the desk', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, account, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage, { title: '邻里调解：从一张板凳说起' });
  const chrome = await browser();
  t.after(() => chrome.close());
  const desk = await open(chrome, yunke, DESK);
  const phone = await open(chrome, yunke);

  await t.test('an encoder with the right key that sends what no phone plays: the page says so, and what to do', async () => {
    await signIn(desk, DEMO.lecturer, `/studio/lessons/${lesson}`);
    const { key } = await rtmpAddress(lecturer, lesson);
    assert.equal((await post(`${yunke.mediaUrl}/whip`, offerOf(['VP8']), { key })).status, 406);
    const told = desk.locator('[data-refused]');
    await until('the refusal', async () => /WHIP.*课堂放不了.*H\.264.*VP8/s.test(await told.innerText()));
    await picture(desk, 'studio-refused');
  });

  await t.test('the lecturer sees what arrives and starts the lesson', async () => {
    await publish(t, lecturer, lesson, { scene: 'slide', size: 'hd', kbps: 1500, title: '邻里调解' });
    await says(desk, /1280\s*[×x]\s*720/);
    await until('the preview to move', () => desk.evaluate(() => (document.querySelector('video')?.currentTime ?? 0) > 0.5), {
      within: 20_000,
    });
    await desk.getByRole('button', { name: WORDS.start }).click();
    await until('the lesson to be live', async () => (await lecturer.get(`/api/lessons/${lesson}`)).phase === 'live');
  });

  await t.test('viewers show in the studio and the console as they come', async () => {
    await signIn(phone, account(near));
    await watch(phone, lesson);
    await until('one viewer in the studio', async () => /1/.test(await desk.locator('body').innerText()));
    await watchFor(62_000);
    await picture(desk, 'studio');
    const console_ = await open(chrome, yunke, DESK);
    await signIn(console_, DEMO.organizer, '/console');
    await says(console_, /邻里调解/);
    await picture(console_, 'console');
    await console_.context().close();
  });

  await t.test('a question goes from the phone to the lecturer and back, and a note reaches only the lecturer', async () => {
    const question = '邻居不愿意来调解，怎么办？';
    await phone.setViewportSize({ width: 360, height: 780 });
    await phone.getByLabel(TALK.question).fill(question);
    await phone.context().setOffline(true);
    await phone.getByRole('button', { name: TALK.send }).click();
    await says(phone, TALK.kept);
    await phone.context().setOffline(false);
    await phone.getByText(TALK.received).waitFor();
    await phone.locator('[data-ask]').scrollIntoViewIfNeeded();
    await picture(phone, 'question-phone');
    await says(desk, new RegExp(`${question}\\s*${near.me.name}`));

    const console_ = await open(chrome, yunke, DESK);
    await signIn(console_, DEMO.organizer, `/console/lessons/${lesson}/live`);
    await says(console_, new RegExp(question));
    await console_.getByLabel(TALK.note).fill('时间不多了，请收尾');
    await console_.getByRole('button', { name: TALK.write }).click();
    await says(console_, TALK.unread);
    await says(desk, /时间不多了，请收尾/);
    await picture(desk, 'question-studio');
    await desk.getByRole('button', { name: TALK.gotIt }).click();
    await says(console_, TALK.read);
    await desk.getByRole('button', { name: TALK.answer(question) }).click();
    await says(phone, TALK.answered);
    assert.doesNotMatch(await phone.innerText('body'), /请收尾/);
    await console_.locator('[data-notes]').scrollIntoViewIfNeeded();
    await picture(console_, 'question-console');
    // A stream that has just begun may take longer to have something whole than a playlist is waited for.
    const own = desk.faults.filter((fault) => !/status of 503 .* \/live\/…\/[^/]+\/index\.m3u8$/.test(fault));
    assert.deepEqual([...own, ...console_.faults], []);
    await console_.context().close();
  });

  await t.test('the lecturer ends it after being asked once', async () => {
    await desk.getByRole('button', { name: WORDS.end, exact: true }).click();
    await desk.getByRole('button', { name: WORDS.endYes }).click();
    await until('the lesson to be over', async () => (await lecturer.get(`/api/lessons/${lesson}`)).phase === 'ended');
    await phone.goto('about:blank');
  });

  await t.test('the organizer opens the attendance down to the evidence', async () => {
    const page = await open(chrome, yunke, DESK);
    await signIn(page, DEMO.organizer, `/console/lessons/${lesson}/attendance`);
    await says(page, new RegExp(near.me.name));
    await page.getByText(near.me.name).first().click();
    await says(page, /直播/);
    await picture(page, 'attendance');
    assert.deepEqual(page.faults, []);
  });

  await t.test('the organizer makes another version of the rule, looks at what it would change, and activates it', async () => {
    const page = await open(chrome, yunke, DESK);
    await signIn(page, DEMO.organizer, '/console/rules');
    await page.getByRole('link', { name: '默认规则' }).click();
    await page.getByRole('link', { name: '改规则' }).click();
    await page.getByLabel('得全部学时').fill('40');
    await says(page, /不能高于全部学时的百分比|先把标出的地方改好/);
    await page.getByLabel('得全部学时').fill('100');
    await says(page, /看够 100% 得全部学时，看够 50% 得一半/);
    await page.getByRole('button', { name: '开始预览' }).click();
    await page.getByRole('button', { name: '开始预览' }).waitFor();
    await says(page, /\d+ 人次(里有 \d+ 人次会变|的学时都不变)/);
    await page.getByRole('heading', { name: /^预览/ }).scrollIntoViewIfNeeded();
    await picture(page, 'rule-edit');
    await page.getByRole('button', { name: '存为新版本' }).click();
    await says(page, /已存为第 4 版，还没有启用/);
    await page.getByRole('button', { name: '启用第 4 版' }).click();
    await page.getByRole('dialog').getByRole('button', { name: '启用' }).click();
    await says(page, /已启用第 4 版/);
    await picture(page, 'rule');
    assert.equal((await organizer.get(`/api/lessons/${lesson}`)).rule.version, 3, 'what was held keeps its version');
    await page.goto('/console/lessons/new');
    await says(page, /看够 100% 得全部学时/);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto('/console/rules');
    await says(page, /启用第 4 版/);
    await picture(page, 'rules-narrow');
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  await t.test('the organizer imports a roster: sees every change, confirms, and takes it back', async () => {
    const page = await open(chrome, yunke, DESK);
    await signIn(page, DEMO.organizer, '/console/people');
    await page.getByRole('link', { name: ROSTER.open }).click();
    await picture(page, 'roster');
    const rows = ['二〇二六年名册,,', '姓名,党支部,手 机 号', '新学员甲,河湾村支部,139 0000 0101', '新学员乙,没有的支部,', '李思远,软件园联合支部,13800000005'];
    await page.locator('[data-roster]').setInputFiles({ name: '名册.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\r\n')) });
    await says(page, /新增 1、变更 0、调动 1、回来 0、离开 0/);
    await says(page, /没有这个支部：没有的支部/);
    await picture(page, 'roster-preview');
    await page.setViewportSize({ width: 390, height: 844 });
    await picture(page, 'roster-preview-narrow');
    await page.setViewportSize(DESK.viewport);
    assert.equal((await organizer.get(`/api/console/roster?q=${encodeURIComponent('新学员甲')}`)).total, 0);
    await page.locator('[data-confirm]').click();
    await page.locator('dialog').getByRole('button', { name: ROSTER.confirm }).click();
    await says(page, /已导入/);
    await picture(page, 'roster-done');
    assert.equal((await organizer.get(`/api/console/roster?q=${encodeURIComponent('新学员甲')}`)).total, 1);
    await page.locator('[data-undo]').click();
    await page.locator('dialog').getByRole('button', { name: ROSTER.undo }).click();
    await says(page, /2 人恢复原样/);
    assert.equal((await organizer.get(`/api/console/roster?q=${encodeURIComponent('新学员甲')}`)).total, 0);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  await t.test('English is complete on the pages a member sees', async () => {
    const context = await chrome.newContext({ baseURL: yunke.url, locale: 'en-GB' });
    const page = await context.newPage();
    await page.goto('/sign-in');
    const text = (await page.innerText('body')).replaceAll('中文', '').replaceAll('云课', '');
    assert.doesNotMatch(text, /[\u4e00-\u9fff]/, text);
  });
});
