// The first start of a centre's own box, and how the program comes and goes.
// Cost: 1 s, light.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processAlive } from '../harness/program.mjs';
import { until } from '../harness/wait.mjs';
import { Yunke } from '../harness/yunke.mjs';

const REFUSED = (code) => (error) => error.code === code || assert.fail(error.message);

test('first run', async (t) => {
  const yunke = await Yunke.start(t);
  const person = yunke.person();
  const centre = { centre_name: '云溪社区服务中心', organizer_name: '周敏', phone: '13700000001', password: 'a long enough password' };
  yunke.secret('password', centre.password);
  yunke.secret('phone', centre.phone);
  let token;

  await t.test('an empty start prints a one-time link and asks for it', async () => {
    [, token] = await yunke.program.says(/https?:\/\/\S+\/setup\?token=([\w-]+)/);
    assert.equal((await person.get('/api/setup')).needed, true);
    assert.ok(token.length >= 20, 'the token can be guessed');
  });

  await t.test('a wrong token sets nothing up', async () => {
    await assert.rejects(person.post('/api/setup', { token: 'x'.repeat(token.length), ...centre }), REFUSED('setup_token_wrong'));
    assert.equal((await person.get('/api/setup')).needed, true);
  });

  await t.test('the right one creates the centre and signs its organizer in, once', async () => {
    const me = await person.post('/api/setup', { token, ...centre });
    assert.equal(me.name, centre.organizer_name);
    assert.ok(me.roles.some((role) => role.role === 'organizer'));
    assert.doesNotMatch(JSON.stringify(me), new RegExp(centre.phone), 'the phone is not masked');
    await assert.rejects(person.post('/api/setup', { token, ...centre }), REFUSED('setup_done'));
    assert.equal((await person.get('/api/setup')).needed, false);
    const units = JSON.stringify(await person.get('/api/console/units'));
    assert.match(units, /云溪社区服务中心/);
  });

  await t.test('Ctrl-C ends both programs within 5 s', async () => {
    const media = await yunke.media();
    const { code, ms } = await yunke.interrupt();
    assert.equal(code, 0);
    assert.ok(ms < 5_000, `took ${Math.round(ms)} ms`);
    await until('yunke-media to be gone', async () => !(await processAlive(media)), { within: 1_000 });
  });

  await t.test('the second start is quick, knows the centre and prints no link', async () => {
    await yunke.launch();
    assert.ok(yunke.startMs < 5_000, `took ${Math.round(yunke.startMs)} ms`);
    await yunke.person().signIn(centre);
    await person.get('/api/me');
    assert.doesNotMatch(yunke.program.output, /setup\?token=/);
  });

  await t.test('a second Yunke on the same data or ports says what is wrong and leaves the first alone', async () => {
    const { Program } = await import('../harness/program.mjs');
    const { binFolder } = await import('../harness/yunke.mjs');
    const again = new Program(`${binFolder}/yunke`, ['serve', '--config', `${yunke.folder}/yunke.toml`, '--data', yunke.data]);
    const { code } = await again.ends({ within: 15_000 });
    assert.notEqual(code, 0);
    assert.match(again.output, /in use|already/i);
    await person.get('/api/me');
    assert.ok(await yunke.mediaPid(), 'the first one lost its media process');
  });
});

test('configuration mistakes are named before anything binds', async (t) => {
  const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { Program } = await import('../harness/program.mjs');
  const { binFolder } = await import('../harness/yunke.mjs');
  const folder = await mkdtemp(`${tmpdir()}/yunke-config-`);
  t.after(() => rm(folder, { recursive: true }));
  for (const [text, word] of [
    ['[http]\nlisten = "nonsense"\n', /listen/],
    ['[http]\nlissten = "127.0.0.1:0"\n', /lissten/],
  ]) {
    await writeFile(`${folder}/yunke.toml`, text);
    const program = new Program(`${binFolder}/yunke`, ['serve', '--config', `${folder}/yunke.toml`, '--data', `${folder}/data`]);
    const { code } = await program.ends();
    assert.notEqual(code, 0);
    assert.match(program.output, word);
  }
});
