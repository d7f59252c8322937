import type { Same } from '@/i18n/messages'
import type zh from '../zh-CN/recording'

export default {
  queued: 'Waiting for other work…',
  mp4: {
    title: 'Download the recording (MP4)',
    text: 'The whole lesson as one MP4 file, to be watched on a television or without a network. Interruptions of the lecturer are not in the file.',
    make: 'Make the file',
    again: 'Make it again',
    running: 'Being made, {percent} %',
    fetch: 'Download ({size})',
  },
  failed: {
    nothing_recorded: 'Nothing was recorded of this lesson.',
    recording_damaged: 'The recording is damaged; please tell the operator.',
    too_long: 'The lesson is too long for one file.',
    replay_not_ready: 'The recording is not complete yet; please try again in a moment.',
    storage: 'The store cannot be read or written just now; please try again in a moment.',
    unknown: 'It did not work ({code}). Please try again; if it stays, tell the operator.',
  },
  problem: {
    replay_not_ready: 'The recording is not complete yet; please try again in a moment.',
    nothing_recorded: 'Nothing was recorded of this lesson.',
    media_unavailable: 'The media service does not answer just now and is recovering. Try again in a moment.',
    busy: 'Too much work is waiting; please try again in a moment.',
  },
} satisfies Same<typeof zh>
