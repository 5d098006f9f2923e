import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

/**
 * Takes a picture of a page for the documentation, as `docs/images/NAME.png`, where `LAMELLA_PICTURES=1` asks for it; else nothing happens, since
 * no two pictures are the same.
 */
export async function keepPicture(page: Page, name: string): Promise<void> {
  if (process.env['LAMELLA_PICTURES'] !== '1') return;
  const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}${name}.png` });
}
