// A booth: an encoder that connects again whenever it loses its connection, as OBS does.

import { Publisher } from './publish.mjs';

const RETRY_MS = 1_000;

export class Booth {
  constructor(t, url, how = {}) {
    this.how = { ...how, origin: how.origin ?? Date.now() };
    this.url = url;
    this.starts = 0;
    this.open = true;
    t.after(() => this.close());
    this.#connect();
  }

  get origin() {
    return this.how.origin;
  }

  #connect() {
    this.starts += 1;
    this.publisher = new Publisher(this.url, this.how);
    this.publisher.exited.then(() => {
      if (this.open) this.timer = setTimeout(() => this.#connect(), RETRY_MS);
    });
  }

  async close() {
    this.open = false;
    clearTimeout(this.timer);
    await this.publisher.stop('SIGKILL');
  }
}
