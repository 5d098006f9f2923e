import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// Sources are tested as they are, without a build: every package resolves to its TypeScript.
const conditions = ['@lamella/source'];

const roots = [
  ...['packages', 'apps'].flatMap((group) =>
    readdirSync(new URL(group, import.meta.url)).map((name) => ({ name, root: `${group}/${name}` })),
  ),
  { name: 'integration-tests', root: 'integration-tests' },
  { name: 'docs', root: 'docs' },
];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: roots.map(({ name, root }) => ({ extends: true, root, test: { name, include: ['**/*.test.ts'] } })),
  },
});
