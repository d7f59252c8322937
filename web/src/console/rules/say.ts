/** A rule in plain sentences, and what differs between two of its versions. */
import { t } from '@/i18n'
import type { RuleSettings } from './api'
import { decimal } from './form'

const MINUTE = 60_000
const DAY = 86_400_000

const levels = (s: RuleSettings): string =>
  t(s.half_percent === s.full_percent ? 'console.rules.say.fullOnly' : 'console.rules.say.levels', { full: s.full_percent, half: s.half_percent })
const table = (s: RuleSettings): string =>
  t('console.rules.say.hours', {
    long: Math.round(s.long_ms / MINUTE),
    longHours: decimal(s.long_hours_milli),
    medium: Math.round(s.medium_ms / MINUTE),
    mediumHours: decimal(s.medium_hours_milli),
    shortHours: decimal(s.short_hours_milli),
  })
const rate = (s: RuleSettings): string => t('console.rules.say.rate', { rate: decimal(s.max_rate_milli) })
const hidden = (s: RuleSettings): string => t(s.hidden_video_counts ? 'console.rules.say.hiddenCounts' : 'console.rules.say.hiddenNot')
const undelivered = (s: RuleSettings): string => t(s.uncorroborated_counts ? 'console.rules.say.undeliveredCounts' : 'console.rules.say.undeliveredNot')
const makeUp = (s: RuleSettings): string => t(s.make_up_ms === 0 ? 'console.rules.say.noMakeUp' : 'console.rules.say.makeUp', { days: Math.round(s.make_up_ms / DAY) })

const PARTS = [levels, table, rate, hidden, undelivered, makeUp]

export const sentences = (settings: RuleSettings): string[] => PARTS.map((say) => say(settings))
/** The sentences that are other ones than before, and the name if it is. */
export const differences = (before: RuleSettings, now: RuleSettings): string[] => [
  ...(before.name === now.name ? [] : [t('console.rules.say.name', { name: now.name })]),
  ...PARTS.filter((say) => say(before) !== say(now)).map((say) => say(now)),
]
/** The two that matter most. */
export const summary = (settings: RuleSettings): string => t('console.rules.say.both', { one: levels(settings), other: table(settings) })
