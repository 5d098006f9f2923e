import { readdirSync, readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const PUBLIC = new URL('../public/', import.meta.url);

describe('the compressed files of the site', () => {
  it.each(readdirSync(PUBLIC).filter((name) => !/\.(?:br|gz)$/.test(name)))('are those of %s', (name) => {
    const [plain, br, gz] = ['', '.br', '.gz'].map((end) => readFileSync(new URL(`${name}${end}`, PUBLIC)));
    expect(brotliDecompressSync(br ?? '')).toEqual(plain);
    expect(gunzipSync(gz ?? '')).toEqual(plain);
  });
});
