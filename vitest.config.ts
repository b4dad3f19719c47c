import { defineConfig } from 'vitest/config'

/** Unit and integration tests: everything that needs no extra installation. */
export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts', 'console/src/**/*.test.ts'],
    exclude: ['test/e2e/**', 'node_modules/**', 'dist/**'],
    // Starts PostgreSQL when a test file asks for it, and ends it with the run.
    globalSetup: ['test/postgres/setup.ts'],
    // Processes, not threads: tests start servers, kill hubs and open databases of their own.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 15_000,
    hookTimeout: 30_000,
    // A test that leaves a promise or a server behind is wrong, not slow.
    dangerouslyIgnoreUnhandledErrors: false,
    restoreMocks: true,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.test.ts', 'src/cli/bin.ts'],
      reporter: ['text-summary', 'html'],
    },
  },
})
