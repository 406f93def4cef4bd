import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Two cores everywhere this runs: more workers only make spawned servers slower.
    maxWorkers: 2,
  },
});
