import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { boot } from './build/boot.ts'
import { buildTarget } from './build/floor.mjs'
import { PDF_FILES, pdfFiles } from './build/pdfFiles.ts'
import { precompress } from './build/precompress.ts'

/** Where `vite dev` finds a running server. */
const server = process.env.YUNKE_SERVER ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [vue(), boot(), pdfFiles(), precompress()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __PDF_FILES__: JSON.stringify(PDF_FILES),
  },
  server: { proxy: { '/api': { target: server, ws: true } } },
  build: {
    // WeChat's in-app browser on older Android phones, iOS 14 (docs/adr/0029).
    target: buildTarget(),
    // A data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: {
      polyfill: false,
      // On phones the other files of a page are preloaded with it. Staff pages load theirs one after another: the list of all their
      // files would be loaded by every phone. Style sheets are always named, or nobody would load them.
      resolveDependencies: (page, needed, { hostType }) =>
        hostType === 'html' ||
        /\/(?:MemberFrame|HomePage|LessonPage|ListenPage|EpisodePage|SignInPage|ArrivePage|RecordsPage|MePage)-/.test(page)
          ? needed
          : needed.filter((file) => file.endsWith('.css')),
    },
    manifest: true,
    rolldownOptions: {
      output: {
        // 32 bits detect a changed file as well as 48 do, and all names are part of what a phone loads first.
        hashCharacters: 'hex',
        // Everything that every page needs, in one file: one request, and it packs better.
        codeSplitting: {
          groups: [
            {
              name: 'start',
              test: /node_modules\/(?:@vue|vue|vue-router)\/|src\/(?:i18n\/(?:index|dictionary|format)|api\/(?:client|now|problem|request)|lib\/(?:resource|online|later|idb)|player\/(?:backoff|platform)|components\/(?:state|YIcon))/,
            },
          ],
        },
      },
    },
    reportCompressedSize: false,
  },
})
