import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock } from '@lamella/service-core/testing';
import type { CertificateFiles, CertificateFilesOptions } from '@lamella/tls';
import { certificateFiles, PeerCertificate } from '@lamella/tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { TestAuthority, TestPair } from './support/test-certificates.ts';
import { testAuthority } from './support/test-certificates.ts';
import { tlsWorld } from './support/tls-world.ts';

checkLedger({ beforeEach, afterEach });

let authority: TestAuthority;
let first: TestPair;
let second: TestPair;
beforeAll(async () => {
  authority = await (await testAuthority()).intermediate();
  first = await authority.issue(['server.test']);
  second = await authority.issue(['server.test']);
});

describe('certificateFiles', () => {
  it('shows what the files hold, and what they hold later', async () => {
    const { files, write, nextReload, clock } = await setUp();
    expect(pemOf(files)).toBe(first.cert);
    await write(second);
    clock.advance(10_000);
    await nextReload();
    expect(pemOf(files)).toBe(second.cert);
  });

  it('looks every checkEveryMs, not before', async () => {
    const { files, write, nextReload, clock } = await setUp({ checkEveryMs: 500 });
    await write(second);
    clock.advance(499);
    expect(clock.pendingTimers).toBe(1);
    expect(pemOf(files)).toBe(first.cert);
    clock.advance(1);
    await nextReload();
    expect(pemOf(files)).toBe(second.cert);
  });

  it('gives the same object as long as nothing has changed', async () => {
    const { files } = await setUp();
    const before = files.certificateFor('server.test');
    expect(await files.reload()).toBe(false);
    expect(files.certificateFor('server.test')).toBe(before);
  });

  it('refuses a pair that does not belong together, says so once, and keeps the old one', async () => {
    const { files, folder, errors, write } = await setUp();
    await writeFile(join(folder, 'key.pem'), second.key);
    expect(await files.reload()).toBe(false);
    expect(await files.reload()).toBe(false);
    expect(errors).toMatchObject([{ code: 'LML_ERR_TLS_MATERIAL', message: expect.stringContaining('key.pem') }]);
    expect(pemOf(files)).toBe(first.cert);
    await write(second);
    expect(await files.reload()).toBe(true);
    expect(pemOf(files)).toBe(second.cert);
  });

  it('keeps the old one if a file is gone, says so once, and takes it when it is back', async () => {
    const { files, folder, errors, write } = await setUp();
    await rm(join(folder, 'cert.pem'));
    expect(await files.reload()).toBe(false);
    expect(await files.reload()).toBe(false);
    expect(errors).toMatchObject([{ code: 'LML_ERR_TLS_MATERIAL' }]);
    expect(pemOf(files)).toBe(first.cert);
    await write(second);
    expect(await files.reload()).toBe(true);
    await rm(join(folder, 'cert.pem'));
    expect(await files.reload()).toBe(false);
    expect(errors.length).toBe(2);
  });

  it('shows no certificate that was cut off within its chain', async () => {
    const { files, folder } = await setUp();
    const shown = new Set<string>();
    await writeFile(join(folder, 'key.pem'), second.key);
    const { cert } = second;
    for (let length = 0; length <= cert.length; length += 7) {
      await writeFile(join(folder, 'cert.pem'), cert.slice(0, length));
      await files.reload();
      shown.add(pemOf(files));
    }
    for (const pem of shown) expect(pem.split('-----BEGIN').length).toBe(pem.split('-----END').length);
  });

  it('follows links that are turned to another folder', async () => {
    const folder = await temporaryFolder();
    for (const [name, pair] of Object.entries({ first, second })) {
      await writeFile(join(folder, `${name}.pem`), `${pair.key}\n${pair.cert}`);
    }
    const path = join(folder, 'live.pem');
    await symlink('first.pem', path);
    const files = await certificateFiles([{ certPath: path, keyPath: path }], {
      checkEveryMs: Number.POSITIVE_INFINITY,
    });
    expect(pemOf(files)).toContain(first.cert);
    await symlink('second.pem', join(folder, 'next.pem'));
    await rename(join(folder, 'next.pem'), path);
    expect(await files.reload()).toBe(true);
    expect(pemOf(files)).toContain(second.cert);
  });

  it('takes what is good although another one is not', async () => {
    const folder = await temporaryFolder();
    const paths = (name: string): { certPath: string; keyPath: string } => ({
      certPath: join(folder, `${name}.cert`),
      keyPath: join(folder, `${name}.key`),
    });
    const write = async (name: string, { cert, key }: Pick<TestPair, 'cert' | 'key'>): Promise<void> => {
      await writeFile(paths(name).certPath, cert);
      await writeFile(paths(name).keyPath, key);
    };
    const other = await authority.issue(['other.test']);
    await write('server', first);
    await write('other', other);
    const errors: unknown[] = [];
    const files = await certificateFiles([paths('server'), paths('other')], {
      checkEveryMs: Number.POSITIVE_INFINITY,
      onError: (error) => errors.push(error),
    });
    await write('other', { cert: other.cert, key: 'no key' });
    await write('server', second);
    expect(await files.reload()).toBe(true);
    expect(pemOf(files)).toBe(second.cert);
    expect(String(files.certificateFor('other.test')?.cert)).toBe(other.cert);
    expect(errors.length).toBe(1);
  });

  it('tells if who hears of new ones throws, and looks on', async () => {
    let count = 0;
    const onReload = () => {
      count++;
      throw new Error('a bug');
    };
    const { files, errors, write } = await setUp({ onReload });
    await write(second);
    expect(await files.reload()).toBe(true);
    await write(first);
    expect(await files.reload()).toBe(true);
    expect([count, errors]).toMatchObject([2, [{ message: 'a bug' }, { message: 'a bug' }]]);
  });

  it('looks no more once it is closed', async () => {
    const { files, clock, write } = await setUp();
    await write(second);
    files.close();
    files.close();
    expect(clock.pendingTimers).toBe(0);
    expect(pemOf(files)).toBe(first.cert);
  });

  it('needs files that can be read and used, and sound options', async () => {
    const folder = await temporaryFolder();
    const missing = { certPath: join(folder, 'none'), keyPath: join(folder, 'none') };
    await expect(certificateFiles([missing])).rejects.toMatchObject({ code: 'LML_ERR_TLS_MATERIAL' });
    await expect(certificateFiles([])).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    await expect(certificateFiles([missing], { checkEveryMs: 0 })).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });
});

