import { readFileSync } from 'node:fs';

/** Version of the command, from its package. */
export const version: string = versionOf(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

function versionOf(manifest: string): string {
  const { version: value } = JSON.parse(manifest) as { version: string };
  return value;
}
