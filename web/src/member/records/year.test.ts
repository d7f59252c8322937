import { describe, expect, it } from 'vitest'
import { toMakeUp, whyOf, type MyYearLine } from './year'

const line = (over: Partial<MyYearLine>): MyYearLine => ({
  item_id: 'a',
  kind: 'lesson',
  title: 'x',
  from_name: 'y',
  started_at: 1,
  ended_at: 2,
  continues: false,
  standing: 'pending',
  credit: 'none',
  coverage_bp: 0,
  counted_ms: 0,
  hours_milli: 0,
  visits: 0,
  reason: 'pending',
  make_up_until: 9,
  can_watch: true,
  can_open: false,
  ...over,
})

describe('what can still be made up for', () => {
  it('is what has a window and a replay one may watch, the most urgent in front', () => {
    const lines = [
      line({ item_id: 'later', make_up_until: 20 }),
      line({ item_id: 'soon', make_up_until: 10 }),
      line({ item_id: 'over', make_up_until: null }),
      line({ item_id: 'not open', can_watch: false }),
      line({ item_id: 'all', credit: 'full' }),
      line({ item_id: 'excused', standing: 'excused' }),
    ]
    expect(toMakeUp(lines).map((one) => one.item_id)).toEqual(['soon', 'later'])
  })
  it('says in one sentence why it is not more', () => {
    expect([
      whyOf({ credit: 'full', reason: null }),
      whyOf({ credit: 'half', reason: 'half' }),
      whyOf({ credit: 'none', reason: 'pending' }),
      whyOf({ credit: 'none', reason: 'unheard of' }),
    ]).toEqual(['full', 'half', 'pending', 'nothing'])
  })
})
