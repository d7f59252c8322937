/**
 * One WHIP session (RFC 9725): an offer with H.264 and Opus, the answer, what can be asked of it, its end. It tries
 * nothing twice; `whip.ts` decides what happens when it fails.
 */
import { noAnswer, problemFrom, Problem } from '@/api/problem'
import type { BoothGrant } from './api'

/** What a lesson needs; phones on mobile networks still follow. */
export const MAX_VIDEO_BPS = 1_500_000
export const MAX_AUDIO_BPS = 64_000

/** The media service waits up to 2.5 s for a seat whose publisher seems dead, and answers within 4 s. */
const OFFER_MS = 9_000
const CONNECT_MS = 8_000
const PROBE_MS = 2_000
const END_MS = 1_500

export interface Tracks {
  video: MediaStreamTrack | null
  audio: MediaStreamTrack | null
}

export interface SessionDeps {
  peer(): RTCPeerConnection
  fetch: typeof fetch
  setTimer(run: () => void, ms: number): number
  clearTimer(id: number): void
  /** What this browser can send; null where it does not say. */
  videoCodecs(): readonly RTCRtpCodec[] | null
}

/** H.264 first, in the profile every phone plays; the others stay, for an answer that wants none of it. */
export function h264First(codecs: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  const rank = (codec: RTCRtpCodec): number => {
    if (codec.mimeType.toLowerCase() !== 'video/h264') return 3
    const line = codec.sdpFmtpLine ?? ''
    if (!/packetization-mode=1/.test(line)) return 2
    return /profile-level-id=42[ec0]0/i.test(line) ? 0 : 1
  }
  return codecs
    .map((codec, at) => ({ codec, at }))
    .sort((a, b) => rank(a.codec) - rank(b.codec) || a.at - b.at)
    .map(({ codec }) => codec)
}

export class WhipSession {
  private ended = false

  private constructor(
    private readonly deps: SessionDeps,
    readonly pc: RTCPeerConnection,
    private readonly grant: BoothGrant,
    private readonly senders: { video: RTCRtpSender; audio: RTCRtpSender },
    /** The session's address; a secret. */
    private url: string | null = null,
  ) {}

  /** Comes back when ICE and DTLS are through. Throws a `Problem`; nothing is left behind then. */
  static async open(deps: SessionDeps, grant: BoothGrant, tracks: Tracks): Promise<WhipSession> {
    const codecs = deps.videoCodecs()
    if (codecs && !codecs.some((codec) => codec.mimeType.toLowerCase() === 'video/h264')) throw new Problem(0, 'no_h264')
    const pc = deps.peer()
    const add = (track: MediaStreamTrack | null, kind: 'audio' | 'video', maxBitrate: number) =>
      pc.addTransceiver(track ?? kind, { direction: 'sendonly', sendEncodings: [{ maxBitrate }] })
    const audio = add(tracks.audio, 'audio', MAX_AUDIO_BPS)
    const video = add(tracks.video, 'video', MAX_VIDEO_BPS)
    if (codecs) video.setCodecPreferences?.(h264First(codecs))
    const session = new WhipSession(deps, pc, grant, { video: video.sender, audio: audio.sender })
    try {
      await session.negotiate()
      await session.keepSize()
      await session.connected()
      return session
    } catch (thrown) {
      await session.end()
      throw thrown instanceof Problem ? thrown : new Problem(0, 'peer_failed')
    }
  }

  private async negotiate(): Promise<void> {
    await this.pc.setLocalDescription(await this.pc.createOffer())
    const response = await this.ask(this.grant.whip_url, OFFER_MS, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${this.grant.pass}` },
      body: this.pc.localDescription?.sdp ?? '',
    })
    if (response.status !== 201) throw await problemFrom(response)
    const location = response.headers.get('Location')
    // Relative to where we asked.
    this.url = location ? new URL(location, this.grant.whip_url).href : null
    await this.pc.setRemoteDescription({ type: 'answer', sdp: await response.text() })
  }

  /** A slide that stays sharp is worth more than its frame rate, and members' players need no new format. */
  private async keepSize(): Promise<void> {
    const parameters = this.senders.video.getParameters?.() as (RTCRtpSendParameters & { degradationPreference?: string }) | undefined
    if (!parameters) return
    parameters.degradationPreference = 'maintain-resolution'
    await this.senders.video.setParameters(parameters).catch(() => undefined) // a browser without it adapts as it likes
  }

  private connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.deps.setTimer(() => settle(new Problem(0, 'not_connected')), CONNECT_MS)
      const look = () => {
        if (this.pc.connectionState === 'connected') settle()
        if (this.pc.connectionState === 'failed' || this.pc.connectionState === 'closed') settle(new Problem(0, 'not_connected'))
      }
      const settle = (problem?: Problem) => {
        this.deps.clearTimer(timer)
        this.pc.removeEventListener('connectionstatechange', look)
        if (problem) reject(problem)
        else resolve()
      }
      this.pc.addEventListener('connectionstatechange', look)
      look()
    })
  }

  /** Sends another track, or none, without a new session. */
  async send(kind: 'audio' | 'video', track: MediaStreamTrack | null): Promise<void> {
    await this.senders[kind].replaceTrack(track)
  }

  /** Does the media service still know this session? Throws a `Problem` without an answer. */
  async probe(): Promise<boolean> {
    if (!this.url) return true
    const response = await this.ask(this.url, PROBE_MS, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*', Authorization: `Bearer ${this.grant.pass}` },
      body: 'a=end-of-candidates\r\n',
    })
    return response.status !== 404
  }

  /** Frees the seat as well as it can; never throws, never waits long. */
  async end(): Promise<void> {
    const request = this.goodbye()
    if (request) await this.ask(request.url, END_MS, request.init).catch(() => undefined)
  }

  /** The same from a page that is being closed: nobody waits. */
  endNow(): void {
    const request = this.goodbye()
    if (request) void this.deps.fetch(request.url, { ...request.init, keepalive: true }).catch(() => undefined)
  }

  private goodbye(): { url: string; init: RequestInit } | null {
    if (this.ended) return null
    this.ended = true
    this.pc.close()
    return this.url ? { url: this.url, init: { method: 'DELETE', headers: { Authorization: `Bearer ${this.grant.pass}` } } } : null
  }

  private async ask(url: string, limitMs: number, init: RequestInit): Promise<Response> {
    const limit = new AbortController()
    const timer = this.deps.setTimer(() => limit.abort(), limitMs)
    try {
      return await this.deps.fetch(url, { ...init, signal: limit.signal })
    } catch (cause) {
      throw noAnswer(cause)
    } finally {
      this.deps.clearTimer(timer)
    }
  }
}
