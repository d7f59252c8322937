/**
 * Writes a .br and a .gz beside every text file of the build, so that the server only picks one and never compresses
 * while people wait. Files that do not shrink stay alone: the server then sends the original.
 */
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const TEXT = /\.(?:js|mjs|css|html|svg|json|webmanifest|txt)$/
/** Below this a compressed answer saves less than its headers cost. */
const WORTHWHILE_BYTES = 512

const brotli = promisify(brotliCompress)
const deflate = promisify(gzip)

async function compressFile(file: string): Promise<void> {
  const plain = await readFile(file)
  if (plain.length < WORTHWHILE_BYTES) return
  const [br, gz] = await Promise.all([
    brotli(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } }),
    deflate(plain, { level: 9 }),
  ])
  if (br.length < plain.length) await writeFile(`${file}.br`, br)
  if (gz.length < plain.length) await writeFile(`${file}.gz`, gz)
}

export function precompress(): Plugin {
  let folder = 'dist'
  return {
    name: 'yunke-precompress',
    apply: 'build',
    configResolved(config) {
      folder = config.build.outDir
    },
    async closeBundle() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      const files = entries.filter((e) => e.isFile() && TEXT.test(e.name)).map((e) => join(e.parentPath, e.name))
      await Promise.all(files.map(compressFile))
    },
  }
}
