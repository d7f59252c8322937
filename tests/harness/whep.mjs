// Watching by WHEP in a page: a bare viewer, without the player.

/**
 * Runs in the page: defines `window.whep(url, only)`, which watches, and what can be asked of it afterwards. `only` is what the answer's
 * candidates must match to be used, as a network that lets nothing else through.
 */
export function viewer() {
  window.whep = async (url, only = '') => {
    const asked = performance.now();
    const pc = new RTCPeerConnection();
    const video = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true });
    document.body.append(video);
    const stream = new MediaStream();
    video.srcObject = stream;
    pc.addTransceiver('audio', { direction: 'recvonly' });
    pc.addTransceiver('video', { direction: 'recvonly' });
    pc.addEventListener('track', ({ track }) => stream.addTrack(track));
    const shown = new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(performance.now() - asked)));
    await pc.setLocalDescription(await pc.createOffer());
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: pc.localDescription.sdp,
    });
    const sdp = await response.text();
    if (response.status !== 201) return { status: response.status, sdp };
    const usable = (line) => !line.startsWith('a=candidate:') || line.includes(only);
    await pc.setRemoteDescription({ type: 'answer', sdp: sdp.split('\r\n').filter(usable).join('\r\n') });
    const session = new URL(response.headers.get('Location'), url).href;
    window.watching = { pc, video, session, sdp, tag: response.headers.get('ETag'), shown };
    return { status: 201, session, sdp };
  };

  /** Sums of the receivers' statistics. */
  window.received = async () => {
    const all = {};
    for (const report of (await window.watching.pc.getStats()).values()) {
      if (report.type !== 'inbound-rtp') continue;
      const { packetsReceived, packetsLost, framesDecoded, keyFramesDecoded, ssrc, totalAudioEnergy, nackCount, pliCount } = report;
      const { estimatedPlayoutTimestamp, freezeCount, framesDropped, concealedSamples, totalSamplesReceived } = report;
      all[report.kind] = { packetsReceived, packetsLost, framesDecoded, keyFramesDecoded, ssrc, totalAudioEnergy, nackCount, pliCount };
      Object.assign(all[report.kind], { estimatedPlayoutTimestamp, freezeCount, framesDropped, concealedSamples, totalSamplesReceived });
    }
    return all;
  };

  /** The protocol by which media come: that of our end of the chosen pair. */
  window.protocol = async () => {
    const reports = await window.watching.pc.getStats();
    const pair = [...reports.values()].find(
      (report) => report.type === 'candidate-pair' && report.nominated && report.state === 'succeeded',
    );
    return pair && reports.get(pair.localCandidateId)?.protocol;
  };

  /** How the media transport stands: after a goodbye of the other side it is `closed`. */
  window.transport = () => window.watching.pc.getReceivers()[0].transport?.state;
}
