// Waiting for something to become true, with a limit and a name. No test sleeps and hopes.

const POLL_MS = 50;
/** Limits are those of a quiet machine; one with neighbours has this many times as long. How long things take is `make bench`'s. */
const PATIENCE = 3;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Thrown by a probe when what is waited for cannot come any more. */
export class Never extends Error {}

/**
 * Waits until `probe` answers something truthy and returns it. An error thrown by `probe` counts as
 * "not yet"; the last one is told when the time is over.
 */
export async function until(what, probe, { within = 10_000, every = POLL_MS } = {}) {
  const limit = performance.now() + within * PATIENCE;
  let last = 'nothing yet';
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = `answered ${JSON.stringify(value)}`;
    } catch (error) {
      if (error instanceof Never) throw new Error(`waited for ${what}: ${error.message}`);
      last = error.message;
    }
    if (performance.now() >= limit) {
      throw new Error(`waited ${within * PATIENCE} ms for ${what}; last: ${last}`);
    }
    await pause(every);
  }
}

/** Holds `probe` true for `ms`: for what must *not* change while time passes. */
export async function holds(what, probe, ms) {
  const limit = performance.now() + ms;
  while (performance.now() < limit) {
    if (!(await probe())) throw new Error(`${what} did not hold for ${ms} ms`);
    await pause(POLL_MS);
  }
}

/** Lets `ms` of lesson time pass: a member watches. The only wait without an event. */
export const watchFor = pause;

/** Milliseconds `action` took, and its result. */
export async function timed(action) {
  const began = performance.now();
  const result = await action();
  return { ms: performance.now() - began, result };
}
