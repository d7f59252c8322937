/// <reference types="vite/client" />
/** Where the build put what pdf.js fetches by itself; ends in a slash. */
declare const __PDF_FILES__: string
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}
