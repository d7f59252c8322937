/**
 * The rules of the first-run form, said while the operator types. The server checks them again.
 */
import { plainPhone, trimmed } from '@/lib/typed'

export const PASSWORD_MIN = 8
export const PASSWORD_MAX = 128
export const NAME_MAX = 100

export interface SetupForm {
  centre_name: string
  organizer_name: string
  phone: string
  password: string
  again: string
}

export type SetupIssue =
  | 'empty'
  | 'long'
  | 'phone_form'
  | 'password_short'
  | 'password_long'
  | 'password_simple'
  | 'password_is_phone'
  | 'again_differs'

export { plainPhone }

/** A mainland mobile number, or any other country's with its `+`. */
export const isPhone = (text: string): boolean => /^(?:1\d{10}|\+\d{6,15})$/.test(plainPhone(text))

const chars = (text: string): number => Array.from(text).length

export type PasswordRule = 'length' | 'varied' | 'not_phone' | 'same'

/** The rules of a password, each with whether it is met, in the order in which they are shown. */
export function passwordRules(form: Pick<SetupForm, 'password' | 'again' | 'phone'>): { rule: PasswordRule; met: boolean }[] {
  const [password, again, phone] = [trimmed(form.password), trimmed(form.again), form.phone]
  const long = chars(password)
  const plain = plainPhone(phone)
  return [
    { rule: 'length', met: long >= PASSWORD_MIN && long <= PASSWORD_MAX },
    { rule: 'varied', met: new Set(password).size >= 4 },
    { rule: 'not_phone', met: password !== '' && (plain === '' || !password.includes(plain)) },
    { rule: 'same', met: password !== '' && password === again },
  ]
}

function name(text: string): SetupIssue | undefined {
  const n = chars(trimmed(text))
  if (n === 0) return 'empty'
  return n > NAME_MAX ? 'long' : undefined
}

/** What is wrong, by field; empty when the form may be sent. */
export function checkSetup(form: SetupForm): Partial<Record<keyof SetupForm, SetupIssue>> {
  const issues: Partial<Record<keyof SetupForm, SetupIssue>> = {}
  const put = (field: keyof SetupForm, issue: SetupIssue | undefined): void => {
    if (issue) issues[field] = issue
  }
  put('centre_name', name(form.centre_name))
  put('organizer_name', name(form.organizer_name))
  put('phone', trimmed(form.phone) === '' ? 'empty' : isPhone(form.phone) ? undefined : 'phone_form')
  const [length, varied, notPhone, same] = passwordRules(form).map((r) => r.met)
  if (trimmed(form.password) === '') put('password', 'empty')
  else if (!length) put('password', chars(trimmed(form.password)) < PASSWORD_MIN ? 'password_short' : 'password_long')
  else if (!varied) put('password', 'password_simple')
  else if (!notPhone) put('password', 'password_is_phone')
  if (trimmed(form.again) === '') put('again', 'empty')
  else if (!same) put('again', 'again_differs')
  return issues
}
