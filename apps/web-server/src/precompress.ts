// Writes the compressed files beside those of the site; run it when one of them has changed.
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

for (const name of ['index.html', 'site.css', 'site.js', 'logo.svg']) {
  const path = new URL(`../public/${name}`, import.meta.url);
  const bytes = readFileSync(path);
  writeFileSync(new URL(`${path.href}.br`), brotliCompressSync(bytes));
  writeFileSync(new URL(`${path.href}.gz`), gzipSync(bytes, { level: 9 }));
}
