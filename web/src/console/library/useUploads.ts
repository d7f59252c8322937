/** The uploads of a series as its page shows them; who leaves with files on their way is asked by the browser. */
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { session } from '@/session/session'
import { fromDrop, fromInput, sortFiles, type Chosen, type Sorted } from './files'
import { openLedger } from './ledger'
import { sendByTus } from './tus'
import { sumOf, Uploads, type SoundWish, type UploadRow } from './uploads'

/** What failed for want of an answer is tried again this often. */
const AGAIN_MS = 30_000

export function useUploads(series: string, settled: () => void) {
  const ledger = openLedger(session.me.value?.id ?? '', () => localStorage, () => Date.now())
  const rows = shallowRef<UploadRow[]>([])
  const paused = ref(false)
  const looking = ref(false)
  /** What became of the last choice. */
  const sorted = shallowRef<Sorted | null>(null)
  /** Of a dropped folder. */
  const unreadable = shallowRef<string[]>([])
  /** Begun before this page, and not chosen again yet. A replacement is begun again where it was asked for. */
  const unfinished = shallowRef(ledger.of(series).filter(({ into }) => (into ?? null) === null))
  /** For the files that are chosen next. */
  const wish = ref<SoundWish>({ music: false, trim: false })
  let done = 0

  const uploads = new Uploads(
    series,
    sendByTus,
    ledger,
    (now) => {
      rows.value = now
      const finished = sumOf(now).done
      if (finished !== done) settled()
      done = finished
    },
    () => Date.now(),
  )

  function take(chosen: readonly Chosen[], episode: string | null = null): void {
    const found = sortFiles(chosen)
    sorted.value = found
    unreadable.value = []
    const paths = new Set(found.take.map(({ path }) => path))
    if (episode === null) unfinished.value = unfinished.value.filter(({ path }) => !paths.has(path))
    uploads.add(found.take, episode, wish.value)
    if (found.take.length > 0) settled()
  }

  async function drop(data: DataTransfer): Promise<void> {
    looking.value = true
    try {
      const found = await fromDrop(data)
      take(found.chosen)
      unreadable.value = found.unreadable
    } finally {
      looking.value = false
    }
  }

  const sum = computed(() => sumOf(rows.value))
  const leaving = (event: BeforeUnloadEvent) => {
    if (sum.value.busy) event.preventDefault()
  }
  const online = () => uploads.again()
  const timer = setInterval(online, AGAIN_MS)
  addEventListener('beforeunload', leaving)
  addEventListener('online', online)
  onScopeDispose(() => {
    clearInterval(timer)
    removeEventListener('beforeunload', leaving)
    removeEventListener('online', online)
    uploads.close()
  })

  return {
    rows,
    wish,
    sum,
    paused,
    looking,
    sorted,
    unreadable,
    unfinished,
    choose: (files: FileList | null, episode: string | null = null) => files && take(fromInput(files), episode),
    drop,
    retry: (key: string) => uploads.retry(key),
    clear: () => uploads.clear(),
    toggle: () => {
      paused.value = !paused.value
      if (paused.value) uploads.pause()
      else uploads.resume()
    },
  }
}

export type UploadsView = ReturnType<typeof useUploads>
