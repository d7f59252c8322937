// What an attack earns: at most the time the attacker could have watched, and 3 s.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beat } from '../harness/api.mjs';
import { cast } from '../harness/cast.mjs';
import { crowd } from '../harness/crowd.mjs';
import { edgePast, goLive, plan, publish } from '../harness/lessons.mjs';
import { watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** What jitter is allowed, once per member and lesson. */
const ALLOWANCE_MS = 3_000;
/** How far into the lesson attacks begin: more than any of them may earn. */
const INTO_MS = 15_000;

test('fraud', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const { organizer, lecturer, near, stage } = await cast(yunke);
  const lesson = await plan(organizer, stage);
  await publish(t, lecturer, lesson, { video: false });
  await goLive(lecturer, lesson);
  await edgePast(near, lesson, INTO_MS);
  const table = [];

  const send = (person, lease, beats) => person.raw('POST', `/api/lessons/${lesson}/beats`, { body: { lease: lease.lease, beats } });
  const edge = async () => (await near.get(`/api/lessons/${lesson}`)).edge_ms;
  const counted = async (person) => (await person.get(`/api/lessons/${lesson}/progress`)).counted_ms;
  /** As many leases as the server gives at once. */
  const leases = async (person, wanted) => {
    const given = [];
    for (let i = 0; i < wanted; i += 1) {
      const response = await person.raw('POST', `/api/lessons/${lesson}/leases`, { body: { device: 'phone' } });
      if (response.status === 429) {
        assert.ok(Number(response.headers.get('retry-after')) >= 1);
        break;
      }
      const lease = await response.json();
      yunke.secret('lease', lease.lease);
      given.push(lease);
    }
    return given;
  };
  /** Claims all of the lesson so far, a stretch a lease. */
  const claimAll = async (person, held) => {
    const all = await edge();
    const piece = Math.ceil(all / held.length);
    await Promise.all(held.map((lease, i) => send(person, lease, [beat(1, i * piece, Math.min(all, (i + 1) * piece))])));
  };

  /** Each gives how many milliseconds it could have watched honestly. */
  const attacks = {
    'many leases at once, late into a live lesson': async (person) => {
      const began = performance.now();
      const held = await leases(person, 100);
      assert.ok(held.length < 50, `${held.length} leases at once`);
      await claimAll(person, held);
      return performance.now() - began;
    },
    'eight leases that wait side by side': async (person) => {
      const began = performance.now();
      const held = await leases(person, 8);
      await watchFor(4_000);
      await claimAll(person, held);
      return performance.now() - began;
    },
    'superseded leases are refused, and the page is told so': async (person) => {
      const began = performance.now();
      const held = await leases(person, 10);
      const now = await edge();
      for (const [i, lease] of held.entries()) {
        const response = await send(person, lease, [beat(1, now - 10, now)]);
        const refused = i < 2;
        assert.equal(response.status, refused ? 403 : 200);
        if (refused) assert.equal((await response.json()).code, 'lease_superseded');
      }
      return performance.now() - began;
    },
    'a hundred beats a second': async (person) => {
      const began = performance.now();
      const [lease] = await leases(person, 1);
      let seq = 0;
      for (let second = 0; second < 2; second += 1) {
        const sent = Array.from({ length: 100 }, () => {
          seq += 1;
          return send(person, lease, [beat(seq, ((seq - 1) * 150) % INTO_MS, ((seq - 1) * 150) % INTO_MS + 150)]);
        });
        await Promise.all(sent);
      }
      return performance.now() - began;
    },
    'beats in any order, each sent three times': async (person) => {
      const began = performance.now();
      const [lease] = await leases(person, 1);
      const beats = Array.from({ length: 30 }, (_, i) => beat(i + 1, i * 500, i * 500 + 500));
      for (let again = 0; again < 3; again += 1) await send(person, lease, beats.toReversed());
      return performance.now() - began;
    },
    'sixteen times the speed, said and hidden': async (person) => {
      const began = performance.now();
      const [lease] = await leases(person, 1);
      await send(person, lease, [beat(1, 0, INTO_MS, { rate_milli: 16_000 })]);
      await send(person, lease, [beat(2, 0, INTO_MS)]);
      return performance.now() - began;
    },
    'no numbers and negative ones': async (person) => {
      const [lease] = await leases(person, 1);
      for (const wrong of [-5_000, Number.NaN, Number.POSITIVE_INFINITY, '0', 0.5, null]) {
        await send(person, lease, [beat(1, wrong, 10_000), beat(2, 0, wrong)]);
        await send(person, lease, [beat(3, 0, 10_000, { rate_milli: wrong })]);
      }
      return 0;
    },
  };

  const people = await crowd(yunke, near, Object.keys(attacks).length);
  const rows = Object.entries(attacks).map(async ([name, attack], i) => {
    const could = Math.round(await attack(people[i]));
    table.push({ attack: name, could_ms: could, credited_ms: await counted(people[i]) });
  });
  await Promise.all(rows);
  t.diagnostic(table.map((row) => `${row.attack}: ${row.credited_ms} ms of ${row.could_ms}`).join('\n'));
  for (const { attack, could_ms: could, credited_ms: credited } of table) {
    await t.test(attack, () => assert.ok(credited <= could + ALLOWANCE_MS, `${credited} ms credited, ${could} ms could be watched`));
  }
});
