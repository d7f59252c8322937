// What an attack earns: at most the time the attacker could have watched, and 3 s.
// Cost: 65 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beat } from '../harness/api.mjs';
import { cast } from '../harness/cast.mjs';
import { crowd, flood } from '../harness/crowd.mjs';
import { fetching, fetchOnce } from '../harness/fetching.mjs';
import { beside, playlist } from '../harness/hls.mjs';
import { edgePast, end, goLive, plan, publish } from '../harness/lessons.mjs';
import { until, watchFor } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

/** What jitter is allowed, once per member and lesson. */
const ALLOWANCE_MS = 3_000;
/** How long an honest beat waits at most while another's evidence is judged, on a machine with neighbours. */
const ACK_MS = 5_000;
/** After this nothing more is served to who is disabled. */
const REVOKED_MS = 15_000;
/** How long who fetches nothing reports as if they watched. */
const SILENT_MS = 5_000;
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

  /** Reports for a while as a player at the edge does; gives when it began. */
  const report = async (person, lease, ms = SILENT_MS) => {
    const [began, from] = [performance.now(), await edge()];
    let [seq, at] = [1, from];
    while (performance.now() - began < ms) {
      await watchFor(500);
      const now = Math.min(await edge(), from + Math.floor(performance.now() - began));
      await send(person, lease, [beat(seq, at, now, { mode: 'audio' })]);
      [seq, at] = [seq + 1, now];
    }
    return began;
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
    'sound of a hidden page, said of everything': async (person) => {
      const began = performance.now();
      const held = await leases(person, 2);
      await watchFor(3_000);
      const hidden = { mode: 'audio', visible: false };
      for (const [i, lease] of held.entries()) await send(person, lease, [beat(1, i * 7_500, i * 7_500 + 7_500, hidden), beat(2, 0, INTO_MS, hidden)]);
      return performance.now() - began;
    },
    'nothing fetched': async (person) => {
      const [lease] = await leases(person, 1);
      await report(person, lease);
      return 0;
    },
    'only the headers fetched': async (person) => {
      const [lease] = await leases(person, 1);
      const reporting = report(person, lease);
      const list = await playlist(beside(lease.live_url, 'audio.m3u8'));
      for (const { uri } of list.segments) {
        await fetch(beside(lease.live_url, uri), { method: 'HEAD' });
        const range = await fetch(beside(lease.live_url, uri), { headers: { range: 'bytes=0-0' } });
        assert.equal(range.status, 206);
      }
      await reporting;
      return 0;
    },
    'a cache by its own word, forged tokens and all': async (person) => {
      const [lease] = await leases(person, 1);
      const reporting = report(person, lease);
      for (const headers of [{ via: '1.1 yunke-edge' }, { 'x-yunke-edge': '' }, { 'x-yunke-edge': 'yunke-edge', via: '1.1 edge' }])
        await (await fetch(beside(lease.live_url, 'audio.m3u8'), { headers })).text();
      await reporting;
      return 0;
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
  const late = await crowd(yunke, near, 2);
  for (const person of late) [person.held] = await leases(person, 1);
  // Who watches honestly beside them keeps all.
  const [honest] = await crowd(yunke, near, 1);
  const [own] = await leases(honest, 1);
  fetching(t, own.live_url);
  const listening = report(honest, own).then((began) => performance.now() - began);
  const rows = Object.entries(attacks).map(async ([name, attack], i) => {
    const could = Math.round(await attack(people[i]));
    table.push({ attack: name, could_ms: could, credited_ms: await counted(people[i]) });
  });
  await Promise.all(rows);
  const listened = await listening;
  await t.test('who fetched nothing is found out within seconds, and who listened keeps it', async () => {
    const silent = table.filter(({ could_ms: could }) => could === 0);
    await until('deliveries to be kept', async () => {
      for (const row of silent) row.credited_ms = await counted(people[Object.keys(attacks).indexOf(row.attack)]);
      return silent.every((row) => row.credited_ms <= ALLOWANCE_MS);
    }, { within: 25_000 });
    const kept = await counted(honest);
    assert.ok(kept >= listened - 2_500 && kept <= listened + ALLOWANCE_MS, `${kept} ms of ${Math.round(listened)} listened`);
  });

  await t.test('who is disabled, and who signs out everywhere, is served no more within seconds', async (t) => {
    const [disabled, left, stays] = await crowd(yunke, near, 3);
    const opened = [];
    for (const person of [disabled, left, stays]) opened.push(await person.lease(lesson));
    const playlists = () => Promise.all(opened.map(({ live_url: url }) => fetch(url).then(({ status }) => status)));
    assert.deepEqual(await playlists(), [200, 200, 200]);
    const { id } = await disabled.get('/api/me');
    await organizer.call('PUT', `/api/console/people/${id}/disabled`, { disabled: true });
    await left.raw('DELETE', '/api/sessions');
    const began = performance.now();
    await until('their media to be refused', async () => {
      const [first, second] = await playlists();
      return first === 403 && second === 403;
    }, { within: REVOKED_MS });
    t.diagnostic(`refused after ${Math.round(performance.now() - began)} ms`);
    assert.equal((await playlists())[2], 200);
  });

  await t.test('who has a hundred thousand beats judged eight times at once keeps nobody waiting', async (t) => {
    const [many] = await crowd(yunke, near, 1);
    const [lease] = await leases(many, 1);
    await flood(yunke, lease.lease_id, 99_000);
    let over = false;
    const asked = Promise.all(Array.from({ length: 8 }, () => many.raw('GET', '/api/me/records').then((answer) => answer.text()))).then(() => (over = true));
    const waits = [];
    for (let seq = 10_000; !over; seq += 1) {
      const began = performance.now();
      const now = await edge();
      const answer = await (await send(honest, own, [beat(seq, now, now)])).json();
      assert.deepEqual(answer.acked, [seq]);
      waits.push(performance.now() - began);
    }
    await asked;
    const longest = Math.max(...waits);
    t.diagnostic(`${waits.length} beats, the slowest acknowledged after ${Math.round(longest)} ms`);
    assert.ok(longest < ACK_MS, `${longest} ms`);
  });

  await end(lecturer, lesson);
  await t.test('a replay of which nothing was fetched earns nothing, and who fetched it keeps what was played', async () => {
    const [silent, listener] = await crowd(yunke, near, 2);
    const opened = await until('the replay', async () => {
      const lease = await listener.lease(lesson);
      return lease.replay_audio_url && lease;
    }, { within: 15_000 });
    await fetchOnce(opened.replay_audio_url);
    const [unread] = await leases(silent, 1);
    await watchFor(SILENT_MS);
    for (const [person, lease] of [[silent, unread], [listener, opened]]) await send(person, lease, [beat(1, 0, SILENT_MS, { source: 'replay', mode: 'audio' })]);
    await until('deliveries to be kept', async () => (await counted(silent)) === 0, { within: 30_000 });
    const kept = await counted(listener);
    assert.ok(kept >= SILENT_MS - 100, `${kept} ms of ${SILENT_MS} listened`);
  });

  const of = async (path, wish) => lecturer.call('PUT', `/api/studio/lessons/${lesson}/replay/${path}`, wish);
  const after = {
    'a replay trimmed to a second': async (person) => {
      await of('trim', { in_ms: 5_000, out_ms: 6_000 });
      const began = performance.now();
      const [lease] = await leases(person, 1);
      await fetchOnce(lease.replay_url);
      await watchFor(4_000);
      await send(person, lease, [beat(1, 0, 4_000, { source: 'replay' }), beat(2, 4_000, 8_000, { source: 'live' })]);
      const { credit } = await person.get(`/api/lessons/${lesson}/progress`);
      assert.equal(credit, 'none');
      await of('trim', { in_ms: 0, out_ms: null });
      return Math.min(1_000, performance.now() - began);
    },
    'a hidden replay, by the lease of the live lesson': async (person) => {
      await of('hidden', { hidden: true });
      const refused = await person.raw('POST', `/api/lessons/${lesson}/leases`, { body: { device: 'phone' } });
      assert.equal((await refused.json()).code, 'replay_hidden');
      await watchFor(3_000);
      await send(person, person.held, [beat(1, 0, 3_000, { source: 'replay' }), beat(2, 3_000, 6_000, { source: 'replay' })]);
      return 0;
    },
  };
  for (const [name, attack] of Object.entries(after)) {
    const person = late[Object.keys(after).indexOf(name)];
    const could = Math.round(await attack(person));
    table.push({ attack: name, could_ms: could, credited_ms: await counted(person) });
  }

  t.diagnostic(table.map((row) => `${row.attack}: ${row.credited_ms} ms of ${row.could_ms}`).join('\n'));
  for (const { attack, could_ms: could, credited_ms: credited } of table) {
    await t.test(attack, () => assert.ok(credited <= could + ALLOWANCE_MS, `${credited} ms credited, ${could} ms could be watched`));
  }
});
