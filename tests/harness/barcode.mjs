// Reads the luma barcode of publish.mjs back from a <video> in the page.

/** Runs in the page: milliseconds since the publisher's origin in the frame shown now, or null. */
export function readBarcode(video) {
  const columns = 32;
  const canvas = (window.__barcode ??= Object.assign(document.createElement('canvas'), { width: 640, height: 8 }));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!video.videoWidth) return null;
  // The strip is the top 16 lines; its middle survives the scaling of the encoder.
  const pixel = video.videoHeight / 360;
  context.drawImage(video, 0, 4 * Math.min(pixel, 1), video.videoWidth, 8, 0, 0, 640, 8);
  const { data } = context.getImageData(0, 4, 640, 1);
  const bits = [];
  for (let column = 0; column < columns; column += 1) {
    bits.push(data[(column * 20 + 10) * 4] > 127 ? 1 : 0);
  }
  const framed = bits[0] === 1 && bits[1] === 0 && bits[30] === 0 && bits[31] === 1;
  if (!framed) return null;
  return bits.slice(2, 30).reduce((sum, bit, index) => sum + bit * 2 ** index, 0);
}

/** Page-side: samples glass-to-glass latency at every new frame for `ms`; milliseconds each. */
export async function sampleLatency(video, { origin, ms }) {
  const read = window.__readBarcode;
  const samples = [];
  const limit = performance.now() + ms;
  await new Promise((done) => {
    const onFrame = () => {
      const shown = read(video);
      if (shown !== null) samples.push(Date.now() - origin - shown);
      if (performance.now() < limit) video.requestVideoFrameCallback(onFrame);
      else done();
    };
    video.requestVideoFrameCallback(onFrame);
  });
  return samples;
}

/** Makes `readBarcode` known to the page, for `sampleLatency`. */
export async function installBarcode(page) {
  await page.evaluate(`window.__readBarcode = ${readBarcode.toString()}`);
}
