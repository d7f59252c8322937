// Publishing a lesson with a real encoder: ffmpeg over RTMP or SRT. The picture carries the wall clock for
// people and a luma barcode with milliseconds since `origin` for programs (read by barcode.mjs).

import { Program } from './program.mjs';

/** Columns of the barcode: white, black, 28 bits (lowest first), black, white. */
export const BARCODE_COLUMNS = 32;

const SIZES = { small: '640x360', hd: '1280x720' };

/** What stands behind the clock: a moving test card, or a quiet slide for pictures that people look at. */
const SCENES = {
  card: (size, fps) => `testsrc2=s=${size}:r=${fps}`,
  slide: (size, fps) => `color=c=0x5b2a2a:s=${size}:r=${fps}`,
};

function picture({ size, fps, origin, title, scene }) {
  const [width] = size.split('x').map(Number);
  const bit = 'mod(floor(floor(T*1000+0.5)/pow(2,floor(X/10)-2)),2)';
  const stripLuma = `if(lt(X,10)+gte(X,310),235,if(lt(X,20)+gte(X,300),16,16+219*${bit}))`;
  const clock = `drawtext=text='%{localtime\\:%T}':x=24:y=60:fontsize=h/9:fontcolor=white:box=1:boxcolor=black@0.6`;
  const heading = title ? `,drawtext=text='${title}':font='Noto Sans CJK SC':x=(w-tw)/2:y=(h-th)/2:fontsize=h/9:fontcolor=white` : '';
  return [
    `${SCENES[scene](size, fps)},realtime,format=yuv420p[base]`,
    // The strip's time is the wall clock at the moment the frame is made; after it is drawn, frame time again.
    `color=c=black:s=320x8:r=${fps},format=yuv420p,realtime,settb=1/1000,` +
      `setpts=(RTCTIME-${origin}000)/1000,geq=lum='${stripLuma}':cb=128:cr=128,` +
      `settb=1/${fps},setpts=N,scale=${width}:16:flags=neighbor[strip]`,
    `[base][strip]overlay=0:0,${clock}${heading}[v]`,
  ].join(';');
}

export class Publisher extends Program {
  /**
   * @param {string} url whole RTMP or SRT address, with the key
   * @param {object} how video, audio: false leaves it out; codec: encoder of the picture; more
   */
  constructor(url, how = {}) {
    const {
      size = 'small',
      fps = 25,
      kbps = 600,
      gop = 2,
      bframes = 0,
      video = 'libx264',
      audio = 'aac',
      title = '',
      scene = 'card',
    } = how;
    const origin = how.origin ?? Date.now();
    const args = ['-nostdin', '-hide_banner', '-loglevel', 'info', '-stats_period', '1'];
    if (audio) args.push('-re', '-f', 'lavfi', '-i', 'sine=f=440:r=48000:beep_factor=4');
    if (video) {
      args.push('-filter_complex', picture({ size: SIZES[size], fps, origin, title, scene }), '-map', '[v]');
      args.push('-c:v', video, '-b:v', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps}k`);
      args.push('-g', String(fps * gop), '-pix_fmt', 'yuv420p');
      if (video === 'libx264')
        args.push('-preset', 'ultrafast', ...(bframes ? ['-bf', String(bframes)] : ['-tune', 'zerolatency']), '-sc_threshold', '0');
      // A still picture would need next to nothing; an encoder set to a constant rate fills it up.
      if (scene === 'slide') args.push('-minrate', `${kbps}k`, '-x264-params', 'nal-hrd=cbr');
    }
    if (audio) args.push('-map', '0:a', '-c:a', audio, '-b:a', '96k', '-ac', '2');
    args.push('-f', url.startsWith('srt:') ? 'mpegts' : 'flv', url);
    // The clock in the picture is that of the pages.
    super('ffmpeg', args, { env: { ...process.env, TZ: 'Asia/Shanghai' } });
    this.origin = origin;
  }

  /** Waits until frames go out. */
  async sending({ within = 15_000 } = {}) {
    await this.says(/(frame=\s*\d*[1-9]|time=00:00:0[0-9]\.[0-9]*[1-9])/, { within });
    return this;
  }

  /** Ends cleanly, as an encoder whose stop button is pressed. */
  async finish() {
    return this.stop('SIGINT', { within: 10_000 });
  }
}
