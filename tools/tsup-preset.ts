import { defineConfig } from 'tsup';
import { moduleEntries, readManifest } from './workspace.ts';

/** The build of every package: its entries and commands as ES modules with source maps. `tsc` adds the types. */
export const packageBuild: ReturnType<typeof defineConfig> = defineConfig(() => {
  const manifest = readManifest(process.cwd());
  const modules = moduleEntries({ manifest }).map(({ name, source }) => [name, source]);
  const commands = Object.values(manifest.bin ?? {}).map((path) => {
    const name = path.replace(/^\.\/dist\/|\.js$/g, '');
    return [name, `src/${name}.ts`];
  });
  return {
    entry: Object.fromEntries([...modules, ...commands]),
    format: 'esm',
    target: 'node22',
    dts: false,
    sourcemap: true,
    clean: true,
    tsconfig: 'tsconfig.build.json',
    esbuildOptions(options) {
      // The tarball holds the sources, so the maps only point at them.
      options.sourcesContent = false;
    },
  };
});
