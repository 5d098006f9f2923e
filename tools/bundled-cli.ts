import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { root } from './workspace.ts';

/** The `lamella` command of the sources as they are now, in a few files: it starts much faster, and tests start it hundreds of times. */
export const bundledCli: string = join(root, 'packages/cli/.bundle/main.js');

/** Writes {@link bundledCli}; the test runner does so before tests that use the command. */
export async function setup(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'packages/cli/src/main.ts')],
    outdir: dirname(bundledCli),
    bundle: true,
    // What is loaded on demand by the sources is loaded on demand here.
    splitting: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@lamella/source'],
    // Loaded when it is asked for, and a test looks whether it is.
    external: ['@opentelemetry/*'],
    // What is CommonJS among the dependencies asks for Node's own modules by this.
    banner: {
      js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
    },
    logLevel: 'error',
    write: false,
  });
  await mkdir(dirname(bundledCli), { recursive: true });
  for (const { path, contents } of outputFiles) {
    // At once, since another run may be reading it.
    const written = `${path}.${process.pid}`;
    await writeFile(written, contents);
    await rename(written, path);
  }
}
