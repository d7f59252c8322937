import { describe, expect, it } from 'vitest'
import type { PlannedLesson } from './api'
import { changes, checkPlan, emptyPlan, formOf, length, planBody, planTimes, type PlanForm } from './plan'
import { fromLocal } from './time'

const now = fromLocal('2026-11-22', '09:10')!
const good: PlanForm = {
  ...emptyPlan(now),
  title: ' 午间一小时 ',
  lecturer_id: 'l',
  unit_id: 'u',
  audience: ['b'],
}

describe('a plan', () => {
  it('starts at the next half hour and lasts an hour', () => {
    expect(good).toMatchObject({ date: '2026-11-22', start: '10:00', end: '11:00' })
    expect(checkPlan(good, now)).toEqual({})
    expect(planBody(good)).toMatchObject({ title: '午间一小时', planned_start_at: fromLocal('2026-11-22', '10:00') })
  })

  it('says every field that is missing at once', () => {
    const issues = checkPlan({ ...good, title: '  ', lecturer_id: '', unit_id: '', audience: [], date: '', start: '', end: '' }, now)
    expect(Object.keys(issues).sort()).toEqual(['audience', 'date', 'end', 'lecturer_id', 'start', 'title', 'unit_id'])
    expect(planBody({ ...good, date: '' })).toBeNull()
  })

  it('counts characters as people do', () => {
    expect(length('𠮷😀a')).toBe(3)
    expect(checkPlan({ ...good, title: '𠮷'.repeat(100) }, now)).toEqual({})
    expect(checkPlan({ ...good, title: '𠮷'.repeat(101) }, now).title).toBe('title_long')
  })

  it('may run over midnight, but not for a whole day, nor for no time', () => {
    expect(planTimes({ date: '2026-11-22', start: '23:30', end: '00:30' })).toEqual({
      from: fromLocal('2026-11-22', '23:30'),
      to: fromLocal('2026-11-23', '00:30'),
    })
    expect(checkPlan({ ...good, end: '09:00' }, now).end).toBe('too_long')
    expect(checkPlan({ ...good, end: '10:00' }, now).end).toBe('too_short')
    expect(checkPlan({ ...good, end: '10:01' }, now).end).toBeUndefined()
  })

  it('must not be over already', () => {
    expect(checkPlan({ ...good, date: '2026-11-21' }, now).start).toBe('start_past')
  })
})

describe('a change of a plan', () => {
  const lesson = {
    title: '午间一小时',
    summary: '',
    lecturer_id: 'l',
    unit_id: 'u',
    audience: [{ id: 'b', name: '支部' }],
    planned_start_at: fromLocal('2026-11-22', '23:30'),
    planned_end_at: fromLocal('2026-11-23', '00:30'),
    low_latency: false,
    rule: { id: 'r', version: 3 },
  } as unknown as PlannedLesson

  it('comes back as it was, also over midnight', () => {
    expect(changes(planBody(formOf(lesson))!, lesson)).toEqual({})
  })

  it('sends only what differs, never the unit', () => {
    const form = { ...formOf(lesson), title: '新', unit_id: 'x', end: '00:45' }
    expect(changes(planBody(form)!, lesson)).toEqual({ title: '新', planned_end_at: fromLocal('2026-11-23', '00:45') })
  })

  it('turns low latency on, which a new plan leaves off', () => {
    expect(planBody(good)).toMatchObject({ low_latency: false })
    expect(changes(planBody({ ...formOf(lesson), low_latency: true })!, lesson)).toEqual({ low_latency: true })
  })

  it('has another rule, or its own in the version of now, only if somebody says so', () => {
    expect(planBody(good)).toMatchObject({ rule_id: null })
    expect(changes(planBody({ ...formOf(lesson), rule_id: 's' })!, lesson)).toEqual({ rule_id: 's' })
    expect(changes(planBody(formOf(lesson))!, lesson, true)).toEqual({ rule_id: 'r' })
  })

  it('may end in the future only, also while on air', () => {
    expect(checkPlan({ ...good, date: '2026-11-21' }, now, { started: true }).end).toBe('start_past')
  })
})
