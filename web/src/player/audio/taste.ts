/** Speed and data saver as they were chosen on this device, for the next episode and the next visit. */
import { RATES } from './audioPlayer'
import type { AudioOptions } from './types'

const RATE = 'yunke.listen.rate'
const SAVER = 'yunke.listen.saver'

export function taste(storage: () => Storage): AudioOptions['taste'] {
  const read = (key: string): string | null => {
    try {
      return storage().getItem(key)
    } catch {
      return null
    }
  }
  const write = (key: string, value: string) => {
    try {
      storage().setItem(key, value)
    } catch {
      // storage is blocked: for this visit
    }
  }
  return {
    rate: {
      get: () => RATES.find((rate) => rate === Number(read(RATE))) ?? 1,
      set: (rate) => write(RATE, String(rate)),
    },
    saver: { get: () => read(SAVER) === '1', set: (on) => write(SAVER, on ? '1' : '0') },
  }
}
