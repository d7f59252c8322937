/** What is said of a picture or a sound that does not come. Pure: one sentence at a time, the one that explains most. */
import type { PlayerState } from '@/player/state'

export type Notice = 'weak' | 'noPicture' | 'noPictureReplay' | 'noSound' | 'noSoundReplay' | 'soundLesson'

const SHOWN = ['playing', 'paused', 'buffering']

export function noticeOf(state: PlayerState): Notice | null {
  const { course, missing, mode, source, stage, weak } = state
  if (source === null || !SHOWN.includes(stage)) return null
  const replay = source === 'replay'
  if (missing.sound && !missing.picture) return replay ? 'noSoundReplay' : 'noSound'
  // Who chose the sound alone does not miss the picture.
  if (mode === 'audio') return null
  if (weak && course === 'sound') return 'weak'
  if (!missing.picture) return null
  if (!missing.pictured) return 'soundLesson'
  return replay ? 'noPictureReplay' : 'noPicture'
}
