/**
 * Compares what is built with what the oldest browsers of package.json's browserslist have; fails with what is newer and not
 * in allowed.mjs, and names what is in there for nothing. Run after the build: `npm run floor`.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { lowest } from '../../build/floor.mjs'
import { CARRIED, PUT_IN, SCRIPTS, STYLES } from './allowed.mjs'
import { newer } from './scripts.mjs'
import { newerStyles } from './styles.mjs'
import { support } from './support.mjs'

const folder = process.argv[2] ?? 'dist'
const floor = lowest()
const known = support(floor)
const used = new Set()
const trouble = []

/** `assets/LessonPage-B8quL-ue.js` is `LessonPage.js`. */
const plain = (file) => file.replace(/^assets\//, '').replace(/-[\w-]{8}(?=\.\w+$)/, '')

function judge(file, hits, allowed) {
  for (const hit of hits) {
    const rule = allowed.find(({ what, where }) => what.includes(hit) && (!where || where.includes(file)))
    if (rule) used.add(`${rule.why}|${hit}`)
    else trouble.push(`${file}: ${hit}`)
  }
}

const files = ['sw.js', ...readdirSync(join(folder, 'assets')).map((name) => `assets/${name}`)]
for (const path of files) {
  const file = plain(path)
  const source = () => readFileSync(join(folder, path), 'utf8')
  if (CARRIED.some(({ where }) => where.includes(file))) continue
  // Workers and the service worker do not load what boot/builtins.js puts in.
  const put = /worker|^sw\.js$/.test(file) ? [] : [{ what: PUT_IN, why: 'put in' }]
  if (/\.m?js$/.test(path)) judge(file, newer(source(), known), [...put, ...SCRIPTS])
  else if (path.endsWith('.css')) judge(file, newerStyles(source(), known), STYLES)
}

for (const { what, why } of [...SCRIPTS, ...STYLES])
  for (const hit of what) if (!used.has(`${why}|${hit}`)) console.log(`allowed.mjs: nothing uses ${hit} any more`)
const name = Object.entries(floor)
  .map(([browser, version]) => `${browser} ${version}`)
  .join(', ')
if (trouble.length > 0) {
  console.error(`Newer than the floor (${name}):\n  ${trouble.join('\n  ')}`)
  console.error('Write it with older means, put it in (boot/builtins.js), or say in scripts/floor/allowed.mjs why it does no harm.')
  process.exit(1)
}
console.log(`Nothing newer than the floor (${name}) in ${files.length} files; ${used.size} exceptions.`)
