import type { Same } from '@/i18n/messages'
import type zh from '../zh-CN/member'

export default {
  signIn: {
    title: 'Sign in',
    lead: 'Sign in with the phone number your organizer registered.',
    phone: 'Phone number',
    password: 'Password',
    show: 'Show password',
    hide: 'Hide password',
    submit: 'Sign in',
    busy: 'Signing in…',
    needPhone: 'Enter your phone number',
    needPassword: 'Enter your password',
    help: 'Forgot your password? Ask the organizer of your branch.',
    setup: 'This place has not been set up yet. Open the one-time link in the server’s log to create the centre.',
  },
} satisfies Same<typeof zh>
