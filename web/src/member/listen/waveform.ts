/** The loudest of each stretch of an episode, as bars. Pure. */

/** From base64 of one byte a stretch: `count` bars of 0..1, the loudest as high as it goes. Empty for what cannot be read. */
export function barsOf(waveform: string, count: number): number[] {
  let bytes: string
  try {
    bytes = atob(waveform)
  } catch {
    return []
  }
  if (bytes.length === 0 || count < 1) return []
  const n = Math.min(count, bytes.length)
  const bars = Array.from({ length: n }, (_, at) => {
    const end = Math.floor(((at + 1) * bytes.length) / n)
    let most = 0
    for (let i = Math.floor((at * bytes.length) / n); i < end; i += 1) most = Math.max(most, bytes.charCodeAt(i))
    return most
  })
  const peak = Math.max(...bars)
  return peak === 0 ? bars : bars.map((bar) => bar / peak)
}
