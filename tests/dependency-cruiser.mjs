/** Imports of the tests run one way: tests and figures → harness (web/dependency-cruiser.mjs says the same of the pages). */
export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-folder-circle', severity: 'error', scope: 'folder', from: {}, to: { circular: true } },
    {
      name: 'harness-knows-no-test',
      severity: 'error',
      from: { path: '^harness/' },
      to: { path: '^(?:e2e|browser|faults|load)/|^[^/]+[.]mjs$' },
    },
    // Packages are installed later than this is looked at.
    { name: 'resolves', severity: 'error', from: {}, to: { couldNotResolve: true, path: '^[.]' } },
  ],
  options: {
    detectJSDocImports: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules' },
  },
};
