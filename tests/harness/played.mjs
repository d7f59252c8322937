// What a page really played, by the browser's own account of each medium (HTMLMediaElement.played), up to the very moment
// the page goes away; and what the evidence says of the same visit, line by line.

import assert from 'node:assert/strict';
import { until } from './wait.mjs';

/** The player's own tolerance: what it may claim ahead of the clock because `currentTime` is coarse (SLACK_MS of meter.ts). */
const MORE_MS = 300;
/** Before its first look and around a jump the player knows nothing: at most two looks (SAMPLE_MS of player.ts) are lost. */
const LESS_MS = 1_000;

const KEPT = 'yunke-test-played';

/** Runs in the page. */
function account(kept) {
  sessionStorage.removeItem(kept);
  const media = new Map();
  const total = () => {
    for (const medium of document.querySelectorAll('video, audio')) if (!media.has(medium)) media.set(medium, { done: 0, now: 0 });
    let sum = 0;
    for (const [{ played }, entry] of media) {
      let now = 0;
      for (let i = 0; i < played.length; i += 1) now += (played.end(i) - played.start(i)) * 1000;
      // Another source begins at nothing.
      if (now < entry.now) entry.done += entry.now;
      entry.now = now;
      sum += entry.done + now;
    }
    return sum;
  };
  setInterval(total, 50);
  addEventListener('pagehide', () => sessionStorage.setItem(kept, String(total())));
  window.__played = total;
}

/** From now on what `page` plays is counted, and its leases are known: call it when the lesson's page has just been asked for. */
export async function follow(page, go) {
  if (!page.leases) {
    page.on('response', async (response) => {
      if (!response.ok() || !new URL(response.url()).pathname.endsWith('/leases')) return;
      page.leases.push((await response.json()).lease_id);
    });
  }
  page.leases = [];
  await go();
  await page.evaluate(account, KEPT);
}

/** Milliseconds of media the page has played since it was opened. */
export const playedMs = (page) => page.evaluate(() => window.__played());

/**
 * Leaves the lesson for a page of ours that is none of the application; what was played until then, and its leases. The last report
 * is on its way then: the page's context must live on until it has arrived.
 */
export async function leave(page) {
  const { leases } = page;
  await page.goto('/health/live');
  const ms = await until('the account of what was played', () => page.evaluate((kept) => sessionStorage.getItem(kept), KEPT));
  return { ms: Number(ms), leases };
}

const length = (pieces) => pieces.reduce((sum, piece) => sum + piece.to_ms - piece.from_ms, 0);

/** Length of the union of pieces. */
export function covered(pieces) {
  let [sum, end] = [0, Number.NEGATIVE_INFINITY];
  for (const { from_ms, to_ms } of [...pieces].sort((a, b) => a.from_ms - b.from_ms)) {
    sum += Math.max(0, to_ms - Math.max(from_ms, end));
    end = Math.max(end, to_ms);
  }
  return sum;
}

/** All intervals of `member` as an organizer opens them. */
export async function evidence(organizer, lesson, member) {
  return organizer.get(`/api/console/lessons/${lesson}/attendance/${member.me.id}`);
}

/**
 * Holds the evidence of a visit against what was played in it: never more than that, and nothing of it lost. The evidence
 * of all visits then has to come to what is counted. `less` is what may be lost where picture was.
 */
export async function defend(t, { organizer, lesson, member, visit, less = LESS_MS, within = 10_000 }) {
  const { mine, all, row } = await until(
    `${Math.round(visit.ms)} ms to be claimed`,
    async () => {
      const { intervals, row } = await evidence(organizer, lesson, member);
      const mine = intervals.filter(({ lease }) => visit.leases.includes(lease));
      const claimed = length(mine.map((one) => one.claimed));
      if (claimed < visit.ms - less) throw new Error(`claimed ${claimed} ms`);
      return { mine, all: intervals.flatMap(({ pieces }) => pieces), row };
    },
    { within },
  );
  const claimed = length(mine.map((one) => one.claimed));
  t.diagnostic(
    `played ${Math.round(visit.ms)} ms, claimed ${claimed} ms, of which count ${covered(mine.flatMap(({ pieces }) => pieces))} ms`,
  );
  assert.ok(claimed <= visit.ms + MORE_MS, `claimed ${claimed} ms, played ${Math.round(visit.ms)} ms: ${JSON.stringify(mine)}`);
  assert.equal(row.counted_ms, covered(all), 'the intervals do not come to what is counted');
  return { claimed, counted: row.counted_ms };
}
