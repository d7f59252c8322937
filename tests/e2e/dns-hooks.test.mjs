// The DNS hooks of deploy/dns against services that are played: a name and its wildcard have two values at a time.
// Cost: 4 s, light.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const folder = resolve(import.meta.dirname, '..', '..', 'deploy', 'dns');
const NAME = '_acme-challenge.c.example.cn';
const [KEY_ID, KEY_SECRET, TOKEN] = ['a-key-id', 'a-key-secret', '17,a-dnspod-token'];

/** A service that keeps TXT values by name; `answer(url, body, values)` gives a status and an object. */
async function play(t, answer) {
  const values = [{ id: '1', rr: '_acme-challenge.c', value: 'of somebody else' }];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const [status, said] = answer(new URL(request.url, 'http://service'), body, values);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { values, endpoint: `http://127.0.0.1:${server.address().port}/` };
}

const encoded = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** As Alibaba's documents say: sorted, encoded twice, signed by HMAC-SHA1. */
function signedWell({ searchParams }) {
  const pairs = [...searchParams].filter(([name]) => name !== 'Signature').sort(([a], [b]) => (a < b ? -1 : 1));
  const query = pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&');
  const wanted = createHmac('sha1', `${KEY_SECRET}&`)
    .update(`GET&%2F&${encoded(query)}`)
    .digest('base64');
  return searchParams.get('Signature') === wanted && searchParams.get('AccessKeyId') === KEY_ID;
}

function aliyun(url, _body, values) {
  const wanted = Object.fromEntries(url.searchParams);
  if (!signedWell(url)) return [400, { Code: 'SignatureDoesNotMatch', Message: 'no' }];
  if (wanted.Action === 'GetMainDomainName') {
    return [200, { DomainName: 'example.cn', RR: wanted.InputString.replace(/\.example\.cn$/, '') }];
  }
  if (wanted.DomainName && wanted.DomainName !== 'example.cn') return [404, { Code: 'InvalidDomainName.NoExist', Message: 'no' }];
  if (wanted.Action === 'DescribeDomainRecords') {
    // The service finds whatever contains the word.
    const Record = values
      .filter(({ rr }) => rr.includes(wanted.RRKeyWord))
      .map(({ id, rr, value }) => ({ RecordId: id, RR: rr, Type: 'TXT', Value: value }));
    return [200, { DomainRecords: { Record } }];
  }
  if (wanted.Action === 'AddDomainRecord') values.push({ id: String(values.length + 1), rr: wanted.RR, value: wanted.Value });
  if (wanted.Action === 'DeleteDomainRecord')
    values.splice(
      values.findIndex(({ id }) => id === wanted.RecordId),
      1,
    );
  return [200, {}];
}

function dnspod(url, body, values) {
  const wanted = Object.fromEntries(new URLSearchParams(body));
  const said = (code, more = {}) => [200, { status: { code, message: 'as it is' }, ...more }];
  if (wanted.login_token !== TOKEN) return said('-1');
  if (wanted.domain !== 'example.cn') return said('13');
  if (url.pathname === '/Record.List') {
    const records = values.filter(({ rr }) => rr === wanted.sub_domain).map(({ id, rr, value }) => ({ id, name: rr, type: 'TXT', value }));
    return records.length ? said('1', { records }) : said('10');
  }
  if (url.pathname === '/Record.Create') values.push({ id: String(values.length + 1), rr: wanted.sub_domain, value: wanted.value });
  if (url.pathname === '/Record.Remove')
    values.splice(
      values.findIndex(({ id }) => id === wanted.record_id),
      1,
    );
  return said('1');
}

for (const [service, answer, env] of [
  ['aliyun', aliyun, (endpoint) => ({ ALIYUN_ENDPOINT: endpoint, ALIYUN_KEY_ID: KEY_ID, ALIYUN_KEY_SECRET: KEY_SECRET })],
  ['dnspod', dnspod, (endpoint) => ({ DNSPOD_ENDPOINT: endpoint, DNSPOD_TOKEN: TOKEN })],
]) {
  test(`${service}: two values of one name come and go each by itself`, async (t) => {
    const { values, endpoint } = await play(t, answer);
    const hook = (...args) => run(resolve(folder, service), args, { env: { ...process.env, ...env(endpoint) } });
    const now = () => values.map(({ value }) => value);
    await hook('add', NAME, 'of-the-name');
    await hook('add', NAME, 'of*the wildcard~');
    await hook('add', NAME, 'of-the-name');
    assert.deepEqual(now(), ['of somebody else', 'of-the-name', 'of*the wildcard~']);
    await hook('remove', NAME, 'of-the-name');
    assert.deepEqual(now(), ['of somebody else', 'of*the wildcard~']);
    await hook('remove', NAME, 'of*the wildcard~');
    await hook('remove', NAME, 'of*the wildcard~');
    assert.deepEqual(now(), ['of somebody else']);
  });

  test(`${service}: what is refused ends with an error that has no secret in it`, async (t) => {
    const { endpoint } = await play(t, answer);
    const wrong = { ...env(endpoint), ALIYUN_KEY_SECRET: 'another-secret', DNSPOD_TOKEN: '17,another-secret' };
    const failed = await run(resolve(folder, service), ['add', NAME, 'v'], { env: { ...process.env, ...wrong } }).then(
      () => null,
      (error) => error,
    );
    assert.ok(failed && failed.code !== 0, 'it must fail');
    assert.doesNotMatch(failed.stderr + failed.stdout, /another-secret|a-key-id/);
  });
}
