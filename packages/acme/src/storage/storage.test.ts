import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AcmeStorage } from './acme-storage.ts';
import { memoryAcmeStorage } from './acme-storage.ts';
import { fileAcmeStorage } from './file-acme-storage.ts';

describe.each<[string, () => Promise<AcmeStorage>]>([
  ['memoryAcmeStorage', async () => memoryAcmeStorage()],
  ['fileAcmeStorage', async () => fileAcmeStorage(join(await temporaryFolder(), 'a', 'b'))],
])('%s', (_, make) => {
  it('gives back what was stored last, and nothing where nothing was', async () => {
    const storage = await make();
    expect(await storage.load('account-1')).toBeUndefined();
    await storage.store('account-1', 'one');
    await storage.store('account-1', 'two');
    await storage.store('certificate-1', 'three');
    expect(await storage.load('account-1')).toBe('two');
    expect(await storage.load('certificate-1')).toBe('three');
  });

  it('has the one or the other of two that are stored at the same time, whole', async () => {
    const storage = await make();
    const texts = ['a'.repeat(100_000), 'b'.repeat(50_000)];
    await Promise.all(texts.map((text) => storage.store('account-1', text)));
    expect(texts).toContain(await storage.load('account-1'));
  });
});

describe('fileAcmeStorage', () => {
  it('keeps files that only the user may read, and no drafts', async () => {
    const folder = join(await temporaryFolder(), 'acme');
    const storage = fileAcmeStorage(folder);
    await storage.store('account-1', 'text');
    expect(await readdir(folder)).toEqual(['account-1.json']);
    expect((await stat(join(folder, 'account-1.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    await chmod(join(folder, 'account-1.json'), 0o644);
    await storage.store('account-1', 'text');
    expect((await stat(join(folder, 'account-1.json'))).mode & 0o777).toBe(0o600);
  });

  it('says what it can not read or keep', async () => {
    const folder = join(await temporaryFolder(), 'file');
    await writeFile(folder, 'a file');
    const storage = fileAcmeStorage(folder);
    for (const failing of [storage.load('account-1'), storage.store('account-1', 'text')]) {
      await expect(failing).rejects.toMatchObject({ code: 'LML_ERR_ACME_STORAGE' });
    }
  });

  it('takes no name that leads elsewhere', async () => {
    const storage = fileAcmeStorage(await temporaryFolder());
    for (const name of ['../a', 'a/b', '', '.a', 'A', 'a'.repeat(101)]) {
      await expect(storage.load(name)).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
      await expect(storage.store(name, 'x')).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    }
    await expect(storage.load('a'.repeat(100))).resolves.toBeUndefined();
    expect(() => fileAcmeStorage('')).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lamella-acme-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
