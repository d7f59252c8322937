import type { Same } from '@/i18n/messages'
import type zh from './words.zh-CN'

export default {
  label: 'Incoming picture',
  unsupported: 'This browser cannot play the preview; please use Chrome or Edge',
  none: 'No picture arrives yet',
  none_do: 'Start streaming in OBS or the encoder with the server and key of this lesson.',
  waiting: 'The encoder is connected; waiting for the first frame',
  sound_only: 'Sound only, no picture',
  opening: 'Opening the preview',
  failed: 'The preview does not open right now; trying again',
  stalled: 'Interrupted for {time}',
  stalled_do: 'Members read that you were cut off and will be back. Check the encoder and the cable; it goes on by itself.',
  unmute: 'Turn the preview’s sound on',
  mute: 'Turn the preview’s sound off',
} satisfies Same<typeof zh>
