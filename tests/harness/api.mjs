// A client of the HTTP API as the pages use it: one signed-in person, with a cookie jar of one.

import { Buffer } from 'node:buffer';
import { WebSocket } from 'ws';
import { Never, until } from './wait.mjs';

/** An answer that was not 2xx, with the problem document if there was one. */
export class Refused extends Error {
  constructor(method, path, response, text) {
    let problem = null;
    try {
      problem = JSON.parse(text);
    } catch {
      // Not every refusal has a body.
    }
    super(`${method} ${path}: ${response.status} ${problem?.code ?? text.slice(0, 200)}`);
    this.status = response.status;
    this.code = problem?.code;
    this.problem = problem;
    this.headers = response.headers;
  }
}

export class Person {
  /** @param {{ url: string, secret(kind: string, value: string): void }} yunke The server; it looks for secrets in its logs. */
  constructor(yunke) {
    this.yunke = yunke;
    this.cookie = null;
    this.me = null;
  }

  /** Any call; the raw Response. */
  async raw(method, path, { body, headers = {}, type = 'application/json' } = {}) {
    const response = await fetch(new URL(path, this.yunke.url), {
      method,
      redirect: 'manual',
      headers: {
        ...(this.cookie ? { cookie: this.cookie } : {}),
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      body: body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    });
    const set = response.headers.getSetCookie().find((cookie) => cookie.startsWith('yunke_session='));
    if (set) {
      this.setCookie = set;
      this.cookie = set.split(';')[0];
      this.yunke.secret('session', this.cookie.split('=')[1]);
    }
    return response;
  }

  /** A call that must succeed; its JSON, or null when there is none. */
  async call(method, path, body, more = {}) {
    const response = await this.raw(method, path, { body, ...more });
    const text = await response.text();
    if (!response.ok) throw new Refused(method, path, response, text);
    return text ? JSON.parse(text) : null;
  }

  get(path) {
    return this.call('GET', path);
  }

  post(path, body = {}) {
    return this.call('POST', path, body);
  }

  async signIn({ phone, password }) {
    this.yunke.secret('password', password);
    this.yunke.secret('phone', phone);
    this.me = await this.post('/api/session', { phone, password });
    return this;
  }

  /** A lease for `lesson`; remembers its token as a secret of the logs. */
  async lease(lesson, device = 'phone') {
    const lease = await this.post(`/api/lessons/${lesson}/leases`, { device });
    this.yunke.secret('lease', lease.lease);
    return lease;
  }

  /** Opens the room; without a lease as staff. */
  room(lesson, lease) {
    return new Room(this, lesson, lease);
  }
}

/** A room's WebSocket: keeps the last state and every acknowledgement. */
export class Room {
  constructor(person, lesson, lease) {
    const url = new URL(`/api/lessons/${lesson}/room`, person.yunke.url.replace('http', 'ws'));
    if (lease) url.searchParams.set('lease', lease);
    this.state = null;
    this.progress = null;
    this.messages = [];
    this.acked = new Set();
    this.refused = new Map();
    this.closed = null;
    this.socket = new WebSocket(url, { headers: { cookie: person.cookie } });
    this.socket.on('message', (data) => this.#take(JSON.parse(data)));
    this.socket.on('close', (code) => (this.closed = { code }));
    this.socket.on('error', (error) => (this.closed = { error: error.message }));
  }

  #take(message) {
    this.messages.push(message);
    if (message.type === 'state') this.state = message;
    if (message.type === 'ack') {
      for (const seq of message.acked) this.acked.add(seq);
      for (const { seq, code } of message.refused) this.refused.set(seq, code);
      if (message.progress) this.progress = message.progress;
    }
  }

  async open() {
    await until('the room to say its state', () => this.state ?? this.#failIfClosed());
    return this;
  }

  #failIfClosed() {
    if (this.closed) throw new Never(`the room closed: ${JSON.stringify(this.closed)}`);
    return null;
  }

  /** Waits until the state satisfies `holds`. */
  async shows(what, holds, { within = 5_000 } = {}) {
    return until(`the room to show ${what}`, () => this.state && holds(this.state) && this.state, { within });
  }

  send(beats) {
    this.socket.send(JSON.stringify({ type: 'beats', beats }));
  }

  async answered(seq, { within = 5_000 } = {}) {
    return until(`an answer to beat ${seq}`, () => this.acked.has(seq) || this.refused.has(seq), { within });
  }

  close() {
    this.socket.close();
  }
}

/** A beat with the usual fields. */
export function beat(seq, from_ms, to_ms, more = {}) {
  return {
    seq,
    state: 'playing',
    cause: 'tick',
    source: 'live',
    mode: 'video',
    from_ms,
    to_ms,
    rate_milli: 1000,
    visible: true,
    client_ms: seq * 1000,
    gesture: seq === 1,
    ...more,
  };
}
