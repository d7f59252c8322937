// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { buildTarget, lowest } from '../../build/floor.mjs'
import { newer } from './scripts.mjs'
import { newerStyles } from './styles.mjs'
import { support } from './support.mjs'

const known = support({ chrome: 86, edge: 86, safari: 14, ios_saf: 14, firefox: 91 })

describe('the floor of browsers', () => {
  it('is the lowest version of each browser', () => {
    expect(lowest(['chrome 90', 'chrome 86', 'ios_saf 14.0-14.4', 'ios_saf 15.2-15.3', 'safari TP'])).toEqual({ chrome: 86, ios_saf: 14 })
    expect(buildTarget({ chrome: 86, ios_saf: 14 })).toEqual(['chrome86', 'ios14'])
    expect(Object.keys(lowest())).toContain('ios_saf')
  })

  it.each([
    ['list.at(-1)', '.at'],
    ['list.findLast(f)', '.findLast'],
    ['Object.hasOwn(a, b)', '.hasOwn'],
    ['list?.toSorted()', '.toSorted'],
    ['Object.groupBy(a, b)', '.groupBy'],
    ['Promise.withResolvers()', '.withResolvers'],
    ['AbortSignal.any([a])', 'AbortSignal.any'],
    ['AbortSignal.timeout(5)', 'AbortSignal.timeout'],
    ['crypto.randomUUID()', '.randomUUID'],
    ['dialog.showModal()', '.showModal'],
    ['structuredClone(a)', 'structuredClone'],
    ['globalThis.structuredClone(a)', 'structuredClone'],
    ['new Intl.Segmenter()', 'Intl.Segmenter'],
    ['new WeakRef(a)', 'WeakRef'],
    ['class A { #x() {} }', /^syntax/],
    ['class A { static { f() } }', /^syntax/],
    ['const a = await f()', /^syntax/],
    ['/(?<=a)b/.test(c)', 'syntax: lookbehind'],
  ])('knows that %s is newer', (code, name) => {
    const hits = newer(code, known)
    expect(
      hits.some((hit) => (typeof name === 'string' ? hit === name : name.test(hit))),
      hits.join(),
    ).toBe(true)
  })

  it.each([
    'list.map(f).includes(a)',
    'a ??= b?.c',
    'Promise.allSettled(a)',
    '"a".replaceAll("b", "c")',
    'typeof structuredClone === "function"',
    'function structuredClone() {} structuredClone()',
    'new ResizeObserver(f)',
    'class A { at = 1 }'.replace(' at = 1 ', ''),
  ])('has nothing against %s', (code) => {
    expect(newer(code, known)).toEqual([])
  })

  it.each([
    ['a { inset: 0 }', 'inset'],
    ['a { padding-inline: 1px }', 'padding-inline'],
    ['a { height: 100dvh }', 'unit dvh'],
    ['a { color: color-mix(in srgb, red, blue) }', 'color-mix('],
    ['a:has(b) { top: 0 }', ':has'],
    ['@layer x { a { top: 0 } }', '@layer'],
    ['@container (width > 1px) { a { top: 0 } }', '@container'],
    ['a { & b { top: 0 } }', 'nesting'],
    ['@media (width > 1px) { a { top: 0 } }', '@media range'],
    ['a { aspect-ratio: 1 }', 'aspect-ratio'],
  ])('knows that %s is newer', (css, name) => {
    expect(newerStyles(css, known)).toContain(name)
  })

  it('has nothing against older styles', () => {
    expect(
      newerStyles(
        '@media (max-width: 1px) { a:hover > b::before { content: "1dvh"; width: calc(100vh - env(safe-area-inset-top)); grid-area: 1 / 1 } }',
        known,
      ),
    ).toEqual([])
  })
})
