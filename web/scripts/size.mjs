/** Adds up the script a browser loads to show the lesson page, gzipped, without the player; fails over the budget. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET_BYTES = 130_000
const folder = process.argv[2] ?? 'dist'
const manifest = JSON.parse(readFileSync(`${folder}/.vite/manifest.json`, 'utf8'))
const roots = ['index.html', 'src/member/MemberFrame.vue', 'src/member/lesson/LessonPage.vue', 'src/locales/zh-CN/common.ts', 'src/locales/zh-CN/member.ts']

const files = new Set()
function add(key) {
  const chunk = manifest[key]
  if (!chunk) throw new Error(`${key} is not in the build's manifest: run npm run build`)
  if (files.has(chunk.file)) return
  files.add(chunk.file)
  for (const needed of chunk.imports ?? []) add(needed)
}
roots.forEach(add)

let total = 0
for (const file of [...files].filter((f) => f.endsWith('.js'))) {
  const bytes = gzipSync(readFileSync(`${folder}/${file}`), { level: 9 }).length
  total += bytes
  console.log(`${String(bytes).padStart(8)}  ${file}`)
}
console.log(`${String(total).padStart(8)}  lesson page, gzip (budget ${BUDGET_BYTES})`)
if (total > BUDGET_BYTES) process.exit(1)
