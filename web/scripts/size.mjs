/**
 * Adds up the script a phone loads before the first tap, gzipped: what index.html names (the script of old browsers, modules,
 * preloads), the lesson page and its words. The player's engine comes with the tap. Fails over the budget.
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET_BYTES = 80_000
const folder = process.argv[2] ?? 'dist'
const manifest = JSON.parse(readFileSync(`${folder}/.vite/manifest.json`, 'utf8'))
const roots = [
  'index.html',
  'src/member/MemberFrame.vue',
  'src/member/lesson/LessonPage.vue',
  'src/common/words.zh-CN.ts',
  'src/member/words.zh-CN.ts',
]

const files = new Set()
function add(key) {
  const chunk = manifest[key]
  if (!chunk) throw new Error(`${key} is not in the build's manifest: run npm run build`)
  if (files.has(chunk.file)) return
  files.add(chunk.file)
  for (const needed of chunk.imports ?? []) add(needed)
}
roots.forEach(add)
for (const [, file] of readFileSync(`${folder}/index.html`, 'utf8').matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)) files.add(file)

let total = 0
for (const file of [...files].filter((f) => f.endsWith('.js'))) {
  const bytes = gzipSync(readFileSync(`${folder}/${file}`), { level: 9 }).length
  total += bytes
  console.log(`${String(bytes).padStart(8)}  ${file}`)
}
console.log(`${String(total).padStart(8)}  lesson page, gzip (budget ${BUDGET_BYTES})`)
if (total > BUDGET_BYTES) process.exit(1)
