import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCertificateAuthority } from './authority-files.ts';

describe('openCertificateAuthority', () => {
  it('makes an authority whose key only the user may read, and finds it again', async () => {
    const folder = await newFolder();
    const made = await openCertificateAuthority(folder, { subject: { commonName: 'Mine' } });
    expect((await readdir(folder)).sort()).toEqual(['ca-key.pem', 'ca.pem']);
    expect((await stat(join(folder, 'ca-key.pem'))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readFile(join(folder, 'ca.pem'), 'utf8')).toBe(made.cert);
    const opened = await openCertificateAuthority(folder, { create: false });
    expect(opened).toMatchObject({ cert: made.cert, key: made.key });
    await expect(opened.issue({ names: ['a.test'] })).resolves.toBeDefined();
  });

  it('makes one authority, however many ask for it', async () => {
    const folder = await newFolder();
    const opened = await Promise.all(Array.from({ length: 8 }, () => openCertificateAuthority(folder)));
    expect(new Set(opened.map(({ cert }) => cert)).size).toBe(1);
    expect((await readdir(folder)).sort()).toEqual(['ca-key.pem', 'ca.pem']);
    expect(await readFile(join(folder, 'ca.pem'), 'utf8')).toBe(opened[0]?.cert);
  });

  it('makes none if it is told not to', async () => {
    const folder = await newFolder();
    await expect(openCertificateAuthority(folder, { create: false })).rejects.toMatchObject({
      code: 'LML_ERR_TLS_MATERIAL',
    });
    await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('refuses a key that others may read', async () => {
    const folder = await newFolder();
    await openCertificateAuthority(folder);
    for (const mode of [0o640, 0o604, 0o620]) {
      await chmod(join(folder, 'ca-key.pem'), mode);
      await expect(openCertificateAuthority(folder)).rejects.toMatchObject({ code: 'LML_ERR_TLS_MATERIAL' });
    }
    await chmod(join(folder, 'ca-key.pem'), 0o400);
    await expect(openCertificateAuthority(folder)).resolves.toBeDefined();
  });

  it('refuses files that are none of an authority, and leaves them as they are', async () => {
    const folder = await newFolder();
    const { key } = await openCertificateAuthority(folder);
    for (const content of ['', 'garbage', key]) {
      await writeFile(join(folder, 'ca-key.pem'), content);
      await expect(openCertificateAuthority(folder)).rejects.toMatchObject({ code: 'LML_ERR_TLS_MATERIAL' });
      expect(await readFile(join(folder, 'ca-key.pem'), 'utf8')).toBe(content);
    }
  });

  it('passes on what the file system says', async () => {
    const folder = await newFolder();
    await writeFile(folder, 'a file');
    await expect(openCertificateAuthority(folder)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});

/** A folder that does not exist yet, in one that is gone when the test is over. */
async function newFolder(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'lamella-authority-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  return join(parent, 'ca');
}
