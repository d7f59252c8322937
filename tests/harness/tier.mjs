// Which tests run: `make test` protects every promise once, `make test-full` (before a release) also the same promise in all its forms,
// for longer, over worse lines.

/** Everything runs. */
export const FULL = process.env.YUNKE_TESTS === 'full';
