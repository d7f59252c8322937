/** Finds what is newer than the floor in a style sheet: properties, values that are words, selectors, at-rules, nesting, units. */
import postcss from 'postcss'

const UNITS = /(?<![\w-])[\d.]+(?:[dsl]v(?:h|w|min|max|b|i)|cq\w+|r?lh|cap|ric|rex|ic)\b/
const FUNCTIONS = /\b(?:color-mix|light-dark|oklch|oklab|lch|lab|color|round|mod|rem|abs|sign|linear|anchor|image-set)\(/
const escaped = (word) => word.replaceAll(/[^\w-]/g, '\\$&')

export function newerStyles(source, { has, css }) {
  const hits = new Set()
  const root = postcss.parse(source)
  root.walkDecls(({ prop, value, important }) => {
    const known = css.properties[prop]
    if (known?.__compat && !has(known.__compat)) hits.add(prop)
    else
      for (const [word, child] of Object.entries(known ?? {})) {
        const used = child.__compat && new RegExp(`(?:^|\\s)${escaped(word.replaceAll('_', '-'))}(?:$|\\s)`).test(value)
        if (used && !has(child.__compat)) hits.add(`${prop}: ${word}`)
      }
    const text = value.replaceAll(/"[^"]*"|'[^']*'|url\([^)]*\)/g, '')
    if (UNITS.test(text)) hits.add(`unit ${text.match(UNITS)[0].replace(/^[\d.]+/, '')}`)
    if (FUNCTIONS.test(text)) hits.add(text.match(FUNCTIONS)[0])
    void important
  })
  root.walkAtRules(({ name, params }) => {
    const known = css['at-rules'][name]
    if (known?.__compat && !has(known.__compat)) hits.add(`@${name}`)
    if (name === 'media' && /[<>]/.test(params)) hits.add('@media range')
  })
  root.walkRules((rule) => {
    if (rule.parent.type === 'rule') hits.add('nesting')
    for (const [, name] of rule.selector.matchAll(/:{1,2}([a-z-]+)/g)) {
      const known = css.selectors[name]
      if (known?.__compat && !has(known.__compat)) hits.add(`:${name}`)
    }
  })
  return [...hits].sort()
}
