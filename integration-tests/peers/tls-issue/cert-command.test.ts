import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lamella } from '../../support/lamella-process.ts';
import { usePeers } from '../../support/peers.ts';
import { run } from '../../support/run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('lamella cert', () => {
  usePeers('openssl');

  it('makes an authority in the place for settings, and certificates that openssl verifies by it', async () => {
    const [home, out] = [temporaryFolder(), temporaryFolder()];
    const env = { XDG_CONFIG_HOME: home };
    const early = await lamella(['cert', 'leaf', '--out', out], { env });
    expect([early.code, early.stderr]).toEqual([
      1,
      `lamella: there is no authority in ${home}/lamella/ca; \`lamella cert ca\` makes one\n`,
    ]);

    const ca = await lamella(['cert', 'ca', '--name', 'Ann'], { env });
    const folder = join(home, 'lamella', 'ca');
    expect([ca.code, ca.stderr]).toEqual([0, '']);
    expect(ca.stdout).toMatch(new RegExp(`^${folder}/ca\\.pem: Ann, until \\d{4}-\\d\\d-\\d\\d; `));
    expect(statSync(join(folder, 'ca-key.pem')).mode & 0o777).toBe(0o600);

    const leaf = await lamella(['cert', 'leaf', '--dns', 'a.test', '--ip', '::1', '--client', '--out', out], { env });
    expect([leaf.code, leaf.stderr]).toEqual([0, '']);
    expect(leaf.stdout).toContain(`${out}/cert.pem: a.test, ::1, until `);
    expect(readdirSync(out).sort()).toEqual(['cert.pem', 'key.pem']);
    expect(statSync(join(out, 'key.pem')).mode & 0o777).toBe(0o600);
    for (const purpose of ['sslserver', 'sslclient']) {
      const trust = ['-CAfile', join(folder, 'ca.pem'), '-purpose', purpose, '-verify_hostname', 'a.test'];
      expect(await run('openssl', ['verify', '-x509_strict', ...trust, join(out, 'cert.pem')])).toMatchObject({
        code: 0,
      });
    }
  });

  it('replaces nothing unless it is told so', async () => {
    const out = temporaryFolder();
    const names = ['--dns', 'a.test', '--out', out];
    expect((await lamella(['cert', 'self-signed', ...names])).code).toBe(0);
    const before = readFileSync(join(out, 'cert.pem'), 'utf8');
    const again = await lamella(['cert', 'self-signed', ...names]);
    expect([again.code, again.stderr]).toEqual([1, `lamella: ${out}/key.pem exists; --force writes over it\n`]);
    expect(readFileSync(join(out, 'cert.pem'), 'utf8')).toBe(before);
    expect((await lamella(['cert', 'self-signed', ...names, '--force'])).code).toBe(0);
    expect(readFileSync(join(out, 'cert.pem'), 'utf8')).not.toBe(before);
    const [cert, trust] = [join(out, 'cert.pem'), ['-CAfile', join(out, 'cert.pem')]];
    expect(await run('openssl', ['verify', ...trust, '-verify_hostname', 'a.test', cert])).toMatchObject({ code: 0 });
  });

  it('says in one line what is wrong', async () => {
    const wrong = await lamella(['cert', 'self-signed', '--dns', '*.test']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('write a host name such as shop.test');
    const unwritable = await lamella(['cert', 'self-signed', '--out', '/dev/null/x']);
    expect(unwritable.code).toBe(23);
    expect(unwritable.stderr).toMatch(/^lamella: can't write \/dev\/null\/x\/key\.pem: .*\n$/);
  });
});
