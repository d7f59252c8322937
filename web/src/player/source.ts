/** What a lesson plays from. */
export interface Source {
  kind: 'live' | 'replay'
  url: string
  /** The sound alone of it; null where `url` is that. */
  listen: string | null
  /** Where the same picture comes by WHEP; null where it does not. */
  whep: string | null
}
