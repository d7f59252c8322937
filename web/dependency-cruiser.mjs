/**
 * Imports run one way (`npm run circles`): no circle of files or folders, also none by `import type` or by `import()`.
 * What a glob finds (words, routes) is not an import: the router knows no page by name.
 */

/** The folders of src, from the ground up: each imports only what stands before it. */
const LAYERS = [
  'i18n',
  'common',
  'api',
  'lib',
  'components',
  'session',
  'testing',
  'player',
  'staff',
  'accounts',
  'setup',
  'member',
  'studio',
  'console',
  'router',
]
/** Areas: their slices are folders, and what lies beside these (frame, routes, words) is above them. */
const AREAS = ['member', 'studio', 'console']
/** Folders whose own files are the ground of the folders in them. */
const GROUNDS = LAYERS.filter((layer) => !AREAS.includes(layer))

const upward = LAYERS.slice(0, -1).map((layer, at) => ({
  name: `${layer}-is-below`,
  comment: `src/${layer} may import only: ${LAYERS.slice(0, at).join(', ')}`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: `^src/(?:${LAYERS.slice(at + 1).join('|')})/|^src/[^/]+$` },
}))

export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-folder-circle', severity: 'error', scope: 'folder', from: {}, to: { circular: true } },
    ...upward,
    {
      name: 'layer-is-named',
      comment: 'A new folder of src gets its place in LAYERS.',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: `^src/(?:${LAYERS.join('|')}|styles)/` },
    },
    {
      name: 'slice-knows-no-frame',
      comment: 'A slice imports nothing that lies beside the slices.',
      severity: 'error',
      from: { path: `^src/(${AREAS.join('|')})/[^/]+/` },
      to: { path: '^src/$1/[^/]+$' },
    },
    {
      name: 'ground-knows-no-part',
      comment: 'The folders in it import from a ground, never the other way round.',
      severity: 'error',
      from: { path: `^src/(${GROUNDS.join('|')})/[^/]+$` },
      to: { path: '^src/$1/[^/]+/' },
    },
    { name: 'resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    // Element Plus and pdf.js name files of their own that only the bundler finds.
    exclude: { path: '^(?:element-plus|pdfjs-dist)|[.]css$|[?]url$' },
    enhancedResolveOptions: { extensions: ['.ts', '.vue', '.mjs', '.js', '.d.ts'] },
  },
}
