import { describe, expect, it } from 'vitest'
import type { PersonView } from './api'
import { addBody, checkPerson, editBody, emptyForm, formOf, NEW_BRANCH } from './form'
import { levelsBelow } from '@/console/units/levels'

const person: PersonView = {
  id: 'p', name: '王芳', phone: '13800000001', phone_masked: '138****0001', member_no: null, branch: { id: 'b', name: '支部' },
  roles: [{ role: 'lecturer', unit_id: 's', unit_name: '站' }, { role: 'lecturer', unit_id: 't', unit_name: '别站' }],
  first_password: false, disabled_at: null, may_change: true,
}

describe('the form of a person', () => {
  it('wants a name, a number and a place', () => {
    expect(checkPerson(emptyForm('', 'c'))).toEqual({ name: 'name_empty', phone: 'phone_form', branch: 'nowhere' })
    expect(checkPerson({ ...emptyForm('b', 'c'), name: '王', phone: ' +86 138-0000-0001 ' })).toEqual({})
    expect(checkPerson({ ...emptyForm('', 'c'), name: '王', phone: '13800000001', lecturer: 'c' })).toEqual({})
    expect(checkPerson({ ...emptyForm(NEW_BRANCH, 'c'), name: '王', phone: '13800000001' })).toEqual({ branch_name: 'branch_name_empty' })
  })

  it('sends numbers as they are meant', () => {
    expect(addBody({ ...emptyForm('b', 'c'), name: ' 王 ', phone: '１３８ 0000 0001', organizer: 'c' }, 'b')).toEqual({
      name: '王', phone: '13800000001', branch_id: 'b', member_no: null, roles: [{ role: 'organizer', unit_id: 'c' }],
    })
  })

  it('sends only what was changed, and keeps roles it does not show', () => {
    const form = formOf(person, 'c')
    expect(editBody(form, form.branch, person)).toEqual({})
    expect(editBody({ ...form, member_no: ' 7 ', lecturer: '' }, null, person)).toEqual({ member_no: '7', branch_id: null, roles: [{ role: 'lecturer', unit_id: 't' }] })
  })

  it('offers lower levels only', () => {
    expect(levelsBelow('station')).toEqual(['point', 'branch'])
    expect(levelsBelow('branch')).toEqual([])
  })
})
