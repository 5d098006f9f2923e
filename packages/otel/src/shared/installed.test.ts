import { expect, it } from 'vitest';
import { installed } from './installed.ts';

it('says by a UsageError which package is missing, and passes on everything else', async () => {
  expect(await installed('pino', async () => 7)).toBe(7);
  for (const code of ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']) {
    const missing = Object.assign(new Error("Cannot find package 'left-pad'"), { code });
    await expect(installed('left-pad', () => Promise.reject(missing))).rejects.toMatchObject({
      code: 'LML_ERR_USAGE',
      message: 'left-pad is not installed: add it to the dependencies of the program',
      cause: missing,
    });
    await expect(installed('pino', () => Promise.reject(missing))).rejects.toBe(missing);
  }
  const other = new Error('left-pad is broken');
  await expect(installed('left-pad', () => Promise.reject(other))).rejects.toBe(other);
});
