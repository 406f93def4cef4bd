import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/recordings-note.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // The AWS SDK's note on coming Node versions; it says nothing about these tests.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // Two cores everywhere this runs: more workers only make spawned servers slower.
    maxWorkers: 2,
  },
});
