import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
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
  const folder = dirname(bundledCli);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if ((await stat(path)).mtimeMs < Date.now() - OLD_MS) await rm(path, { force: true });
  }
  for (const { path, contents } of outputFiles) {
    // At once, since another run may be reading it.
    const written = `${path}.${process.pid}`;
    await writeFile(written, contents);
    await rename(written, path);
  }
}

/** Files of a run that is over for certain, in milliseconds. */
const OLD_MS = 3_600_000;