it('fails no handshake while certificates are changed, and shows the new one at once', async () => {
  const { files, write, folder } = await setUp();
  const world = tlsWorld({ certificates: files });
  const serials: string[] = [];
  const connectOnce = async (): Promise<void> => {
    const { extensions, stream } = await world.connect({ roots: authority.cert, maxSessions: 0 });
    serials.push(extensions.get(PeerCertificate)?.serialNumber ?? '');
    stream.destroy();
  };
  for (const pair of [second, first, second, first]) {
    const connecting = connectOnce();
    await writeFile(join(folder, 'cert.pem'), pair.cert.slice(0, 100)); // half written
    const [, reloaded] = await Promise.all([connecting, files.reload(), connectOnce()]);
    expect(reloaded).toBe(false);
    await write(pair);
    await Promise.all([connectOnce(), files.reload()]);
    await connectOnce();
    expect(serials.at(-1)).toBe(pair.serialNumber);
  }
  expect(serials.length).toBe(16);
  await world.close();
});

async function setUp(options: CertificateFilesOptions = {}) {
  const folder = await temporaryFolder();
  const [certPath, keyPath] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const write = async ({ cert, key }: TestPair): Promise<void> => {
    await writeFile(certPath, cert);
    await writeFile(keyPath, key);
  };
  await write(first);
  const clock = new FakeClock();
  const errors: unknown[] = [];
  let reloaded = Promise.withResolvers<void>();
  const files = await certificateFiles([{ certPath, keyPath }], {
    clock,
    onError: (error) => errors.push(error),
    onReload: () => reloaded.resolve(),
    ...options,
  });
  onTestFinished(() => files.close());
  const nextReload = async (): Promise<void> => {
    await reloaded.promise;
    reloaded = Promise.withResolvers();
  };
  return { folder, files, clock, errors, write, nextReload };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lamella-tls-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function pemOf(files: CertificateFiles): string {
  return String(files.certificateFor('server.test')?.cert);
}
