/** What is said of a series, and what of it was changed. Pure. */
import type { ConsoleSeries, SeriesFields } from './types'

export const fieldsOf = ({ title, about, category, public: open, credit, rule_id }: Pick<ConsoleSeries, keyof SeriesFields>): SeriesFields => ({
  title,
  about,
  category,
  public: open,
  credit,
  rule_id,
})

export function changed(before: SeriesFields | null, now: SeriesFields): Partial<SeriesFields> {
  const keys = (Object.keys(now) as (keyof SeriesFields)[]).filter((key) => now[key] !== before?.[key])
  return Object.fromEntries(keys.map((key) => [key, now[key]]))
}
