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
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __PDF_FILES__: JSON.stringify(PDF_FILES),
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    // Messages are interpreted from their syntax tree: no `new Function`, so a strict CSP holds.
    __INTLIFY_JIT_COMPILATION__: 'true',
  },
  server: { proxy: { '/api': { target: server, ws: true } } },
  build: {
    // WeChat's in-app browser on older Android phones, iOS 14 (docs/adr/0029).
    target: buildTarget(),
    // A data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    reportCompressedSize: false,
  },
})
