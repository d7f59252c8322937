// A track comes, pauses, rests, stops or ends while people watch, or in the recording. What can be heard or seen goes on, is
// counted, and changes over without a tap; what is missing is said. Every cell is a lesson by our own encoder out of one
// scene, with a member who is there from the start and one who comes while the track is missing; up to two lessons at a
// time. WebKit, where it is installed, is the second member of one of them, and of its recording.
// `make test` plays of each kind of change one live lesson and its recording, `make test-full` all of them.
// Cost: 180 s, heavy.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { cast } from '../harness/cast.mjs';
import { Encoder, tagsOf } from '../harness/encoder.mjs';
import { end, goLive, plan, rtmpAddress } from '../harness/lessons.mjs';
import { WORDS, signIn } from '../harness/pages.mjs';
import { browser, open, picture } from '../harness/phone.mjs';
import { covered, evidence, follow, leave } from '../harness/played.mjs';
import { pace, saidAfter, sense, sensed, standstill, within } from '../harness/senses.mjs';
import { FULL } from '../harness/tier.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Webkit, withoutWebkit } from '../harness/webkit.mjs';
import { Yunke } from '../harness/yunke.mjs';

const run = promisify(execFile);
const SCENE_S = 34;
/** The track's change, and its return, in the time of the scene. */
const TURN_MS = 10_000;
const BACK_MS = 20_000;
/** Between the pictures of a screen at rest. */
const REST_MS = 2_500;
/** A change-over may take this long from when it can be noticed, and live media is on its way for this long. */
const CHANGE_MS = 3_000;
const AWAY_MS = 2_500;
/** From the first frame of a WHEP connection to its date. */
const DATED_MS = 3_000;
const SAYS = {
  picture: { live: /画面暂时中断，声音继续|这节课现在只有声音/, replay: /没有画面|只有声音|画面暂时中断/ },
  sound: { live: /讲师的声音暂时没有传来/, replay: /没有声音|声音暂时没有传来/ },
};
const BROKEN = /正在重新连接|讲师那边断开/;

/** Which of a track is sent: `at` is the time in the scene. */
const SCENES = {
  comes: (at) => at >= TURN_MS,
  pauses: (at) => at < TURN_MS || at >= BACK_MS,
  stops: (at) => at < TURN_MS,
};
const other = { picture: 'sound', sound: 'picture' };

async function scene(folder) {
  const file = join(folder, 'scene.flv');
  await run('ffmpeg', [
    '-nostdin',
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=320x180:r=15',
    '-f',
    'lavfi',
    '-i',
    'sine=f=440:r=48000:beep_factor=4',
    '-t',
    String(SCENE_S),
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-tune',
    'zerolatency',
    '-b:v',
    '200k',
    '-g',
    '15',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    '-b:a',
    '64k',
    file,
  ]);
  return tagsOf(file);
}

/** The scene with `track` sent only when `sent` says so; its configuration goes before its first tag. */
function without(tags, track, sent) {
  const mine = (tag) => tag.video === (track === 'picture');
  const config = tags.find((tag) => mine(tag) && tag.config);
  const first = tags.find((tag) => mine(tag) && !tag.config && sent(tag.at));
  const kept = tags.filter((tag) => !mine(tag) || (!tag.config && sent(tag.at)));
  return [...kept, ...(first ? [{ ...config, at: first.at }] : [])].sort((a, b) => a.at - b.at || Number(b.config) - Number(a.config));
}

/** The sound of the scene beside a screen at rest: a picture in 2.5 s, each one out of the one before, four to a key frame. */
function atRest(tags) {
  const pictures = tags.filter((tag) => tag.video && !tag.config);
  const keys = pictures.flatMap((tag, n) => (tag.key ? [n] : []));
  const sparse = Array.from({ length: Math.floor((SCENE_S * 1000) / REST_MS) }, (_, n) => ({
    ...pictures[keys[Math.floor(n / 4)] + (n % 4)],
    at: n * REST_MS,
  }));
  const config = { ...tags.find((tag) => tag.video && tag.config), at: 0 };
  return [config, ...tags.filter((tag) => !tag.video), ...sparse].sort((a, b) => a.at - b.at || Number(b.config) - Number(a.config));
}

