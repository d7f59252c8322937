// The lecturer's and the organizer's pages, at a desk; their pictures are those of the README.
// Cost: 155 s, light.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { stumbles } from '../harness/axe.mjs';
import { cast, DEMO } from '../harness/cast.mjs';
import { plan, publish, rtmpAddress } from '../harness/lessons.mjs';
import { drawPdf, readPdf, throughOffice } from '../harness/office.mjs';
import { REPORTS, ROSTER, says, signIn, TALK, watch, WORDS } from '../harness/pages.mjs';
import { browser, DESK, open, picture } from '../harness/phone.mjs';
import { byHeading, exported, plainRows, readCsv, readXlsx } from '../harness/sheets.mjs';
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

  await t.test('the year opens from its figures down to the member, and its chart is a picture; the member reads the same', async () => {
    const page = await open(chrome, yunke, DESK);
    await signIn(page, DEMO.organizer, '/console/reports');
    await says(page, REPORTS.year);
    // A lesson that is just over is being counted; asked again it is there.
    await until('the lesson in the year', async () => {
      await page.reload();
      await says(page, REPORTS.year);
      return !(await page.getByRole('link', { name: /^场次：0，/ }).isVisible());
    });
    await until('the chart', async () => (await page.locator('canvas').count()) > 0);
    await picture(page, 'reports-year');
    const saved = page.waitForEvent('download');
    await page.evaluate(() => Object.defineProperty(window, 'isSecureContext', { value: false }));
    await page.getByRole('button', { name: REPORTS.copy }).first().click();
    assert.match((await saved).suggestedFilename(), /\.png$/);
    await page.getByRole('link', { name: /^人数：/ }).press('Enter');
    await page
      .getByRole('link', { name: new RegExp(near.me.name) })
      .first()
      .click();
    await says(page, /邻里调解/);
    await picture(page, 'reports-member');
    await page.setViewportSize({ width: 360, height: 780 });
    await page.goto('/console/reports');
    await says(page, REPORTS.year);
    await picture(page, 'reports-year-narrow');
    assert.deepEqual(page.faults, []);
    await page.context().close();
    await phone.goto('/records');
    await says(phone, REPORTS.own);
    await picture(phone, 'records-year');
    const file = phone.waitForEvent('download');
    await phone.getByRole('button', { name: REPORTS.data }).click();
    assert.match((await file).suggestedFilename(), /^my-record/);
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

  /** The file of a job that is made of this; of the demo's lessons, which lie in the weeks before today. */
  async function made(wish) {
    const { id } = await organizer.post('/api/console/exports', wish);
    const job = await until(
      `the export ${wish.kind}`,
      async () => {
        const now = await organizer.get(`/api/console/exports/${id}`);
        return ['queued', 'running'].includes(now.state) ? null : now;
      },
      { within: 60_000 },
    );
    assert.equal(job.state, 'ready', JSON.stringify(job));
    const response = await organizer.raw('GET', `/api/console/exports/${id}/file`);
    assert.equal(response.status, 200);
    return Buffer.from(await response.arrayBuffer());
  }

  await t.test(
    'every kind of export opens in an office program as it was written, with its totals, landscape and one page wide',
    async () => {
      const lessons = (await organizer.get('/api/console/lessons?state=ended')).items;
      const year = Number(new Date(lessons.at(-1).planned_start_at + 8 * 3_600_000).toISOString().slice(0, 4));
      const kinds = ['detail', 'intervals', 'lessons', 'branches', 'year', 'corrections'];
      const books = {};
      const files = [];
      for (const kind of kinds) {
        const bytes = await made({ kind, year });
        const path = join(yunke.folder, `${kind}.xlsx`);
        await writeFile(path, bytes);
        files.push(path);
        books[kind] = await readXlsx(bytes, yunke.folder);
      }
      // What is taken along from the lesson's own page, too.
      const own = join(yunke.folder, 'own.xlsx');
      await writeFile(own, (await exported(organizer, lesson, 'xlsx')).bytes);
      const again = await throughOffice([...files, own], 'xlsx', yunke.folder);
      for (const kind of kinds) {
        const reread = await readXlsx(again[kind].bytes, yunke.folder);
        assert.deepEqual(Object.keys(reread), Object.keys(books[kind]), kind);
        for (const [name, sheet] of Object.entries(books[kind])) {
          assert.deepEqual(plainRows(reread[name].rows), plainRows(sheet.rows), `${kind}: ${name}`);
          assert.ok(sheet.landscape && String(sheet.paper) === '9', `${kind}: ${name} is A4, landscape`);
          if (name === '说明') continue;
          assert.match(String(sheet.repeated), /1:\$?1$/, `${kind}: ${name} repeats its heading`);
          assert.ok(sheet.frozen === 'A2' && sheet.filter, `${kind}: ${name}`);
          assert.ok(!sheet.rows.flat().some((value) => value?.formula), `${kind}: ${name} has no formula`);
        }
        if (!['detail', 'intervals'].includes(kind))
          assert.ok(
            Object.values(books[kind]).every((sheet) => sheet.one_page_wide),
            kind,
          );
      }
      // Totals are those of the detail, and the same in the CSV.
      const sum = (rows, heading) => rows.slice(0, -1).reduce((all, row) => all + (row[heading] ?? 0), 0);
      const detail = byHeading(books.detail['个人明细'].rows);
      const lessonRows = byHeading(books.lessons['课程汇总'].rows);
      const branchRows = byHeading(books.branches['支部'].rows);
      const yearRows = byHeading(books.year['年度'].rows);
      for (const [rows, seconds, hours] of [
        [detail, '观看秒', '最终学时'],
        [lessonRows, '总时长秒', '学时'],
        [branchRows, '观看秒', '课程学时'],
        [yearRows, '总时长秒', '学时'],
      ]) {
        assert.equal(rows.at(-1)[seconds], sum(detail, '观看秒'), seconds);
        assert.equal(sum(rows, seconds), rows.at(-1)[seconds], seconds);
        assert.equal(Math.round(rows.at(-1)[hours] * 1000), Math.round(sum(detail, '最终学时') * 1000), hours);
      }
      assert.equal(byHeading(books.intervals['区间明细'].rows).at(-1)['新增毫秒'] >= sum(detail, '观看秒') * 1000, true);
      assert.deepEqual(
        lessonRows.at(-1)['未参加'] + lessonRows.at(-1)['待定'] + lessonRows.at(-1)['请假'],
        byHeading(books.lessons['未到课名单'].rows).length - 1,
      );
      const csv = byHeading(readCsv(await made({ kind: 'lessons', year, format: 'csv' })));
      assert.deepEqual(
        csv.map((row) => [row['课程'], row['学时'], row['到课率']]),
        lessonRows.map((row) => [
          row['课程'],
          String(row['学时']),
          row['到课率'] === null || row['到课率'] === '' ? '' : `${(row['到课率'] * 100).toFixed(2)}%`,
        ]),
      );
      // As it is printed.
      const { lessons: printed } = await throughOffice([join(yunke.folder, 'lessons.xlsx')], 'pdf', yunke.folder);
      const paper = await readPdf(printed.path);
      assert.ok(paper.wide > paper.high, 'landscape');
      assert.match(paper.text[0], /课程[\s\S]*到课率[\s\S]*合计/);
      await drawPdf(printed.path, 'export-lessons', 2);
    },
  );

  await t.test('a file is asked for on the page, is made in the background, and is downloaded', async () => {
    const page = await open(chrome, yunke, DESK);
    await signIn(page, DEMO.organizer, '/console/exports');
    await says(page, /我的文件/);
    await page.getByLabel('内容').selectOption('lessons');
    await page.getByLabel('月', { exact: true }).selectOption('0');
    const before = await page.getByRole('link', { name: /^下载：课程汇总/ }).count();
    await page.getByRole('button', { name: '生成文件' }).click();
    const links = page.getByRole('link', { name: /^下载：课程汇总/ });
    await until('one file more', async () => (await links.count()) === before + 1, { within: 60_000 });
    const link = links.first();
    assert.deepEqual(await stumbles(page), []);
    await picture(page, 'exports');
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    assert.match(download.suggestedFilename(), /^\d{4} 年 .* 课程汇总 \d{4}-\d\d-\d\d\.xlsx$/);
    assert.ok((await readXlsx(await readFile(await download.path()), yunke.folder))['课程汇总']);
    await page.setViewportSize({ width: 360, height: 780 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true, 'nothing sticks out');
    await picture(page, 'exports-narrow');
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  await t.test('the organizer imports a roster: sees every change, confirms, and takes it back', async () => {
    const page = await open(chrome, yunke, DESK);
    await signIn(page, DEMO.organizer, '/console/people');
    await page.getByRole('link', { name: ROSTER.open }).click();
    await picture(page, 'roster');
    const rows = [
      '二〇二六年名册,,',
      '姓名,党支部,手 机 号',
      '新学员甲,河湾村支部,139 0000 0101',
      '新学员乙,没有的支部,',
      '李思远,软件园联合支部,13800000005',
    ];
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

  await t.test(
    'source-han-sans#586, Z-RareCharacterSolution#16: the sheet to sign has everybody, and names characters that no font has',
    async () => {
      const page = await open(chrome, yunke, DESK);
      const RARE = ['王\u{30302}', '李\u{3118E}', '赵\u{F0001}'];
      const person = (n) => ({
        member_id: `m${n}`,
        name: RARE[n - 1] ?? `学员${n}`,
        member_no: `QH${String(n).padStart(4, '0')}`,
        invited: true,
        attended: false,
        standing: n === 9 ? 'excused' : 'pending',
        branch_name: `第${Math.ceil(n / 40)}支部`,
      });
      const everybody = Array.from({ length: 120 }, (_, n) => person(n + 1));
      await page.route('**/attendance?*', async (route) => {
        const at = Number(new URL(route.request().url()).searchParams.get('page'));
        await route.fulfill({
          json: {
            rows: everybody.slice(50 * (at - 1), 50 * at),
            page: at,
            total: 120,
            more: at < 3,
            invited: 120,
            attended: 0,
            pending: 119,
            absent: 0,
            excused: 1,
            rate_bp: 0,
            pending_until: null,
            credits: null,
          },
        });
      });
      await signIn(page, DEMO.organizer, `/console/lessons/${lesson}/sheet`);
      await says(page, /共 120 人/);
      await says(page, /U\+F0001/);
      assert.deepEqual(await stumbles(page), []);
      await picture(page, 'sheet');
      const path = join(yunke.folder, 'sheet.pdf');
      await writeFile(path, await page.pdf({ preferCSSPageSize: true }));
      const paper = await readPdf(path);
      assert.ok(Math.abs(paper.wide - 595) < 2 && Math.abs(paper.high - 842) < 2, 'A4, upright');
      assert.ok(paper.pages >= 5 && paper.pages <= 8, `${paper.pages} pages`);
      assert.equal(paper.text.length, paper.pages);
      paper.text.forEach((text, n) => {
        assert.match(text, /签到表/, `the heading on page ${n + 1}`);
        assert.match(text, /序号\s+姓名\s+成员编号\s+签到\s+签退/, `the columns on page ${n + 1}`);
        assert.match(text, /邻里调解/, `the lesson on page ${n + 1}`);
        assert.match(text, new RegExp(`\\b${n + 1}\\s*/\\s*${paper.pages}\\b`), `the number of page ${n + 1}`);
        assert.doesNotMatch(text, /打印签到表|工作台/, 'nothing of the screen');
      });
      const all = paper.text.join('\n');
      for (let n = 4; n <= 120; n += 1) assert.ok(all.includes(`学员${n}`) && all.includes(`QH${String(n).padStart(4, '0')}`), `学员${n}`);
      assert.match(all, /赵〔U\+F0001〕/, 'never a blank');
      assert.match(all, /请假/);
      await drawPdf(path, 'sheet-printed', 2);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    },
  );

  await t.test('English is complete on the pages a member sees', async () => {
    const context = await chrome.newContext({ baseURL: yunke.url, locale: 'en-GB' });
    const page = await context.newPage();
    await page.goto('/sign-in');
    const text = (await page.innerText('body')).replaceAll('中文', '').replaceAll('云课', '');
    assert.doesNotMatch(text, /[\u4e00-\u9fff]/, text);
  });
});
