import type { Same } from '@/i18n/messages'
import type zh from './words.zh-CN'

export default {
  link: 'Short link',
  lead: 'For a chat group or a printed notice. It shows which lesson waits, and leads into it after signing in.',
  here_only: 'Only this computer can open this address. Open the console by the computer’s address in the network, or ask the operator to set public_url, before you share.',
  copy: 'Copy',
  copied: 'Copied',
  copy_failed: 'Not copied: one-press copying needs an https address. Select it and press Ctrl+C, or press it long on a phone.',
  copy_message: 'Copy the whole notice',
  message: '“{title}”, {when}, by {lecturer}. Join here: {url}',
  see: 'See the member’s page',
  code: 'Code of “{title}”',
  who: 'Whoever has the link sees title, lecturer and time; only members of invited branches can follow the lesson once signed in.',
  poster: 'Poster',
  poster_lead: 'A picture to send in a chat. On a phone you can also press it long to save it.',
  poster_alt: 'Poster: {title}, {when}, {lecturer}',
  poster_hint: 'Scan the code to join the lesson',
  lecturer: 'With {name}',
  save: 'Save the picture',
  pass: 'Send the picture',
  file: 'Poster-{title}',
  renew: 'Revoke this link and make a new one',
  renew_title: 'Revoke this link?',
  renew_text: 'Links, codes and posters that were sent out stop working, and say to ask the organizer for the new link. This cannot be undone. Nobody loses any credit by it.',
  renew_yes: 'Revoke, make a new link',
  renewed: 'The old link is revoked. Use the new link, code and poster.',
} satisfies Same<typeof zh>
