/**
 * Finds what is newer than the floor in a script: syntax, global names, functions of classes (`AbortSignal.any`), and methods by
 * their name alone, as nobody knows here what they are called on: `.at(` is `Array.prototype.at` until a list of exceptions
 * says that it is ours.
 */
import { parse } from 'acorn'
import { fullAncestor } from 'acorn-walk'

/** The youngest edition all of whose syntax each browser of the floor has: class fields came later to Safari. */
const SYNTAX = 2021
const ROOTS = new Set(['globalThis', 'window', 'self'])

function read(source) {
  try {
    return [parse(source, { ecmaVersion: SYNTAX, sourceType: 'module' }), []]
  } catch (error) {
    return [parse(source, { ecmaVersion: 'latest', sourceType: 'module' }), [`syntax: ${error.message}`]]
  }
}

const nameOf = (member) =>
  member.computed ? (typeof member.property.value === 'string' ? member.property.value : null) : member.property.name

/** What is newer, as `Array.prototype.at`-like names: `syntax: …`, `Name`, `Name.member`, `.method`. */
export function newer(source, { globals, statics, methods }) {
  const [tree, found] = read(source)
  const hits = new Set(found)
  const declared = names(tree)
  const missing = (name) => globals.get(name) === false && !declared.has(name)
  fullAncestor(tree, (node, ancestors) => {
    const parent = ancestors.at(-2)
    if (node.type === 'Identifier' && missing(node.name) && parent?.operator !== 'typeof') hits.add(node.name)
    if (node.type === 'Literal' && node.regex && /\(\?<[=!]/.test(node.regex.pattern)) hits.add('syntax: lookbehind')
    if (node.type !== 'MemberExpression') return
    const name = nameOf(node)
    const root = node.object.type === 'Identifier' ? node.object.name : null
    if (name === null) return
    const tested = parent?.operator === 'typeof' || parent?.operator === 'in'
    if (ROOTS.has(root) && globals.get(name) === false && !tested) hits.add(name)
    else if (statics.has(`${root}.${name}`)) {
      if (!statics.get(`${root}.${name}`)) hits.add(`${root}.${name}`)
    } else if (parent?.type === 'CallExpression' && parent.callee === node) {
      const known = methods.get(name)
      // A built-in's name counts whatever else in the browser has it; what only some interfaces lack does not.
      const builtIn = known?.filter((one) => one.builtIn) ?? []
      const lacking = builtIn.length > 0 ? builtIn : (known ?? [])
      if (known && lacking.every((one) => !one.has)) hits.add(`.${name}`)
    }
  })
  return [...hits].sort()
}

/** Names that the script declares itself; minified ones are short, and none of them shadows a built-in by chance. */
function names(tree) {
  const declared = new Set()
  const put = (pattern) => pattern?.type === 'Identifier' && declared.add(pattern.name)
  fullAncestor(tree, (node) => {
    if (node.type === 'VariableDeclarator' || node.type.startsWith('Function') || node.type.startsWith('Class')) put(node.id)
    if (node.type.startsWith('Import') && node.local) put(node.local)
    node.params?.forEach?.(put)
  })
  return declared
}
