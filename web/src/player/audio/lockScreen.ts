/**
 * Lock screen, headset and car: title, cover, place, and keys. Set again whenever sound comes, because some browsers forget
 * handlers that were set before. Whatever a browser refuses here, the player never notices.
 */
import { JUMP_MS, type AudioPlayer } from './audioPlayer'
import { isGoing, type AudioState } from './types'

const COVER_SIZES = '512x512'
const PLAIN_COVER = '/icon-512.png'

type Handlers = Partial<Record<MediaSessionAction, MediaSessionActionHandler>>

/** `setPositionState` throws for lengths that are none and places beyond them. */
export function positionState({
  lengthMs,
  positionMs,
  rate,
}: Pick<AudioState, 'lengthMs' | 'positionMs' | 'rate'>): MediaPositionState | null {
  const duration = lengthMs / 1000
  const usable = Number.isFinite(duration) && duration > 0 && Number.isFinite(positionMs) && rate > 0
  return usable ? { duration, playbackRate: rate, position: Math.min(Math.max(0, positionMs / 1000), duration) } : null
}

/** Returns what takes it away again. */
export function lockScreen(player: AudioPlayer, session: MediaSession, absolute: (path: string) => string): () => void {
  const handlers: Handlers = {
    play: () => player.resume(),
    pause: () => player.pause(),
    stop: () => player.pause(),
    seekbackward: (details) => player.seekBy(-(details.seekOffset ? details.seekOffset * 1000 : JUMP_MS)),
    seekforward: (details) => player.seekBy(details.seekOffset ? details.seekOffset * 1000 : JUMP_MS),
    seekto: (details) => details.seekTime !== undefined && player.seekTo(details.seekTime * 1000),
    previoustrack: () => player.skip(-1),
    nexttrack: () => player.skip(1),
  }
  const handle = (on: boolean) => {
    for (const [action, run] of Object.entries(handlers) as [MediaSessionAction, MediaSessionActionHandler][]) {
      try {
        session.setActionHandler(action, on ? run : null)
      } catch {
        // this browser does not know the action
      }
    }
  }
  const place = (state: AudioState) => {
    try {
      const now = positionState(state)
      if (now) session.setPositionState(now)
    } catch {
      // an old browser: the bar of the lock screen stays empty
    }
  }
  let said: AudioState | null = null
  const stop = player.subscribe((state) => {
    const before = said
    said = state
    if (state.track === null || state.primed) {
      if (before?.track && !before.primed) {
        session.metadata = null
        session.playbackState = 'none'
        handle(false)
      }
      return
    }
    if (state.track !== before?.track || before.primed) session.metadata = metadata(state.track, absolute)
    session.playbackState = isGoing(state) ? 'playing' : 'paused'
    if (state.stage === 'playing' && before?.stage !== 'playing') {
      handle(true)
      place(state)
    } else if (state.stage !== before?.stage || state.rate !== before.rate || state.lengthMs !== before.lengthMs || jumped(before, state))
      place(state)
  })
  return () => {
    stop()
    session.metadata = null
    handle(false)
  }
}

/** The lock screen counts on by itself; it needs to be told only of what it cannot guess. */
const GUESSED_MS = 3000
const jumped = (before: AudioState, now: AudioState) => Math.abs(now.positionMs - before.positionMs) > GUESSED_MS

function metadata(track: NonNullable<AudioState['track']>, absolute: (path: string) => string): MediaMetadata {
  const src = absolute(track.cover ?? PLAIN_COVER)
  return new MediaMetadata({ title: track.title, artist: track.speaker, album: track.series, artwork: [{ src, sizes: COVER_SIZES }] })
}
