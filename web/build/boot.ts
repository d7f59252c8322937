/**
 * The script that runs before the pages, in every browser: missing built-ins, and the sentence where nothing can start. It is
 * plain ES5 and not bundled, as no bundler writes ES5 any more; index.html names it `/boot.js`.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const NAME = '/boot.js'
/** Without what only we read. Neither string nor pattern in there has a comment's beginning. */
const bare = (text: string) =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/^\s+/gm, '')
const source = () =>
  ['builtins', 'watch']
    .map((name) => readFileSync(fileURLToPath(new URL(`../boot/${name}.js`, import.meta.url)), 'utf8'))
    .map(bare)
    .join(';\n')

export function boot(): Plugin {
  let file = NAME
  return {
    name: 'yunke-boot',
    configResolved({ command }) {
      // The name of a built file says what is in it, so that it may be kept for ever.
      if (command === 'build') file = `/assets/boot-${createHash('sha256').update(source()).digest('hex').slice(0, 8)}.js`
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: file.slice(1), source: source() })
    },
    configureServer(server) {
      server.middlewares.use(NAME, (_request, response) => {
        response.setHeader('Content-Type', 'text/javascript')
        response.end(source())
      })
    },
    transformIndexHtml: { order: 'pre', handler: (html) => html.replace('<!--boot-->', `<script src="${file}" vite-ignore></script>`) },
  }
}
