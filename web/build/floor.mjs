/**
 * The oldest browsers we run in, from package.json's browserslist (docs/adr/0029): the syntax of the build is lowered to them, and
 * `npm run floor` compares what is built with what they have.
 */
import browserslist from 'browserslist'

/** What vite calls them. */
const TARGETS = { chrome: 'chrome', edge: 'edge', safari: 'safari', ios_saf: 'ios', firefox: 'firefox' }

/** The lowest version of each browser, such as `{ chrome: 86, ios_saf: 14 }`. */
export function lowest(versions = browserslist(undefined, { path: import.meta.dirname })) {
  const floor = {}
  for (const entry of versions) {
    const [name, version] = entry.split(' ')
    // "14.0-14.4": a range that begins with the lowest.
    const number = Number.parseFloat(version)
    if (Number.isFinite(number)) floor[name] = Math.min(floor[name] ?? Number.POSITIVE_INFINITY, number)
  }
  return floor
}

/** As vite wants it: `['chrome86', 'ios14']`. */
export function buildTarget(floor = lowest()) {
  return Object.entries(floor).map(([name, version]) => `${TARGETS[name]}${version}`)
}
