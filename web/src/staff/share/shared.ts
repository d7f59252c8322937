/** Whether a lesson was ever shared from this browser: the last of the first steps. */
const KEY = 'yunke.shared'

export function sharedOnce(): void {
  try {
    localStorage.setItem(KEY, '1')
  } catch {
    // Storage is blocked: the step stays open, which harms nobody.
  }
}

export function wasShared(): boolean {
  try {
    return localStorage.getItem(KEY) === '1'
  } catch {
    return false
  }
}
