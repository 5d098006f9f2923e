import { defineConfig } from 'vitest/config';
import { workspacePackages } from './tools/workspace.ts';

// Sources are tested as they are, without a build: every package resolves to its TypeScript.
const conditions = ['@lamella/source'];

const projects = [...workspacePackages().map(({ path }) => path), 'tools'];

/** Foreign peers, real sockets and installs take their time; everything else must be fast. */
const SLOW: ReadonlySet<string> = new Set(['integration-tests', 'tools']);

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // More workers than this slow each other down on a small machine; tests of real sockets feel it first.
    maxWorkers: 2,
    projects: projects.map((path) => ({
      extends: true,
      root: path,
      test: {
        name: path.split('/').at(-1) ?? path,
        include: ['**/*.test.ts'],
        ...(SLOW.has(path) ? { testTimeout: 60_000, hookTimeout: 60_000 } : {}),
      },
    })),
  },
});
