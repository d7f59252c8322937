import { describe, expect, it } from 'vitest'
import type { ReportFigures } from './api'
import { average, begun, change, filterOf, queryOf, figureOf, yearsAround } from './report'

const figures = { visits: 7, attended: 5, people: 4, lessons: 2, hours_milli: 18_500, rate_bp: 8_888 } as ReportFigures

describe('a figure of a report', () => {
  it('is none where nobody was expected, and not 0', () => {
    expect([figureOf(figures, 'rate'), figureOf({ ...figures, rate_bp: null }, 'rate'), figureOf(figures, 'hours'), figureOf(figures, 'visits')]).toEqual([88.88, null, 18.5, 7])
  })
  it('is compared with the year before', () => {
    expect(change(7, 5)).toEqual({ kind: 'up', by: 2 })
    expect(change(88.88, 90)).toEqual({ kind: 'down', by: 1.12 })
    expect([change(1, 1)?.kind, change(null, 1), change(1, null)]).toEqual(['same', null, null])
  })
  it('is not drawn for months to come', () => {
    expect(begun([1, 2, 3], 2)).toEqual([1, 2, null])
  })
  it('is an average of members', () => {
    expect([average(100_000, 3), average(5, 0)]).toEqual([33_300, 0])
  })
})

describe('the filter', () => {
  it('goes into the address and comes back', () => {
    const filter = { year: 2027, unit: 'u', month: 4, who: 'below', kind: 'episode' } as const
    expect(filterOf(queryOf(filter))).toEqual(filter)
    expect(filterOf({ year: '20x7', month: '13', who: 'everybody', kind: 'book', unit: '' })).toEqual({})
  })
  it('offers the years around', () => {
    expect(yearsAround(2027, 2027)).toEqual([2027, 2026, 2025, 2024, 2023])
    expect(yearsAround(2027, 2019)).toEqual([2027, 2026, 2025, 2024, 2023, 2019])
  })
})
