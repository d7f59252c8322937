import type { Same } from '@/i18n/messages'
import type zh from './words.zh-CN'

export default {
  title: 'Change password',
  first_title: 'Choose a password of your own',
  first_lead: 'You signed in with a first password that somebody gave you. Replace it by one that only you know; you will sign in with it from now on.',
  old: 'Present password',
  first_old: 'First password from the slip',
  new: 'New password',
  save: 'Save the new password',
  done: 'The password is changed. Other devices are signed out.',
  need_old: 'Please enter the present password',
  leave: 'Sign out',
  problem: {
    password_wrong: 'The present password is wrong.',
    password_length: 'A password has 8 to 128 characters.',
    password_common: 'Anybody would try this one; take some words of your own.',
    password_phone: 'The password must not contain the phone number.',
    password_same: 'This is the password you have already; please choose another.',
  },
} satisfies Same<typeof zh>
