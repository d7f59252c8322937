import { describe, expect, it } from 'vitest'
import type { PersonView } from './api'
import { addBody, checkPerson, editBody, emptyForm, endOf, formOf, lastDay, NEW_BRANCH } from './form'
import { levelsBelow } from '@/console/units/levels'

const person: PersonView = {
  id: 'p', name: '王芳', phone: '13800000001', phone_masked: '138****0001', member_no: null, branch: { id: 'b', name: '支部' },
  roles: [
    { role: 'lecturer', unit_id: 's', unit_name: '站', until_at: null },
    { role: 'lecturer', unit_id: 't', unit_name: '别站', until_at: 9 },
  ],
  first_password: false, disabled_at: null, may_change: true, revision: 4,
}

describe('the form of a person', () => {
  it('wants a name, a number and a place', () => {
    expect(checkPerson(emptyForm('', 'c'))).toEqual({ name: 'name_empty', phone: 'no_sign_in', branch: 'nowhere' })
    expect(checkPerson({ ...emptyForm('b', 'c'), name: '王', member_no: 'A-1' })).toEqual({})
    expect(checkPerson({ ...emptyForm('b', 'c'), name: '王', phone: '12', member_no: 'A-1' })).toEqual({ phone: 'phone_form' })
    expect(checkPerson({ ...emptyForm('b', 'c'), name: '王', phone: ' +86 138-0000-0001 ' })).toEqual({})
    expect(checkPerson({ ...emptyForm('', 'c'), name: '王', phone: '13800000001', lecturer: 'c' })).toEqual({})
    expect(checkPerson({ ...emptyForm(NEW_BRANCH, 'c'), name: '王', phone: '13800000001' })).toEqual({ branch_name: 'branch_name_empty' })
  })

  it('sends numbers as they are meant', () => {
    expect(addBody({ ...emptyForm('b', 'c'), name: ' 王 ', phone: '１３８ 0000 0001', organizer: 'c' }, 'b', '')).toEqual({
      name: '王', phone: '13800000001', branch_id: 'b', member_no: null, roles: [{ role: 'organizer', unit_id: 'c', until_at: null }],
    })
  })

  it('sends only what was changed, and keeps roles it does not show', () => {
    const form = formOf(person, 'c')
    expect(editBody(form, form.branch, person, '')).toEqual({})
    const roles = [{ role: 'lecturer', unit_id: 't', until_at: 9 }]
    expect(editBody({ ...form, member_no: ' 7 ', phone: '', lecturer: '' }, null, person, '')).toEqual({ member_no: '7', phone: null, branch_id: null, roles, revision: 4 })
  })

  it('ends a role with the day that is named, at the midnight of the centre', () => {
    expect(endOf('2026-12-31')).toBe(Date.UTC(2026, 11, 31, 16))
    expect(lastDay(Date.UTC(2026, 11, 31, 16))).toBe('2026-12-31')
    expect([endOf(''), lastDay(null)]).toEqual([null, ''])
    const form = { ...emptyForm('', 'c'), name: '王', phone: '13800000001', organizer: 'c', organizer_until: '2026-11-30' }
    expect(checkPerson(form, Date.UTC(2026, 11, 1))).toEqual({ organizer_until: 'until_past' })
    expect(addBody({ ...form, owner: true }, null, 'z').roles).toEqual([
      { role: 'organizer', unit_id: 'c', until_at: Date.UTC(2026, 10, 30, 16) },
      { role: 'owner', unit_id: 'z', until_at: null },
    ])
  })

  it('offers lower levels only', () => {
    expect(levelsBelow('station')).toEqual(['point', 'branch'])
    expect(levelsBelow('branch')).toEqual([])
  })
})
