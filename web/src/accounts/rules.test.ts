import { describe, expect, it } from 'vitest'
import { checkSetup, isPhone, passwordRules, plainPhone, type SetupForm } from './rules'

const good: SetupForm = {
  centre_name: '张浦党群服务中心',
  organizer_name: '李敏',
  phone: '138 0013-8000',
  password: '海棠花开 in spring',
  again: '海棠花开 in spring',
}

describe('the first-run form', () => {
  it('takes a whole form', () => {
    expect(checkSetup(good)).toEqual({})
  })

  it('takes phone numbers as people paste them', () => {
    expect(['+86 138 0013 8000', '0086-13800138000', '１３８００１３８０００'].map(plainPhone)).toEqual([
      '13800138000',
      '13800138000',
      '13800138000',
    ])
    expect(isPhone('23800138000')).toBe(false)
    expect(isPhone('1380013800')).toBe(false)
    expect(isPhone('+44 20 7946 0018')).toBe(true)
  })

  it('says what is wrong with each field', () => {
    const empty = checkSetup({ centre_name: ' ', organizer_name: '', phone: '', password: '', again: '' })
    expect(Object.values(empty)).toEqual(['empty', 'empty', 'empty', 'empty', 'empty'])
    expect(checkSetup({ ...good, centre_name: '名'.repeat(101) }).centre_name).toBe('long')
    expect(checkSetup({ ...good, phone: '12' }).phone).toBe('phone_form')
    expect(checkSetup({ ...good, password: 'short' }).password).toBe('password_short')
    expect(checkSetup({ ...good, password: 'x'.repeat(129) }).password).toBe('password_long')
    expect(checkSetup({ ...good, password: '1111111111' }).password).toBe('password_simple')
    expect(checkSetup({ ...good, password: 'a-13800138000' }).password).toBe('password_is_phone')
    expect(checkSetup({ ...good, again: 'another one' }).again).toBe('again_differs')
  })

  it('shows which rules are met while one types', () => {
    expect(passwordRules({ password: '', again: '', phone: '' }).map((r) => r.met)).toEqual([false, false, false, false])
    expect(passwordRules(good).every((r) => r.met)).toBe(true)
  })
})
