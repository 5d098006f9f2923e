import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { root, workspacePackages } from './tools/workspace.ts';

// Sources are tested as they are, without a build: every package resolves to its TypeScript.
const conditions = ['@lamella/source'];

const projects = [...workspacePackages().map(({ path }) => path), 'tools'];

/** Foreign peers, real sockets and installs take their time. */
const SLOW: ReadonlySet<string> = new Set(['integration-tests', 'tools']);

/** Tests in them run the `lamella` command. */
const CLI_USERS: ReadonlySet<string> = new Set(['integration-tests', 'docs']);

/** Programs that tests start are compiled once. */
const env = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node-compile') };

const limits = (timeoutMs: number) => ({
  testTimeout: timeoutMs,
  hookTimeout: timeoutMs,
  expect: { poll: { timeout: timeoutMs / 4 } },
});

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
        // Files of a package share a process: half of the time goes into loading the same modules again. Real sockets stay by themselves.
        isolate: SLOW.has(path),
        env,
        globalSetup: CLI_USERS.has(path) ? [join(root, 'tools/bundled-cli.ts')] : [],
        // A limit is for what hangs, not for a machine that has other things to do.
        ...(SLOW.has(path) ? limits(120_000) : limits(30_000)),
      },
    })),
  },
});
