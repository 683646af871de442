import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Examples import netsplit by its name, as they do elsewhere.
  resolve: { alias: { netsplit: fileURLToPath(new URL('reports/library/index.ts', import.meta.url)) } },
  test: {
    include: ['test/**/*.test.ts', 'examples/*.test.mjs'],
    // All processors: the default leaves one free, which on two would run one file after the other.
    maxWorkers: '100%',
    // One process takes file after file: nothing here keeps state between simulations, and a test that found some would
    // be right to fail. Loading and warming up the same code for every file took two fifths of the time.
    isolate: false,
    // Only against hanging for ever: no test is about how fast a machine is.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Printed words are compared without colours, which a CI system or a terminal would switch on.
    env: { NO_COLOR: '1' },
  },
});
