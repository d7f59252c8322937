/** 长辈版 and its type size: kept on this device, set on <html>, so that one set of pages serves everybody. */
import { readonly, ref } from 'vue'

export type Mode = 'normal' | 'elder'
export const ELDER_SIZES = [20, 24, 30] as const
export type ElderSize = (typeof ELDER_SIZES)[number]

const MODE = 'yunke.mode'
const SIZE = 'yunke.size'
const mode = ref<Mode>('normal')
const size = ref<ElderSize>(20)

function apply(): void {
  const root = document.documentElement
  if (mode.value === 'elder') {
    root.dataset.mode = 'elder'
    root.dataset.size = String(size.value)
  } else {
    delete root.dataset.mode
    delete root.dataset.size
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // storage is blocked: holds for this visit
  }
}

function setMode(next: Mode): void {
  mode.value = next
  keep(MODE, next)
  apply()
}

function setSize(next: ElderSize): void {
  size.value = next
  keep(SIZE, String(next))
  apply()
}

/** Reads what this device remembers; called once before the first page is drawn. */
function restore(): void {
  try {
    if (localStorage.getItem(MODE) === 'elder') mode.value = 'elder'
    const stored = Number(localStorage.getItem(SIZE)) as ElderSize
    if (ELDER_SIZES.includes(stored)) size.value = stored
  } catch {
    // storage is blocked: the normal size
  }
  apply()
}

export const display = { mode: readonly(mode), size: readonly(size), setMode, setSize, restore }
