/**
 * What a WebRTC connection really played, and which date it shows, out of the browser's statistics. Pure.
 *
 * `estimatedPlayoutTimestamp` alone must not be believed: where nothing arrives, browsers let it run on with the wall
 * clock. A date is taken over only when a frame was decoded, or sound was played that is no concealment, since the last look.
 */

/** NTP counts from 1900, everything else here from 1970. */
const NTP_TO_UNIX_MS = 2_208_988_800_000
/** Without anything new for this long, the picture stands. */
const STANDS_MS = 1000
/** Sound comes before the first picture; without one for this long, it is a lesson to listen to. */
const PICTURE_MS = 1500

/** The fields of `inbound-rtp` statistics that are looked at. */
export interface InboundStats {
  type: string
  kind?: string
  estimatedPlayoutTimestamp?: number
  framesDecoded?: number
  totalSamplesReceived?: number
  concealedSamples?: number
}

export interface Received {
  frames: number
  /** Samples handed to the speaker, and how many of them were made up. */
  samples: number
  concealed: number
  /** UTC milliseconds of the sender's clock; null until its reports have come. */
  date: number | null
}

export function receivedIn(stats: Iterable<InboundStats>): Received {
  const received: Received = { frames: 0, samples: 0, concealed: 0, date: null }
  for (const one of stats) {
    if (one.type !== 'inbound-rtp') continue
    received.frames += one.framesDecoded ?? 0
    received.samples += one.totalSamplesReceived ?? 0
    received.concealed += one.concealedSamples ?? 0
    if (one.estimatedPlayoutTimestamp && (received.date === null || one.kind === 'video'))
      received.date = one.estimatedPlayoutTimestamp - NTP_TO_UNIX_MS
  }
  return received
}

export class WhepClock {
  /** Of the last picture or sound that was played; null while unknown. */
  date: number | null = null
  /** When that was true. While it stands it is true at every look. */
  at = 0
  moving = true
  private last: Received | null = null
  private movedAt = 0
  private soundSince: number | null = null

  /** Sound is played and no picture ever came. */
  soundAlone = false

  look(received: Received, at: number): void {
    const moved = this.moved(received, at)
    this.last = received
    if (moved || this.movedAt === 0) this.movedAt = at
    this.moving = at - this.movedAt < STANDS_MS
    if (moved && received.date !== null) this.date = received.date
    this.at = at
  }

  private moved(now: Received, at: number): boolean {
    const { last } = this
    if (now.frames > 0) this.soundAlone = false
    if (!last) return now.frames > 0
    if (now.frames > last.frames) return true
    const samples = now.samples - last.samples
    const concealed = now.concealed - last.concealed
    if (samples <= 0 || concealed * 2 >= samples) return false
    this.soundSince ??= at
    // What is played while the first frame is on its way is no lesson yet.
    this.soundAlone = now.frames === 0 && at - this.soundSince >= PICTURE_MS
    return now.frames > 0 || this.soundAlone
  }
}
