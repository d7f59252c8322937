/**
 * Writes src/api/schema.d.ts, the shapes of the API, from the server's OpenAPI document, where it is older than that. It is not
 * committed: `npm run` makes it before whatever needs it.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'

const web = resolve(import.meta.dirname, '..')
const document = `${web}/src/api/openapi.json`
const schema = `${web}/src/api/schema.d.ts`
const generator = `${web}/node_modules/openapi-typescript`

const changed = (file) => statSync(file).mtimeMs
const sources = [document, `${generator}/package.json`, import.meta.filename]
if (!existsSync(schema) || sources.some((file) => changed(file) > changed(schema))) {
  execFileSync(process.execPath, [`${generator}/bin/cli.js`, document, '-o', schema], { stdio: ['ignore', 'ignore', 'inherit'] })
}
