// What a person at a page gets, sampled in the page: how the clock of the medium goes on, what of sound and picture is
// decoded, and which sentences stand there. Sources may be exchanged meanwhile: what was decoded is added up.

/** Runs in the page, before anything else in it. */
export function sense() {
  if (window.__senses) return;
  const log = [];
  window.__senses = log;
  const last = new Map();
  const sum = { clock: 0, sound: 0, picture: 0 };
  /** What `name` grew by; begun anew, all of it. A clock that jumps was moved and did not play. */
  const grow = (name, value, most = Infinity) => {
    if (typeof value !== 'number') return;
    const before = last.get(name) ?? 0;
    const by = value >= before ? value - before : name === 'clock' ? 0 : value;
    last.set(name, value);
    if (by <= most) sum[name] += by;
  };
  // Of a connection the element does not count the sound: samples that were received and are not made up.
  let samples;
  const Peer = window.RTCPeerConnection;
  if (Peer) {
    window.RTCPeerConnection = class extends Peer {
      constructor(...how) {
        super(...how);
        const timer = setInterval(async () => {
          if (this.connectionState === 'closed') return clearInterval(timer);
          const own = [...(await this.getStats()).values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
          if (own) samples = own.totalSamplesReceived - own.concealedSamples;
        }, 100);
      }
    };
  }
  const look = () => {
    const medium = document.querySelector('video, audio');
    if (!medium) return;
    grow('clock', medium.currentTime, 1);
    // Where the browser does not tell, the clock stands for both.
    grow('sound', medium.srcObject ? samples : (medium.webkitAudioDecodedByteCount ?? medium.currentTime * 1000));
    grow('picture', medium.getVideoPlaybackQuality?.().totalVideoFrames ?? medium.currentTime);
    const stage = document.querySelector('.stage')?.innerText.replace(/\s+/g, ' ').trim() ?? '';
    log.push({ at: Date.now(), ...sum, time: medium.currentTime, says: stage, paused: medium.paused });
  };
  setInterval(look, 100);
}

/** The samples of a page of Playwright or of WebKit so far. */
export const sensed = (page) => page.evaluate(() => window.__senses ?? []);

/** Of samples, those from `from` to `to` (wall clock). */
export const within = (log, from, to) => log.filter(({ at }) => at >= from && at <= to);

/** The longest time in which `what` did not grow, milliseconds. */
export function standstill(log, what) {
  let [longest, since] = [0, log[0]?.at ?? 0];
  for (let n = 1; n < log.length; n += 1) {
    if (log[n][what] > log[n - 1][what]) since = log[n].at;
    longest = Math.max(longest, log[n].at - since);
  }
  return longest;
}

/** By how much the medium's clock went on, to the time that passed. */
export function pace(log) {
  if (log.length < 2) return 0;
  return ((log.at(-1).clock - log[0].clock) * 1000) / (log.at(-1).at - log[0].at);
}

/** When `pattern` was first said from `from` on, milliseconds after it; null: never. */
export function saidAfter(log, pattern, from) {
  const found = log.find(({ at, says }) => at >= from && pattern.test(says));
  return found ? found.at - from : null;
}
