/** What makes listening comfortable and is not needed to listen: lock screen, screen kept awake, picture in picture. */
import type { Player } from './player'

/** Title and buttons on the lock screen and on headphones. Returns what takes them away again. */
export function mediaSession(player: Player, words: { title: string; artist: string; album: string }): () => void {
  if (!('mediaSession' in navigator)) return () => undefined
  const session = navigator.mediaSession
  session.metadata = new MediaMetadata({ ...words, artwork: [{ src: '/icon-512.png', sizes: '512x512', type: 'image/png' }] })
  const handle = (action: MediaSessionAction, run: MediaSessionActionHandler | null) => {
    try {
      session.setActionHandler(action, run)
    } catch {
      // this browser does not know the action
    }
  }
  handle('play', () => player.play())
  handle('pause', () => player.pause())
  let replay = false
  const follow = player.subscribe((state) => {
    session.playbackState = state.stage === 'playing' || state.stage === 'buffering' ? 'playing' : 'paused'
    if (replay === (state.source === 'replay')) return
    replay = state.source === 'replay'
    handle('seekbackward', replay ? () => player.seekBy(-15_000) : null)
    handle('seekforward', replay ? () => player.seekBy(15_000) : null)
    handle('seekto', replay ? (details) => details.seekTime !== undefined && player.seekTo(details.seekTime * 1000) : null)
  })
  return () => {
    follow()
    session.metadata = null
    for (const action of ['play', 'pause', 'seekbackward', 'seekforward', 'seekto'] as const) handle(action, null)
  }
}

/** Keeps the screen on while the picture plays; sound alone may go dark. */
export function wakeLock(player: Player): () => void {
  if (!('wakeLock' in navigator)) return () => undefined
  let lock: WakeLockSentinel | null = null
  let asking = false
  const wanted = () =>
    player.state.mode === 'video' &&
    ['playing', 'buffering', 'starting', 'reconnecting', 'away'].includes(player.state.stage) &&
    document.visibilityState === 'visible'
  const update = async () => {
    if (asking) return
    if (!wanted()) {
      await lock?.release().catch(() => undefined)
      lock = null
    } else if (!lock || lock.released) {
      asking = true
      lock = await navigator.wakeLock.request('screen').catch(() => null)
      asking = false
    }
  }
  const follow = player.subscribe(() => void update())
  const onVisible = () => void update()
  document.addEventListener('visibilitychange', onVisible)
  return () => {
    follow()
    document.removeEventListener('visibilitychange', onVisible)
    void lock?.release().catch(() => undefined)
  }
}

interface WebkitVideo extends HTMLVideoElement {
  webkitSetPresentationMode?: (mode: string) => void
  webkitPresentationMode?: string
}

export function canFloat(video: HTMLVideoElement): boolean {
  return document.pictureInPictureEnabled === true || typeof (video as WebkitVideo).webkitSetPresentationMode === 'function'
}

export async function toggleFloat(video: HTMLVideoElement): Promise<void> {
  const webkit = video as WebkitVideo
  if (document.pictureInPictureEnabled) {
    if (document.pictureInPictureElement) await document.exitPictureInPicture()
    else await video.requestPictureInPicture()
  } else webkit.webkitSetPresentationMode?.(webkit.webkitPresentationMode === 'picture-in-picture' ? 'inline' : 'picture-in-picture')
}
