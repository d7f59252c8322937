/**
 * Adds up the script a phone loads before the first tap, gzipped: what index.html names (the script of old browsers, modules,
 * preloads), the page and its words. The lesson's engine comes with the tap; what listens does not need one. Fails over a budget.
 */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const folder = process.argv[2] ?? 'dist'
const manifest = JSON.parse(readFileSync(`${folder}/.vite/manifest.json`, 'utf8'))
const MEMBER = ['index.html', 'src/member/MemberFrame.vue', 'src/common/words.zh-CN.ts', 'src/member/words.zh-CN.ts']
const PAGES = [
  { name: 'lesson page', budget: 80_000, roots: ['src/member/lesson/LessonPage.vue'] },
  { name: 'listen page', budget: 100_000, roots: ['src/member/listen/ListenPage.vue', 'src/member/listen/words.zh-CN.ts'] },
]

function filesOf(roots) {
  const files = new Set()
  const add = (key) => {
    const chunk = manifest[key]
    if (!chunk) throw new Error(`${key} is not in the build's manifest: run npm run build`)
    if (files.has(chunk.file)) return
    files.add(chunk.file)
    for (const needed of chunk.imports ?? []) add(needed)
  }
  roots.forEach(add)
  for (const [, file] of readFileSync(`${folder}/index.html`, 'utf8').matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)) files.add(file)
  return [...files].filter((file) => file.endsWith('.js'))
}

for (const { name, budget, roots } of PAGES) {
  let total = 0
  for (const file of filesOf([...MEMBER, ...roots])) {
    const bytes = gzipSync(readFileSync(`${folder}/${file}`), { level: 9 }).length
    total += bytes
    console.log(`${String(bytes).padStart(8)}  ${file}`)
  }
  console.log(`${String(total).padStart(8)}  ${name}, gzip (budget ${budget})`)
  if (total > budget) process.exitCode = 1
}
