/**
 * The one player of the members' pages and what it says, for every page that shows it. It lives beside the pages, so that
 * whoever goes on reading goes on hearing; it ends with the person who is signed in.
 */
import { computed, readonly, shallowRef, watch } from 'vue'
import { serverNow } from '@/api/now'
import { beaconBeats, postBeats } from '@/player/beatsApi'
import { AudioPlayer, type TrackHint } from '@/player/audio/audioPlayer'
import { lockScreen } from '@/player/audio/lockScreen'
import { ownPlaces } from '@/player/audio/places'
import { Poster } from '@/player/audio/poster'
import { taste } from '@/player/audio/taste'
import { firstAudioState, isGoing, type AudioState } from '@/player/audio/types'
import { openOutboxStore } from '@/player/outboxStore'
import { deviceOf, thisPlatform } from '@/player/platform'
import { session } from '@/session/session'
import { barShown } from './active'
import { getEpisode, leaseEpisode } from './api'
import { followQueue, queue } from './queue'
import { trackOf } from './tracks'

/** A silent media node counts as no answer after this. */
const LOOK_MS = 5000

const state = shallowRef<AudioState>(firstAudioState)
let player: AudioPlayer | null = null
let ends: (() => void)[] = []

function make(): AudioPlayer {
  const audio = document.createElement('audio')
  audio.hidden = true
  document.body.append(audio)
  const memberId = session.me.value?.id ?? ''
  const made = new AudioPlayer({
    audio,
    memberId,
    device: deviceOf(thisPlatform(document.createElement('video'))),
    store: openOutboxStore(),
    api: {
      lease: leaseEpisode,
      post: postBeats,
      beacon: beaconBeats,
      uplink: (grant, outbox, events) =>
        new Poster({
          outbox,
          events,
          random: Math.random,
          post: (beats) => postBeats({ kind: 'episode', id: grant.item_id }, grant.lease, beats),
        }),
    },
    track: async (id) => trackOf(await getEpisode(id)),
    next: (track) => queue.after(track.id) ?? track.next,
    begins: (id) => queue.begins(id),
    places: ownPlaces(memberId, () => localStorage),
    taste: taste(() => localStorage),
    look,
    random: Math.random,
    now: () => performance.now(),
    serverNow,
  })
  const alone = new AbortController()
  // One voice at a time: a lesson that begins to play puts an episode on pause.
  const other = ({ target }: Event) => target !== audio && target instanceof HTMLMediaElement && !target.muted && made.pause()
  document.addEventListener('play', other, { capture: true, signal: alone.signal })
  ends = [
    made.subscribe((now) => {
      state.value = now
      barShown.value = now.track !== null && !now.primed
    }),
    'mediaSession' in navigator ? lockScreen(made, navigator.mediaSession, (path) => new URL(path, location.href).href) : () => undefined,
    watch(session.me, (me) => me?.id !== memberId && end()),
    () => alone.abort(),
    () => made.destroy(),
    () => audio.remove(),
  ]
  queue.load().catch(() => undefined)
  followQueue(alone.signal)
  return made
}

function end(): void {
  ends.forEach((run) => run())
  ends = []
  player = null
  state.value = firstAudioState
  barShown.value = false
  queue.forget()
}

async function look(url: string): Promise<number> {
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), LOOK_MS)
  try {
    return (await fetch(url, { method: 'HEAD', cache: 'no-store', signal: limit.signal })).status
  } catch {
    return 0
  } finally {
    clearTimeout(timer)
  }
}

const the = (): AudioPlayer => (player ??= make())

export const listening = {
  state: readonly(state) as Readonly<typeof state>,
  /** Something was played and can go on: the bar is shown. */
  active: barShown,
  going: computed(() => isGoing(state.value)),
  isOn: (id: string) => state.value.track?.id === id && !state.value.primed,
  player: the,
  play: (hint: TrackHint, atMs?: number) => the().play(hint, atMs),
  prime: (hint: TrackHint) => the().prime(hint),
}
