/**
 * One WHEP session: an offer that only receives, the answer, the end. It tries nothing twice. The protocol is that of
 * docs/STREAMING.md: all candidates are in the answer, and the session has an address that ends it.
 */
import { noAnswer, problemFrom, Problem } from '@/api/problem'
import { receivedIn, type Received, type InboundStats } from './whepClock'

export interface WhepDeps {
  peer(): RTCPeerConnection
  fetch: typeof fetch
}

export class WhepSession {
  private readonly pc: RTCPeerConnection
  /** A secret: whoever knows it can end the session. */
  private url: string | null = null
  private ended = false
  private whole: MediaStream | null = null

  constructor(private readonly deps: WhepDeps) {
    this.pc = deps.peer()
    this.pc.addTransceiver('video', { direction: 'recvonly' })
    this.pc.addTransceiver('audio', { direction: 'recvonly' })
  }

  /** Comes back with the answer set; media follows. Throws a `Problem`: no answer, or one that says no. */
  async join(url: string): Promise<void> {
    await this.pc.setLocalDescription(await this.pc.createOffer())
    const response = await this.deps
      .fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: this.pc.localDescription?.sdp ?? '' })
      .catch((cause: unknown) => {
        throw noAnswer(cause)
      })
    if (response.status !== 201) throw await problemFrom(response)
    const location = response.headers.get('Location')
    this.url = location ? new URL(location, url).href : null
    // Given up while the answer was on its way: the session that it made must not stay.
    if (this.ended) this.goodbye()
    else await this.pc.setRemoteDescription({ type: 'answer', sdp: await response.text() })
  }

  /** What comes, as one stream. */
  stream(): MediaStream {
    this.whole = new MediaStream(this.pc.getReceivers().map((receiver) => receiver.track))
    return this.whole
  }

  /** Takes the picture out of the stream, or puts it in again. */
  showPicture(shown: boolean): void {
    for (const { track } of this.pc.getReceivers()) {
      if (track.kind !== 'video') continue
      if (shown) this.whole?.addTrack(track)
      else this.whole?.removeTrack(track)
    }
  }

  async received(): Promise<Received> {
    const stats = await this.pc.getStats()
    return receivedIn(stats.values() as Iterable<InboundStats>)
  }

  /** What is left of the connection. Chromium may say `connected` after the other side closed; DTLS knows better. */
  get state(): 'fine' | 'shaky' | 'gone' {
    const failed = this.pc.getReceivers().some((receiver) => receiver.transport?.state === 'failed')
    const { connectionState } = this.pc
    if (failed || this.closedThere || connectionState === 'failed' || connectionState === 'closed') return 'gone'
    return connectionState === 'disconnected' ? 'shaky' : 'fine'
  }

  /** Ends the session, and deletes it at the node unless the node ended it; also from a page that is being closed. */
  end(): void {
    if (this.ended) return
    const known = this.closedThere
    this.ended = true
    this.pc.close()
    // While the answer is on its way there is no address yet; `join` says goodbye then.
    if (!known) this.goodbye()
  }

  private get closedThere(): boolean {
    return this.pc.getReceivers().some((receiver) => receiver.transport?.state === 'closed')
  }

  private goodbye(): void {
    if (this.url) void this.deps.fetch(this.url, { method: 'DELETE', keepalive: true }).catch(() => undefined)
  }
}

/** What a refusal means for the player. */
export function refusal(thrown: unknown): 'later' | 'never' {
  const problem = thrown instanceof Problem ? thrown : null
  const later = problem !== null && (problem.offline || problem.status === 503 || problem.code === 'no_publisher')
  return later ? 'later' : 'never'
}
