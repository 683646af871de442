import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // All processors: the default leaves one free, which on two would run one file after the other.
    maxWorkers: '100%',
    // Only against hanging for ever: no test is about how fast a machine is.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Printed words are compared without colours, which a CI system or a terminal would switch on.
    env: { NO_COLOR: '1' },
  },
});
