// Certificates of tests, and what curl and openssl see of a server's.

import { execFile } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A self-made certificate for `names` in `folder`: `cert.pem` and `key.pem`, both there at once. What Chromium knows its key by. */
export async function certificate(folder, names, days = 30) {
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name));
  const alternatives = names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',');
  // Debian's own configuration makes an authority of whatever vouches for itself.
  const config = join(folder, 'openssl.cnf');
  await writeFile(config, '[req]\ndistinguished_name = dn\n[dn]\n');
  const subject = ['-config', config, '-subj', '/CN=a test', '-addext', `subjectAltName=${alternatives}`];
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    String(days),
    ...subject,
    '-keyout',
    `${key}.new`,
    '-out',
    `${cert}.new`,
  ]);
  await rename(`${key}.new`, key);
  await rename(`${cert}.new`, cert);
  return { cert, key, spki: await spki(cert) };
}

/** The base64 of the SHA-256 of a certificate's public key. */
async function spki(cert) {
  const { stdout } = await run('bash', [
    '-c',
    'openssl x509 -in "$0" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64',
    cert,
  ]);
  return stdout.trim();
}

/** The fingerprint of the certificate that `port` shows to who asks for `name`, or for none. */
export async function shown(port, name) {
  const asked = name ? `-servername ${name}` : '-noservername';
  const { stdout } = await run('bash', [
    '-c',
    `openssl s_client -connect 127.0.0.1:${port} ${asked} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256`,
  ]);
  return stdout.trim();
}

/** GET by curl in this version of HTTP (`1.1` or `2`): status, the version it was answered in, and the length. */
export async function curl(url, version, host) {
  const { port, hostname } = new URL(url);
  const to = host ?? hostname;
  const args = [
    '-sk',
    '--max-time',
    '20',
    `--http${version}`,
    '--resolve',
    `${to}:${port}:127.0.0.1`,
    '-o',
    '/dev/null',
    '-w',
    '%{http_code} %{http_version} %{size_download}',
    url,
  ];
  const { stdout } = await run('curl', args);
  const [status, spoken, bytes] = stdout.split(' ');
  return { status: Number(status), spoken, bytes: Number(bytes) };
}
