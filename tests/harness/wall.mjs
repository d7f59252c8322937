// A machine whose wall clock is set while the programs run: libfaketime (Debian: faketime) lies about it, and leaves the
// monotonic clocks alone.

import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

export class Wall {
  /** Variables for a Yunke whose wall clock `set` moves. */
  static async beside(file) {
    if (!existsSync(LIBRARY)) throw new Error(`${LIBRARY} is missing: apt install faketime`);
    const wall = new Wall();
    wall.file = file;
    wall.env = { LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', DONT_FAKE_MONOTONIC: '1' };
    await wall.set(0);
    return wall;
  }

  /** The wall clock is so many seconds ahead of the true time from now on. */
  async set(seconds) {
    // As a whole: the library may read it at any moment.
    await writeFile(`${this.file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    await rename(`${this.file}.new`, this.file);
    this.seconds = seconds;
  }

  /** What the programs' wall clock says now. */
  now() {
    return Date.now() + this.seconds * 1000;
  }
}
