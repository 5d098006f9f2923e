// Writes examples and their output into the pages: node --conditions=@lamella/source docs/write-pages.ts [page ...]

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pages, root } from './test/support/pages.ts';
import { writtenPage } from './test/support/written-page.ts';

const wanted = process.argv.slice(2);
for (const page of wanted.length > 0 ? wanted : pages) {
  const path = resolve(root, page);
  writeFileSync(path, await writtenPage(path));
}
