import { expect, it } from 'vitest'
import { Problem } from '@/api/problem'
import { useAction, useTurns } from './action'

it('is busy until it is done, and two taps are one', async () => {
  const { busy, run } = useAction()
  let done = () => {}
  let runs = 0
  const work = () => {
    runs += 1
    return new Promise<void>((resolve) => (done = resolve))
  }
  const first = run(work)
  await run(work)
  expect([busy.value, runs]).toEqual([true, 1])
  done()
  await first
  expect(busy.value).toBe(false)
})

it('keeps what went wrong until it is tried again', async () => {
  const { busy, problem, run } = useAction()
  await run(() => Promise.reject(new Problem(409, 'wrong_phase')))
  expect([busy.value, problem.value?.code]).toEqual([false, 'wrong_phase'])
  await run(async () => expect(problem.value).toBeNull())
  expect(problem.value).toBeNull()
})

it('makes changes asked for one after the other in their order, drops none, and goes on after one that failed', async () => {
  const { busy, problem, run } = useTurns()
  const made: number[] = []
  let first = () => {}
  const turns = [
    run(async () => {
      await new Promise<void>((resolve) => (first = resolve))
      made.push(1)
    }),
    run(() => Promise.reject(new Problem(422, 'number_wrong'))),
    run(async () => void made.push(3)),
  ]
  await Promise.resolve()
  expect([made, busy.value]).toEqual([[], true])
  first()
  await Promise.all(turns)
  expect([made, busy.value, problem.value?.code]).toEqual([[1, 3], false, 'number_wrong'])
  await run(async () => void made.push(4))
  expect(problem.value).toBeNull()
})
