// In the page: what a lecturer's browser does to publish by WHIP. Each function is given to `page.evaluate` as it is.

/** Camera and microphone (or `media`, a function of the page that makes them), an offer, and what came back. `kbps`: what Chromium is to send. */
export async function publish({ url, key, media = 'fakeCamera', kbps }) {
  window.fakeCamera ??= () => navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360, frameRate: 25 } });
  const camera = await window[media]();
  const pc = new RTCPeerConnection();
  for (const track of camera.getTracks()) {
    const sendEncodings = track.kind === 'video' && kbps ? [{ maxBitrate: kbps * 1_000 }] : [{}];
    pc.addTransceiver(track, { direction: 'sendonly', streams: [camera], sendEncodings });
  }
  // As the booth has it.
  for (const sender of kbps ? pc.getSenders() : [])
    await sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' });
  await pc.setLocalDescription(await pc.createOffer());
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${key}` },
    body: pc.localDescription.sdp,
  });
  const sdp = await response.text();
  if (response.status !== 201) return { status: response.status, sdp };
  // Chromium's own words for where its estimate of the line begins, and does not fall below.
  const rate = kbps ? `;x-google-start-bitrate=${kbps};x-google-min-bitrate=${kbps}` : '';
  await pc.setRemoteDescription({ type: 'answer', sdp: sdp.replace(/^(a=fmtp:\d+ .*profile-level-id=\w+)/gm, `$1${rate}`) });
  const session = new URL(response.headers.get('Location'), url).href;
  window.booth = { pc, key, session, tag: response.headers.get('ETag'), sdp };
  await new Promise((resolve, reject) => {
    const look = () => {
      if (pc.connectionState === 'connected') resolve();
      if (pc.connectionState === 'failed') reject(new Error('the connection failed'));
    };
    pc.addEventListener('connectionstatechange', look);
    look();
  });
  return { status: 201, session, sdp };
}

/** A picture that flashes and a tone that beeps with it, every 1.1 s: `window.flashAndBeep`. */
export function flashAndBeep() {
  window.flashAndBeep = () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const paint = canvas.getContext('2d');
    const audio = new AudioContext({ sampleRate: 48_000 });
    const [tone, gate, out] = [audio.createOscillator(), audio.createGain(), audio.createMediaStreamDestination()];
    gate.gain.value = 0;
    tone.connect(gate).connect(out);
    tone.start();
    const began = performance.now();
    let on = false;
    setInterval(() => {
      const now = (performance.now() - began) % 1_100 < 200;
      if (now !== on) gate.gain.setValueAtTime(now ? 0.8 : 0, audio.currentTime);
      on = now;
      paint.fillStyle = on ? 'white' : 'black';
      paint.fillRect(0, 0, 320, 180);
    }, 10);
    return new MediaStream([...canvas.captureStream(30).getTracks(), ...out.stream.getTracks()]);
  };
}

/** A picture of 720p at 20 frames a second that moves everywhere, and a tone that never pauses: `window.movingAndLoud`. */
export function movingAndLoud() {
  window.movingAndLoud = () => {
    const [width, height, fps] = [1280, 720, 20];
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const paint = canvas.getContext('2d', { alpha: false });
    const tile = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const draw = tile.getContext('2d');
    const noise = draw.createImageData(320, 180);
    new Uint32Array(noise.data.buffer).forEach((_, n, all) => (all[n] = 0xff000000 | (0x010101 * Math.floor(96 + Math.random() * 64))));
    draw.putImageData(noise, 0, 0);
    let n = 0;
    setInterval(() => {
      n += 1;
      // A ground that moves on, and one band of grain that is another each time: less than makes an encoder think that the scene changed.
      paint.drawImage(tile, (n / 4) % 160, 0, 160, 90, 0, 0, width, height);
      paint.drawImage(tile, Math.random() * 240, Math.random() * 150, 80, 15, 0, (n * 5) % (height - 120), width, 120);
    }, 1_000 / fps);
    const audio = new AudioContext({ sampleRate: 48_000 });
    const [tone, loud, out] = [audio.createOscillator(), audio.createGain(), audio.createMediaStreamDestination()];
    loud.gain.value = 0.3;
    tone.connect(loud).connect(out);
    tone.start();
    return new MediaStream([...canvas.captureStream(fps).getTracks(), ...out.stream.getTracks()]);
  };
}

/** What the browser counts of its picture. */
export async function sent() {
  const all = [...(await window.booth.pc.getStats()).values()];
  const out = all.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
  const sound = all.find(({ type, kind }) => type === 'outbound-rtp' && kind === 'audio');
  const back = all.find(({ type, kind }) => type === 'remote-inbound-rtp' && kind === 'video');
  return {
    at: performance.now(),
    size: `${out.frameWidth}x${out.frameHeight}`,
    frames: out.framesSent,
    keys: out.keyFramesEncoded,
    packets: out.packetsSent - out.retransmittedPacketsSent,
    bytes: out.bytesSent - out.retransmittedBytesSent,
    nacks: out.nackCount,
    again: out.retransmittedPacketsSent,
    plis: out.pliCount,
    limited: out.qualityLimitationReason,
    lost: back?.packetsLost,
    sound: { packets: sound?.packetsSent, nacks: sound?.nackCount, again: sound?.retransmittedPacketsSent },
  };
}

/** By what the media goes. */
export async function way() {
  const stats = await window.booth.pc.getStats();
  const { selectedCandidatePairId: id, selectedCandidatePairChanges: changes } = [...stats.values()].find(
    ({ type }) => type === 'transport',
  );
  return { protocol: stats.get(stats.get(id).remoteCandidateId).protocol, changes };
}
