/** The camera and the microphone in use; opened when asked, replaced when one is unplugged, released when the page goes. */
import { onScopeDispose, reactive, readonly, ref, shallowReactive, shallowRef } from 'vue'
import { constraints, keepChoice, readChoice, troubleOf, type Choice, type DeviceKind, type DeviceTrouble } from './devices'

const KINDS = ['camera', 'microphone'] as const
/** Null: this browser does not say. */
const permission = (kind: DeviceKind): Promise<PermissionState | null> =>
  navigator.permissions
    ?.query({ name: kind as PermissionName })
    .then((status) => status.state)
    .catch(() => null) ?? Promise.resolve(null)

export function useDevices() {
  const media = navigator.mediaDevices as MediaDevices | undefined
  const choice = reactive<Choice>(readChoice(localStorage))
  const tracks = shallowReactive<Record<DeviceKind, MediaStreamTrack | null>>({ camera: null, microphone: null })
  const trouble = reactive<Record<DeviceKind, DeviceTrouble | null>>({ camera: null, microphone: null })
  /** The device in use is another than the one before, which went away. */
  const replaced = reactive<Record<DeviceKind, string>>({ camera: '', microphone: '' })
  const lists = shallowReactive<Record<DeviceKind, MediaDeviceInfo[]>>({ camera: [], microphone: [] })
  const asking = ref(false)
  /** Null: not known yet. False: a person has to press a button first. */
  const opened = shallowRef<boolean | null>(null)
  const turns = { camera: 0, microphone: 0 }
  let over = false

  async function list(): Promise<void> {
    const all = (await media?.enumerateDevices().catch(() => [])) ?? []
    lists.camera = all.filter((device) => device.kind === 'videoinput')
    lists.microphone = all.filter((device) => device.kind === 'audioinput')
  }

  function use(kind: DeviceKind, track: MediaStreamTrack): void {
    if (over) return track.stop()
    const before = tracks[kind]
    tracks[kind] = track
    trouble[kind] = null
    before?.stop()
    // Our own `stop()` raises no event; this is the cable, or the system.
    track.addEventListener('ended', () => void lost(kind, track))
  }

  async function lost(kind: DeviceKind, track: MediaStreamTrack): Promise<void> {
    if (tracks[kind] !== track) return
    tracks[kind] = null
    await list()
    await take(kind)
    const now = tracks[kind] as MediaStreamTrack | null
    replaced[kind] = now ? now.label : ''
    // What the system says about a device that went while it was used is that there is none; a person who forbade it is another thing.
    if (!now && trouble[kind] !== 'denied' && trouble[kind] !== 'taken') trouble[kind] = 'unplugged'
  }

  async function take(kind: DeviceKind): Promise<void> {
    const turn = ++turns[kind]
    try {
      if (!media) throw new DOMException('', 'SecurityError')
      const track = (await media.getUserMedia(constraints(kind, choice))).getTracks()[0]
      if (!track) throw new DOMException('', 'NotFoundError')
      if (turn === turns[kind]) use(kind, track)
      else track.stop()
    } catch (thrown) {
      if (turn === turns[kind]) trouble[kind] = troubleOf(thrown)
    }
  }

  /** Opens both, with one question of the browser where it can be one. */
  async function open(): Promise<void> {
    if (asking.value) return
    asking.value = true
    opened.value = true
    try {
      if (!media) throw new DOMException('', 'SecurityError')
      const stream = await media.getUserMedia({ ...constraints('camera', choice), ...constraints('microphone', choice) })
      const [video] = stream.getVideoTracks()
      const [audio] = stream.getAudioTracks()
      if (video) use('camera', video)
      if (audio) use('microphone', audio)
    } catch (thrown) {
      // One of the two: each is asked for by itself, and says what it is that is wrong. But who closed the browser's
      // question is not asked twice more at once: browsers take that for a no for good.
      const refused = troubleOf(thrown) === 'denied'
      for (const kind of KINDS) {
        if (refused && (await permission(kind)) === 'prompt') trouble[kind] = 'denied'
        else await take(kind)
      }
    } finally {
      asking.value = false
      await list() // their names are available only now
    }
  }

  async function choose(kind: DeviceKind, id: string): Promise<void> {
    choice[kind] = id
    replaced[kind] = ''
    keepChoice(localStorage, choice)
    await take(kind)
  }

  async function sound(option: 'echo' | 'noise', on: boolean): Promise<void> {
    choice.sound[option] = on
    keepChoice(localStorage, choice)
    await take('microphone')
  }

  const changed = async () => {
    await list()
    for (const kind of KINDS)
      if (opened.value && !asking.value && !tracks[kind] && trouble[kind] !== 'denied' && lists[kind].length > 0) await take(kind)
  }
  media?.addEventListener('devicechange', changed)

  void (async () => {
    await list()
    // Where the browser says that it will not ask, the page need not either: after a reload all comes back by itself.
    const states = await Promise.all(KINDS.map(permission))
    if (states.every((state) => state === 'granted')) await open()
    else opened.value ??= false
  })()

  function release(): void {
    for (const kind of KINDS) {
      turns[kind] += 1
      tracks[kind]?.stop()
      tracks[kind] = null
    }
  }
  onScopeDispose(() => {
    over = true
    media?.removeEventListener('devicechange', changed)
    release()
  })
  return {
    choice: readonly(choice),
    tracks,
    trouble: readonly(trouble),
    replaced: readonly(replaced),
    lists,
    asking: readonly(asking),
    opened,
    open,
    take,
    choose,
    sound,
    release,
  }
}

export type Devices = ReturnType<typeof useDevices>
