/** Times, lengths and numbers as people write them. The centre's clock is China's, whatever the phone is set to. */
import { locale, t } from './index'

const ZONE = 'Asia/Shanghai'

function format(options: Intl.DateTimeFormatOptions, at: number): string {
  return new Intl.DateTimeFormat(locale(), { timeZone: ZONE, ...options }).format(at)
}

/** 12:30 */
export const clock = (at: number) => format({ hour: '2-digit', minute: '2-digit', hour12: false }, at)
/** 11月22日 周日 / Sun, Nov 22 */
export const day = (at: number) => format({ month: 'short', day: 'numeric', weekday: 'short' }, at)
/** 2026年11月22日 */
export const date = (at: number) => format({ year: 'numeric', month: 'long', day: 'numeric' }, at)
/** 11月22日 12:30 */
export const dayTime = (at: number) => `${day(at)} ${clock(at)}`

/** 2026-11-22 in China, to see whether two moments fall on one day. */
export const dayKey = (at: number) => new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(at)

/** 1:02:03 or 2:03, for positions. */
export function position(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const h = Math.floor(s / 3600)
  return h > 0 ? `${h}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`
}

/** "45 分钟", "1 小时 5 分钟", for lengths; rounded to whole minutes. */
export function duration(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000))
  const h = Math.floor(minutes / 60)
  const m = minutes % 60
  if (h === 0) return t('common.time.minutes', {}, m)
  return m === 0 ? t('common.time.hours', {}, h) : `${t('common.time.hours', {}, h)} ${t('common.time.minutes', {}, m)}`
}

/** As `duration`, in seconds below one minute. */
export function shortDuration(ms: number): string {
  return ms < 60_000 ? t('common.time.seconds', {}, Math.floor(ms / 1000)) : duration(Math.floor(ms / 60_000) * 60_000)
}

/** What is left until `at`: "3 天", "2 小时 5 分钟", "4:59" in the last ten minutes. */
export function countdown(ms: number): string {
  if (ms <= 0) return position(0)
  if (ms < 600_000) return position(ms + 999)
  const days = Math.floor(ms / 86_400_000)
  return days >= 2 ? t('common.time.days', {}, days) : duration(Math.ceil(ms / 60_000) * 60_000)
}

/** Thousandths of a credit hour as "18.5". */
export const hours = (milli: number) => new Intl.NumberFormat(locale(), { maximumFractionDigits: 2 }).format(milli / 1000)
export const number = (n: number) => new Intl.NumberFormat(locale()).format(n)
/** 14 kB, 340 MB, 1.2 GB. */
export function fileSize(bytes: number): string {
  const mega = bytes / 1e6
  const [amount, unit] =
    mega >= 1000 ? [mega / 1000, 'gigabyte'] : mega >= 0.1 || bytes === 0 ? [mega, 'megabyte'] : [Math.max(1, mega * 1000), 'kilobyte']
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, maximumFractionDigits: amount < 10 ? 1 : 0 }).format(amount)
}
