// Writes examples and their output into the pages: node --conditions=@lamella/source docs/write-pages.ts [page ...]

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setup as bundleCli } from '../tools/bundled-cli.ts';
import { pages, root } from './test/support/pages.ts';
import { writtenPage } from './test/support/written-page.ts';

await bundleCli();
const wanted = process.argv.slice(2);
for (const page of wanted.length > 0 ? wanted : pages) {
  const path = resolve(root, page);
  writeFileSync(path, await writtenPage(path));
}
