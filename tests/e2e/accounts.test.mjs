// Who may come in, and what they may see.
// Cost: 3 s, light.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { cast, DEMO } from '../harness/cast.mjs';
import { plan } from '../harness/lessons.mjs';
import { Yunke } from '../harness/yunke.mjs';

test('accounts', async (t) => {
  const yunke = await Yunke.start(t, { demo: true, quiet: true });
  const people = await cast(yunke);
  const refusal = (promise) =>
    promise.then(
      () => assert.fail('was not refused'),
      (error) => error,
    );

  await t.test('a wrong password is refused, and so is an unknown phone, in the same words', async () => {
    const wrong = await refusal(yunke.signedIn({ phone: DEMO.organizer.phone, password: 'not the password' }));
    const unknown = await refusal(yunke.signedIn({ phone: '13912345678', password: 'not the password' }));
    for (const error of [wrong, unknown]) {
      assert.equal(error.status, 401);
      assert.equal(error.code, 'wrong_credentials');
      assert.match(error.headers.get('content-type'), /^application\/problem\+json/);
    }
    assert.equal(wrong.problem.detail, unknown.problem.detail);
  });

  await t.test('what was copied along with a number or a password keeps nobody out', async () => {
    const { phone, password } = DEMO.organizer;
    const [area, middle, last] = [phone.slice(0, 3), phone.slice(3, 7), phone.slice(7)];
    const pasted = [
      `\u202d${phone}\u202c`,
      `\u2068${phone}\u2069`,
      `${phone}\u200b`,
      `\ufeff${phone}`,
      `${area}\u00a0${middle}\u202f${last}`,
      `${area}\u2011${middle}\u2212${last}`,
      `0086 ${phone}`,
      `86${phone}`,
      `（${area}）${middle}.${last}`,
      [...phone].map((digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)).join(''),
    ];
    for (const number of pasted) assert.ok((await yunke.signedIn({ phone: number, password })).me.id, JSON.stringify(number));
    assert.ok((await yunke.signedIn({ phone, password: ` ${password}\u200b\n` })).me.id);
    assert.equal((await refusal(yunke.signedIn({ phone, password: password.replace('-', '\u200b-') }))).status, 401);
  });

  await t.test('many wrong passwords for one phone are slowed down, others are not', async () => {
    const attempt = () => refusal(yunke.signedIn({ phone: '13900000000', password: 'guess after guess' }));
    let last;
    for (let i = 0; i < 30 && last?.status !== 429; i += 1) last = await attempt();
    assert.equal(last.code, 'too_many_attempts');
    assert.ok(Number(last.headers.get('retry-after')) > 0);
  });

  await t.test('the session cookie is out of reach of scripts and other sites', () => {
    assert.match(people.near.setCookie, /HttpOnly/i);
    assert.match(people.near.setCookie, /SameSite=Lax/i);
    assert.match(people.near.setCookie, /Path=\//i);
  });

  await t.test('nothing without signing in; signing out everywhere ends all sessions', async () => {
    const stranger = await refusal(yunke.person().get('/api/home'));
    assert.equal(stranger.status, 401);
    assert.equal(stranger.code, 'sign_in_required');
    const first = await yunke.signedIn(DEMO.lecturer);
    const second = await yunke.signedIn(DEMO.lecturer);
    await first.call('DELETE', '/api/sessions');
    assert.equal((await refusal(second.get('/api/me'))).status, 401);
    people.lecturer = await yunke.signedIn(DEMO.lecturer);
  });

  await t.test('a call from another site is refused before it does anything', async () => {
    const foreign = { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' };
    const response = await people.near.raw('DELETE', '/api/session', { headers: foreign });
    assert.equal(response.status, 403);
    assert.equal((await people.near.get('/api/me')).id, people.near.me.id);
    const byOrigin = await people.near.raw('DELETE', '/api/session', { headers: { origin: 'https://elsewhere.example' } });
    assert.equal(byOrigin.status, 403);
  });

  await t.test('a proxy that names the default port, or writes the host its own way, keeps no page of ours out', async () => {
    /** With a Host of ours, which fetch would not send. */
    const ask = (host, origin) =>
      new Promise((answered, failed) => {
        const headers = { host, origin, cookie: people.near2.cookie, 'content-type': 'application/json' };
        const call = request({ host: '127.0.0.1', port: yunke.ports.web, method: 'POST', path: '/api/session', headers }, (response) =>
          answered(response.resume().statusCode),
        );
        call.on('error', failed).end('{}');
      });
    for (const [host, origin] of [
      ['yunke.cn:443', 'https://yunke.cn'],
      ['yunke.cn', 'https://yunke.cn:443'],
      ['yunke.cn:80', 'https://yunke.cn'],
      ['YUNKE.cn.', 'https://yunke.cn'],
      ['[::1]:443', 'https://[::1]'],
    ]) {
      assert.notEqual(await ask(host, origin), 403, `${host} ${origin}`);
    }
    for (const [host, origin] of [
      ['yunke.cn', 'https://elsewhere.cn'],
      ['yunke.cn', 'https://yunke.cn:8443'],
      ['yunke.cn', 'null'],
    ]) {
      assert.equal(await ask(host, origin), 403, `${host} ${origin}`);
    }
  });

  await t.test('a member of a branch that is not invited gets neither lesson nor lease', async () => {
    const lesson = await plan(people.organizer, { ...people.stage, lecturer: people.lecturer });
    assert.equal((await people.near.get(`/api/lessons/${lesson}`)).id, lesson);
    for (const call of [() => people.far.get(`/api/lessons/${lesson}`), () => people.far.lease(lesson)]) {
      const error = await refusal(call());
      assert.equal(error.status, 403);
      assert.equal(error.code, 'not_invited');
    }
  });

  await t.test('members and lecturers cannot organize, members cannot lecture', async () => {
    const lesson = await plan(people.organizer, { ...people.stage, lecturer: people.lecturer });
    const calls = [
      () => people.near.get('/api/console/lessons'),
      () => people.near.get(`/api/console/lessons/${lesson}/attendance`),
      () => people.near.get(`/api/console/lessons/${lesson}/export?format=csv`),
      () => people.near.post(`/api/studio/lessons/${lesson}/key`),
      () => people.near.post(`/api/studio/lessons/${lesson}/start`),
      () => people.lecturer.get('/api/console/units'),
    ];
    for (const call of calls) {
      const error = await refusal(call());
      assert.equal(error.status, 403, error.message);
    }
  });

  await t.test('pages carry the security headers and a strict policy', async () => {
    const response = await fetch(yunke.url);
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'self'|default-src 'none'/);
    assert.doesNotMatch(policy, /script-src[^;]*unsafe-inline|unsafe-eval/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.ok(response.headers.get('referrer-policy'));
  });

  await t.test('the document of the API describes what was called here', async () => {
    const document = await people.near.get('/api/openapi.json');
    assert.match(document.openapi, /^3\./);
    for (const path of ['/api/session', '/api/home', '/api/lessons/{id}/leases', '/api/console/lessons']) {
      assert.ok(document.paths[path], `${path} is not described`);
    }
  });

  await t.test('health tells the parts; metrics are for this machine only', async () => {
    assert.equal((await fetch(`${yunke.url}/health/live`)).status, 200);
    assert.equal((await fetch(`${yunke.url}/health/ready`)).status, 200);
    assert.match(await (await fetch(`${yunke.url}/metrics`)).text(), /^yunke_viewers 0$/m);
    const forwarded = await fetch(`${yunke.url}/metrics`, { headers: { 'x-forwarded-for': '203.0.113.7' } });
    assert.ok([403, 404].includes(forwarded.status));
  });
});
