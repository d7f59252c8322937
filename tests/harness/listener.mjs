// A member's player without a picture, for evidence in numbers: it claims the lesson in small pieces as time passes, sends
// them up the room at once, keeps what is not acknowledged and sends that again over the next socket, as the page does.

import { beat } from './api.mjs';
import { fetching } from './fetching.mjs';

/** The most the server takes at once. */
const BATCH = 64;
/** It plays this far behind the edge. */
const BEHIND_MS = 2_000;

export class Listener {
  /** @param clock the lesson's position now; it claims piece `turn` of every `of` pieces of `pieceMs`. */
  constructor(person, lesson, { clock, pieceMs, turn, of }) {
    Object.assign(this, { person, lesson, clock, pieceMs, turn, of });
    /** Every beat ever made, by seq. */
    this.made = new Map();
    this.acked = new Set();
    this.refused = new Map();
    this.room = null;
  }

  async open() {
    this.lease = await this.person.lease(this.lesson);
    fetching(null, this.lease.live_url);
    this.piece = Math.ceil((this.clock() - BEHIND_MS) / this.pieceMs);
    await this.enter();
    return this;
  }

  /** Enters the room and sends what is not acknowledged. */
  async enter() {
    this.room = await this.person.room(this.lesson, this.lease.lease).open();
    this.room.socket.on('message', () => this.#settle());
    this.#send(this.unacked());
  }

  /** Claims what has passed since the last time and sends it, if there is a room. */
  listen() {
    const until = Math.floor((this.clock() - BEHIND_MS) / this.pieceMs);
    const beats = [];
    for (; this.piece < until; this.piece += 1) if (this.piece % this.of === this.turn) beats.push(this.#claim(this.piece));
    if (this.room && !this.room.closed) this.#send(beats);
  }

  /** What is not acknowledged, ascending by seq. */
  unacked() {
    return [...this.made.values()].filter(({ seq }) => !this.acked.has(seq));
  }

  #claim(piece) {
    const from = piece * this.pieceMs;
    const seq = this.made.size + 1;
    // No two alike, so that one in another's place would show.
    const one = beat(seq, from, from + this.pieceMs, {
      mode: seq % 3 ? 'video' : 'audio',
      rate_milli: 1000 + (seq % 400),
      client_ms: from + seq,
    });
    this.made.set(seq, one);
    return one;
  }

  #send(beats) {
    for (let i = 0; i < beats.length; i += BATCH) this.room.send(beats.slice(i, i + BATCH));
  }

  #settle() {
    for (const seq of this.room.acked) this.acked.add(seq);
    for (const [seq, code] of this.room.refused) this.refused.set(seq, code);
  }
}