test('a track comes, pauses, stops or ends', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, near2, account, stage } = await cast(yunke);
  const tags = await scene(yunke.folder);
  const chrome = await browser(['--autoplay-policy=user-gesture-required']);
  t.after(() => chrome.close());
  const noWebkit = withoutWebkit();
  if (noWebkit) t.diagnostic(noWebkit);

  /** A lesson on air; `origin`: wall clock of the scene's time 0. */
  const lessonOf = async (track, how, whep) => {
    const lesson = await plan(organizer, stage, { title: `${track} ${how}`, low_latency: whep });
    const { url } = await rtmpAddress(lecturer, lesson);
    const encoder = await Encoder.connect(t, url);
    const origin = Date.now();
    const played = encoder.play(how === 'rests' ? atRest(tags) : without(tags, track, SCENES[how]));
    played.catch(() => {});
    await until('the publisher to be seen', async () => (await lecturer.get(`/api/studio/lessons/${lesson}`)).publisher, {
      within: 15_000,
    });
    const { zero_at: zero } = await goLive(lecturer, lesson);
    return { lesson, track, how, whep, origin, zero };
  };

  /** A member opens the lesson and taps play. */
  const enter = async (person, lesson) => {
    const page = await open(chrome, yunke);
    await page.addInitScript(sense);
    await signIn(page, account(person));
    await follow(page, () => page.goto(`/lessons/${lesson}`));
    await page.getByRole('button', { name: WORDS.play }).first().click();
    return page;
  };

  /** What goes on does so over the change; what is missing is said; nothing is "reconnecting". */
  const goesOn = (log, { track, from, to, says }) => {
    const stretch = within(log, from, to);
    assert.ok(stretch.length > 10, 'nothing was sampled');
    const figures = {
      pace: pace(stretch).toFixed(2),
      soundStoodMs: standstill(stretch, 'sound'),
      clockStoodMs: standstill(stretch, 'clock'),
      saidMs: says && saidAfter(log, says, from),
    };
    assert.ok(standstill(stretch, other[track]) <= CHANGE_MS, `the ${other[track]} stood: ${JSON.stringify(figures)}`);
    assert.ok(pace(stretch) >= 0.8, `it went on too slowly: ${JSON.stringify(figures)}`);
    if (says)
      assert.ok(
        figures.saidMs !== null && figures.saidMs <= CHANGE_MS + AWAY_MS,
        `it was not said: ${JSON.stringify(figures)}; ${stretch.at(-1).says}`,
      );
    const broken = stretch.find((sample) => BROKEN.test(sample.says));
    assert.ok(!broken, `it said "${broken?.says}"`);
    return figures;
  };
  /** From `from` on the track itself plays again, and nothing is said of it any more. */
  const comesBack = (log, { track, from, says }) => {
    const rest = log.filter(({ at }) => at >= from);
    const before = rest[0]?.[track];
    const back = rest.find((sample) => sample[track] > before + (track === 'picture' ? 5 : 2_000));
    assert.ok(back && back.at - from <= CHANGE_MS + AWAY_MS, `the ${track} came ${back ? `after ${back.at - from} ms` : 'never'}`);
    assert.doesNotMatch(rest.at(-1).says, says);
    return back.at - from;
  };

  /** A member's page at a lesson for a while; what was got in it. */
  const visit = async (page) => {
    const log = await sensed(page);
    const { leases } = await leave(page);
    return { log, leases };
  };
  const clockTo = (at) => until('the scene to go on', () => Date.now() > at, { within: SCENE_S * 1000 });

  /** One live lesson: what the early and the late member got, and a window of WebKit. */
  const live = async (track, how, { webkit = null, whep = false } = {}) => {
    const one = await lessonOf(track, how, whep);
    const [turn, back] = [one.origin + TURN_MS, one.origin + BACK_MS];
    const over = { comes: turn + 9_000, pauses: back + 7_000, stops: turn + 12_000, rests: turn + 12_000 }[how];
    const early = await enter(near, one.lesson);
    if (webkit) await watchInWebkit(webkit, near2, one.lesson);
    await clockTo(turn + 3_000);
    const late = webkit ? null : await enter(near2, one.lesson);
    await clockTo(turn + 8_000);
    await picture(early, `tracks-${track}-${how}${whep ? '-whep' : ''}`);
    const realtime = await early.evaluate(() => document.querySelector('video').srcObject instanceof MediaStream);
    assert.equal(realtime, whep, `by WHEP: ${realtime}`);
    await clockTo(over);
    const { viewers_now: viewers } = await near.get(`/api/lessons/${one.lesson}`);
    const visits = { early: await visit(early), ...(late ? { late: await visit(late) } : {}) };
    if (webkit) {
      visits.webkit = { log: await sensed(webkit) };
      await webkit.picture(`tracks-${track}-${how}-webkit`);
      await webkit.goto('about:blank');
    }
    await end(lecturer, one.lesson);
    return { ...one, visits, turn, back, over, viewers };
  };
  const watchInWebkit = async (webkit, person, lesson) => {
    await webkit.be(person);
    await webkit.goto(`${yunke.url}/lessons/${lesson}`);
    await webkit.evaluate(sense);
    await webkit.click('button.play');
  };
  const startOf = (log, who) => {
    const first = log.find(({ clock }) => clock > 0.5);
    assert.ok(first, `the ${who} one never played: ${log.at(-1)?.says}`);
    return first.at;
  };

  /** Holds what was got against what has to be. */
  const judge = (t, { track, how, visits, turn, back, over, viewers }) => {
    const says = SAYS[track].live;
    const missing = { comes: [0, turn], pauses: [turn, back], stops: [turn, over], rests: [0, 0] }[how];
    for (const [who, { log }] of Object.entries(visits)) {
      const starts = startOf(log, who);
      const from = Math.max(missing[0], starts);
      const figures = [];
      // Who came late to what was there by then had nothing to miss.
      if (how === 'rests' && over - from > CHANGE_MS) {
        figures.push(goesOn(log, { track, from, to: over }));
        assert.ok(!log.some((sample) => says.test(sample.says)), 'a picture at rest was called missing');
        assert.ok(standstill(within(log, from, over), 'picture') <= REST_MS + 500, 'its pictures do not show when they come');
      }
      if (from < missing[1] - 2_000)
        figures.push(goesOn(log, { track, from, to: missing[1] - 200, says: how === 'comes' && track === 'sound' ? null : says }));
      if (how === 'comes' || how === 'pauses')
        figures.push({ cameBackMs: comesBack(log, { track, from: Math.max(missing[1], starts), says }) });
      const whole = log.filter(({ at }) => at >= starts);
      figures.push({ pace: pace(whole).toFixed(2), stoodMs: standstill(whole, 'clock') });
      t.diagnostic(`${track} ${how}, ${who}: ${JSON.stringify(figures)}`);
      assert.ok(pace(whole) >= 0.8, `the ${who} visit went on at ${pace(whole).toFixed(2)}`);
    }
    assert.equal(viewers, 2, `${viewers} are 在线`);
  };

  /** What `near` claims of a visit, against what was played of it. */
  const learned = async (t, { lesson, track, how, whep }, { log, leases }, what) => {
    // By WHEP nothing counts before the sender's clock is known.
    const played = log.at(-1).clock * 1000 - (whep ? DATED_MS : 0);
    const claimed = await until(
      `${what} to be claimed`,
      async () => {
        const { intervals } = await evidence(organizer, lesson, near);
        const ms = covered(intervals.filter(({ lease }) => leases.includes(lease)).map((one) => one.claimed));
        if (ms < played * 0.85) throw new Error(`${ms} ms claimed of ${Math.round(played)} ms`);
        return ms;
      },
      { within: 5_000 },
    );
    t.diagnostic(`${track} ${how}, ${what}: ${claimed} ms claimed of ${Math.round(played)} ms`);
  };

  /** The recording, from before the turn (of what joined later: from the start) to behind the return. */
  const replay = async (t, one, webkit) => {
    const { lesson, track, how, zero, origin } = one;
    const turnMs = origin + TURN_MS - zero;
    const from = how === 'comes' ? 0 : Math.max(0, turnMs - 3_000);
    const span = { comes: turnMs + 5_000, pauses: 18_000, stops: 9_000 }[how];
    const page = webkit ?? (await enter(near, lesson));
    if (webkit) await watchInWebkit(webkit, near2, lesson);
    const seek = (ms) => {
      const slider = document.querySelector('input[type=range]');
      slider.value = ms;
      slider.dispatchEvent(new Event('change'));
    };
    await until('the recording to play', async () => (await sensed(page)).at(-1)?.clock > 0.3, { within: 15_000 });
    if (from > 0) await page.evaluate(seek, from);
    const starts = Date.now();
    await watchFor(span);
    const log = await sensed(page);
    const stretch = within(log, starts + 500, starts + span);
    const who = webkit ? 'replay in WebKit' : 'replay';
    const figures = {
      pace: pace(stretch).toFixed(2),
      stoodMs: standstill(stretch, 'clock'),
      said: stretch.some((sample) => SAYS[track].replay.test(sample.says)),
    };
    t.diagnostic(`${track} ${how}, ${who}: ${JSON.stringify(figures)}`);
    assert.ok(
      pace(stretch) >= 0.8 && standstill(stretch, 'clock') <= CHANGE_MS,
      `it went on too slowly: ${JSON.stringify(figures)}; ${log.at(-1).says}`,
    );
    assert.ok(figures.said, 'what is missing was not said');
    assert.ok(
      stretch.every((sample) => !BROKEN.test(sample.says)),
      'it was "reconnecting"',
    );
    if (how !== 'stops') assert.ok(stretch.at(-1)[track] > stretch.at(-15)[track], `the ${track} did not come back`);
    if (webkit) return webkit.goto('about:blank');
    const { leases } = await leave(page);
    return learned(t, one, { log, leases }, 'the replay');
  };

  const webkit = noWebkit ? null : await Webkit.open(t);
  const done = [];
  const name = ({ track, how, whep }) => `the ${track} ${how}${whep ? ', by WHEP' : ''}`;
  /** Lessons side by side. */
  const round = (cells) =>
    t.test(`live: ${cells.map(([track, how]) => `${track} ${how}`).join(', ')}`, async (t) => {
      const lessons = await Promise.all(cells.map((cell) => live(...cell)));
      done.push(...lessons);
      for (const one of lessons) {
        await t.test(name(one), (t) => judge(t, one));
        await t.test(`${name(one)}: what was learned`, (t) => learned(t, one, one.visits.early, 'the visit'));
      }
    });
  // By LL-HLS one at a time: the players of a second one are more than two slow cores draw.
  await round([['picture', 'pauses', { webkit }]]);
  await round([['sound', 'stops']]);
  await round([['picture', 'comes']]);
  if (FULL) {
    await round([['sound', 'pauses']]);
    await round([['picture', 'stops']]);
    await round([['picture', 'comes', { webkit }]]);
    await round([['sound', 'comes']]);
  }
  await round([
    ['picture', 'pauses', { whep: true }],
    ['sound', 'pauses', { whep: true }],
  ]);
  await round([['picture', 'rests']]);
  await t.test('replay', { concurrency: 3 }, async (t) => {
    const parts = done.filter(({ how, whep }) => how !== 'rests' && !whep).map((one) => t.test(name(one), (t) => replay(t, one)));
    if (webkit && done.length > 0) parts.push(t.test('in WebKit', (t) => replay(t, done[0], webkit)));
    await Promise.all(parts);
  });
});
