// What the booth composes and sends, looked at in its page.

import { until } from './wait.mjs';

/** The ground of the pages of `pdf()`, and of a picture with nothing on it. */
export const PAGE = [255, 230, 204];
export const DARK = [20, 18, 17];

/** In the page: its connections can be asked. */
export function rememberPeers() {
  window.peers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...how) {
      super(...how);
      window.peers.push(this);
    }
  };
}
/** The frames that its connections have sent, all together. */
export const FRAMES_SENT = `(async () => {
  const reports = await Promise.all(window.peers.map((peer) => peer.getStats()));
  return reports.flatMap((report) => [...report.values()]).reduce((sum, { type, framesSent }) => sum + (type === 'outbound-rtp' ? framesSent ?? 0 : 0), 0);
})()`;

/** Scripts that run first: as it is, and as in a browser without insertable streams. */
export const COMPOSERS = { 'a worker': '', 'a canvas': 'delete window.MediaStreamTrackProcessor; delete window.MediaStreamTrackGenerator' };

/** Is the middle of the left edge of the page's video of this colour, as well as an encoder keeps it? */
export const shows = (page, colour) =>
  until(
    `a picture of ${colour}`,
    () =>
      page.evaluate((wanted) => {
        const video = document.querySelector('video');
        const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
        const paint = canvas.getContext('2d');
        paint.drawImage(video, video.videoWidth * 0.03, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3).every((value, n) => Math.abs(value - wanted[n]) < 16);
      }, colour),
    { within: 20_000 },
  );
