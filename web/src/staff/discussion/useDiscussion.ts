/**
 * Questions and private notes of a lesson, for its staff. The room publishes the newest revision; a page that shows an older one
 * fetches again, once however many changes there were meanwhile. What is older than what is shown is never taken.
 */
import { computed, ref, watch } from 'vue'
import type { MemberQuestion, PrivateNote, QuestionState, Discussion } from '@/api/types'
import { useAction } from '@/lib/action'
import { useResource } from '@/lib/resource'
import { getDiscussion, readNote, settleQuestion, writeNote } from './api'

/** Without a word from the room (its socket is lost) it is asked for this often. */
const REFRESH_MS = 15_000

export function useDiscussion(lessonId: string, revision: () => number | null) {
  const newest = (answer: Discussion): Discussion =>
    resource.data.value && resource.data.value.revision > answer.revision ? resource.data.value : answer
  const resource = useResource<Discussion>(async (signal) => newest(await getDiscussion(lessonId, signal)), { everyMs: REFRESH_MS })

  const isOld = () => (revision() ?? 0) > (resource.data.value?.revision ?? -1)
  // A reload gives up the one before it: under a hail of changes none would ever come through.
  watch([revision, resource.loading], () => {
    if (isOld() && !resource.loading.value && !resource.problem.value) void resource.reload()
  })
  // After a failure the next change tries again.
  watch(revision, () => {
    if (isOld() && resource.problem.value && !resource.loading.value) void resource.reload()
  })

  const questions = computed(() => resource.data.value?.questions ?? [])
  const open = computed(() => questions.value.filter((q) => q.state === 'open'))
  /** The last one settled first. */
  const settled = computed(() =>
    questions.value.filter((q) => q.state !== 'open').sort((a, b) => (b.decided_at ?? 0) - (a.decided_at ?? 0)),
  )
  const notes = computed<PrivateNote[]>(() => resource.data.value?.notes ?? [])
  /**
   * What the lecturer has yet to read, the oldest first. Whoever wrote it: somebody may be both, or be signed in both at the
   * console and where the lesson is given.
   */
  const unread = computed(() => notes.value.filter((note) => note.read_at === null).reverse())

  const { busy, problem, run } = useAction()
  const did = ref<{ id: string; text: string; state: 'answered' | 'hidden' } | null>(null)

  const take = (answer: Discussion) => (resource.data.value = newest(answer))
  const settle = (question: MemberQuestion, state: QuestionState) =>
    run(async () => {
      take(await settleQuestion(lessonId, question.id, state))
      did.value = state === 'open' ? null : { id: question.id, text: question.text, state }
    })
  const undo = () =>
    run(async () => {
      if (!did.value) return
      take(await settleQuestion(lessonId, did.value.id, 'open'))
      did.value = null
    })
  const gotIt = (note: PrivateNote) => run(async () => void take(await readNote(lessonId, note.id)))
  const write = async (text: string) => void take(await writeNote(lessonId, text))

  return { resource, questions, open, settled, notes, unread, busy, problem, did, settle, undo, gotIt, write }
}

export type DiscussionHandle = ReturnType<typeof useDiscussion>
