/**
 * What pdf.js fetches only when a document needs it: character maps of Chinese fonts, the standard fonts, and decoders
 * in JavaScript (WebAssembly would need a hole in the content security policy). The folder's name carries the version,
 * so that files of another release are never mixed in, and may be kept for ever like everything under /assets/.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const home = fileURLToPath(new URL('../node_modules/pdfjs-dist/', import.meta.url))
const { version } = JSON.parse(readFileSync(`${home}package.json`, 'utf8')) as { version: string }
export const PDF_FILES = `/assets/pdfjs-${version}/`

const wanted = (folder: string, file: string) =>
  folder !== 'wasm' || file.endsWith('_nowasm_fallback.js') || /^LICENSE_(PDFJS_)?(OPENJPEG|JBIG2)$/.test(file)
const files = () =>
  ['cmaps', 'standard_fonts', 'wasm'].flatMap((folder) =>
    readdirSync(home + folder)
      .filter((file) => wanted(folder, file))
      .map((file) => `${folder}/${file}`),
  )

export function pdfFiles(): Plugin {
  return {
    name: 'yunke-pdf-files',
    generateBundle() {
      for (const file of files()) this.emitFile({ type: 'asset', fileName: PDF_FILES.slice(1) + file, source: readFileSync(home + file) })
    },
    configureServer(server) {
      const known = new Set(files())
      server.middlewares.use(PDF_FILES.slice(0, -1), (request, response, next) => {
        const file = (request.url ?? '').slice(1)
        if (!known.has(file)) return next()
        if (file.endsWith('.js')) response.setHeader('Content-Type', 'text/javascript')
        response.end(readFileSync(home + file))
      })
    },
  }
}
