// Fetching a lesson's sound as a player does, so that what is claimed was delivered.

import { beside, playlist } from './hls.mjs';

const EVERY_MS = 500;

/** Fetches what there is of the sound at `url` (a multivariant playlist) and was not fetched yet. */
export async function fetchOnce(url, fetched = new Set()) {
  const list = await playlist(beside(url, 'audio.m3u8'));
  const whole = list.segments.filter((segment) => !segment.gap).map((segment) => segment.uri);
  // Parts of the segment that is being made; a whole one is fetched as a whole.
  const parts = list.parts
    .filter((part) => !part.gap)
    .map((part) => part.uri)
    .filter((uri) => !list.segments.some((segment) => segment.parts.some((p) => p.uri === uri)));
  for (const uri of [...whole, ...parts]) {
    if (fetched.has(uri)) continue;
    const response = await fetch(beside(url, uri));
    await response.arrayBuffer();
    if (response.ok) fetched.add(uri);
  }
}

/** Goes on fetching until `t` (or whatever has an `after`) ends. What cannot be fetched is tried again. */
export function fetching(t, url) {
  const fetched = new Set();
  let timer;
  const again = () =>
    fetchOnce(url, fetched)
      .catch(() => {})
      .then(() => (timer = setTimeout(again, EVERY_MS).unref()));
  timer = setTimeout(again, 0).unref();
  t?.after(() => clearTimeout(timer));
}
