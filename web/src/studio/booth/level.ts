/** Is the microphone right? From what it gave in the last seconds, a word a lecturer understands. Pure. */

/** One look at the microphone, both as shares of full scale (0–1). */
export interface Loudness {
  rms: number
  peak: number
}

export type LevelVerdict = 'good' | 'quiet' | 'clipping' | 'silent'

/** Looks per second, and how many the verdict is made of: 4 s hold a sentence and its pauses. */
export const LOOKS_PER_SECOND = 10
export const WINDOW = 4 * LOOKS_PER_SECOND

/** Below this nothing is said: the noise of a closed microphone. A tone of −60 dBFS is at −63. */
const SILENT_DB = -60
/** Speech that phones in a bus still carry is above this; a tone of −40 dBFS is at −43. */
const QUIET_DB = -38
const CLIP_PEAK = 0.985
/** Looks of the window at full scale that are no slip of the hand any more. */
const CLIPS = 3

export const decibels = (share: number): number => (share <= 0 ? -100 : Math.max(-100, 20 * Math.log10(share)))

/** What stands out of the window decides, not its mean: people pause. */
export function levelVerdict(looks: readonly Loudness[]): LevelVerdict | null {
  if (looks.length < LOOKS_PER_SECOND) return null
  if (looks.filter((look) => look.peak >= CLIP_PEAK).length >= CLIPS) return 'clipping'
  const loud = looks.map((look) => look.rms).sort((a, b) => b - a)
  const speech = decibels(loud[Math.floor(loud.length / 10)] ?? 0)
  if (speech < SILENT_DB) return 'silent'
  return speech < QUIET_DB ? 'quiet' : 'good'
}

/** Length of the bar, 0–1: −60 dB to full scale. */
export const barLength = (peak: number): number => Math.min(1, Math.max(0, 1 + decibels(peak) / 60))

export function loudness(samples: Float32Array): Loudness {
  let sum = 0
  let peak = 0
  for (const sample of samples) {
    sum += sample * sample
    peak = Math.max(peak, Math.abs(sample))
  }
  return { rms: Math.sqrt(sum / Math.max(1, samples.length)), peak }
}
