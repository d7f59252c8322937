/** Cameras and microphones: which ones, the one somebody chose before, and what is wrong, as a code with a sentence. */
import { FPS, HEIGHT, WIDTH } from './picture/frame'

export type DeviceKind = 'camera' | 'microphone'

/** `denied` by a person, `blocked` by the system, `none` there, `taken` by another program, `unplugged` while used. */
export type DeviceTrouble = 'denied' | 'none' | 'taken' | 'unplugged' | 'insecure' | 'failed'

export interface SoundOptions {
  echo: boolean
  noise: boolean
}

export interface Choice {
  /** Empty: whichever the system prefers. */
  camera: string
  microphone: string
  sound: SoundOptions
}

const STORED = 'yunke.booth.devices'
const FIRST: Choice = { camera: '', microphone: '', sound: { echo: true, noise: true } }

export function readChoice(storage: Pick<Storage, 'getItem'>): Choice {
  try {
    const stored = JSON.parse(storage.getItem(STORED) ?? '{}') as Partial<Choice>
    const text = (value: unknown) => (typeof value === 'string' ? value : '')
    const sound = stored.sound ?? FIRST.sound
    return {
      camera: text(stored.camera),
      microphone: text(stored.microphone),
      sound: { echo: sound.echo !== false, noise: sound.noise !== false },
    }
  } catch {
    return { ...FIRST, sound: { ...FIRST.sound } }
  }
}

export function keepChoice(storage: Pick<Storage, 'setItem'>, choice: Choice): void {
  try {
    storage.setItem(STORED, JSON.stringify(choice))
  } catch {
    // storage is blocked: chosen for this visit
  }
}

/** What a browser throws when it gives no camera. */
export function troubleOf(thrown: unknown): DeviceTrouble {
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : ''
  switch (name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
      return 'denied'
    case 'NotFoundError':
    case 'DevicesNotFoundError':
    case 'OverconstrainedError':
      return 'none'
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'taken'
    case 'SecurityError':
      return 'insecure'
    default:
      return 'failed'
  }
}

export function constraints(kind: DeviceKind, choice: Choice): MediaStreamConstraints {
  // The remembered device if it is there, another one if not.
  const deviceId = choice[kind] === '' ? {} : { deviceId: { ideal: choice[kind] } }
  return kind === 'camera'
    ? { video: { ...deviceId, width: { ideal: WIDTH }, height: { ideal: HEIGHT }, frameRate: { ideal: FPS, max: 30 } } }
    : { audio: { ...deviceId, echoCancellation: choice.sound.echo, noiseSuppression: choice.sound.noise, autoGainControl: true } }
}
