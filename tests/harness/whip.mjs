// Publishing by WHIP: GStreamer's whipsink (tests/load), and requests by hand.

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Program } from './program.mjs';
import { binFolder } from './yunke.mjs';

/** GStreamer's whipsink in a process of its own. */
export class WhipSink extends Program {
  /** @param {string[]} more arguments of `yunke-load publish-whip` */
  constructor(url, key, more = []) {
    const program = join(binFolder, 'yunke-load');
    if (!existsSync(program)) throw new Error(`${program} is not built: cargo build --workspace`);
    super(program, ['publish-whip', '--url', url, '--key', key, ...more]);
  }
}

const SECTION = [
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:TEST',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'a=setup:actpass',
  'a=sendonly',
  'a=rtcp-mux',
];

/** An offer as an encoder makes it, with these video codecs (name, parameters). */
export function offerOf(...codecs) {
  const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0 1'];
  lines.push('m=audio 9 UDP/TLS/RTP/SAVPF 111', ...SECTION, 'a=mid:0', 'a=rtpmap:111 opus/48000/2');
  lines.push(`m=video 9 UDP/TLS/RTP/SAVPF ${codecs.map((_, n) => 96 + n).join(' ')}`, ...SECTION, 'a=mid:1');
  codecs.forEach(([name, parameters], n) => {
    lines.push(`a=rtpmap:${96 + n} ${name}/90000`);
    if (parameters) lines.push(`a=fmtp:${96 + n} ${parameters}`);
  });
  return `${lines.join('\r\n')}\r\n`;
}

export const H264 = ['H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f'];

/** POSTs an offer; status, headers and what is in the body. */
export async function post(url, body, { key, type = 'application/sdp' } = {}) {
  const headers = { 'Content-Type': type, ...(key && { Authorization: `Bearer ${key}` }) };
  return read(await fetch(url, { method: 'POST', headers, body }));
}

/** PATCHes a fragment to a session. */
export async function patch(url, body, { key, tag, type = 'application/trickle-ice-sdpfrag' } = {}) {
  const headers = { 'Content-Type': type };
  if (key) headers.Authorization = `Bearer ${key}`;
  if (tag) headers['If-Match'] = tag;
  return read(await fetch(url, { method: 'PATCH', headers, body }));
}

/** A WHIP endpoint in front of that of `yunke` whose answers send the media over `line`; its address. Closed after `t`. */
export async function over(t, yunke, line) {
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { host, connection, 'content-length': _, ...headers } = request.headers;
    const init = { method: request.method, headers, body: chunks.length ? Buffer.concat(chunks) : undefined };
    const answer = await fetch(`${yunke.mediaUrl}${request.url}`, init);
    const text = (await answer.text()).replaceAll(` ${yunke.ports.webrtc} typ host`, ` ${line.port} typ host`);
    const { 'content-length': length, 'transfer-encoding': encoding, connection: kept, ...theirs } = Object.fromEntries(answer.headers);
    response.writeHead(answer.status, theirs).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/whip`;
}

async function read(response) {
  const text = await response.text();
  const isProblem = response.headers.get('content-type') === 'application/problem+json';
  const problem = isProblem ? JSON.parse(text) : null;
  return { status: response.status, headers: response.headers, text, problem, code: problem?.code };
}
