import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { lamella, lamellaServe } from '../../support/lamella-process.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('lamella serve static', () => {
  usePeers('curl');

  it('serves the files of a folder, and nothing above it', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'site'));
    writeFileSync(join(folder, 'secret.txt'), 'secret');
    writeFileSync(join(folder, 'site', 'a.txt'), 'hello');
    writeFileSync(join(folder, 'site', 'a.txt.gz'), gzipSync('hello'));
    writeFileSync(join(folder, 'site', '.hidden'), 'secret');
    const server = await lamellaServe(
      'static',
      join(folder, 'site'),
      '--listing',
      '--precompressed',
      '--cache-control',
      'no-cache',
    );
    expect((await curl('-i', `${server.url}/a.txt`)).stdout).toMatch(/cache-control: no-cache[\s\S]*\r\n\r\nhello$/i);
    expect((await curl('--compressed', '-w', '%header{content-encoding}', `${server.url}/a.txt`)).stdout).toBe(
      'hellogzip',
    );
    expect((await curl('-r', '1-2', `${server.url}/a.txt`)).stdout).toBe('el');
    expect((await curl(`${server.url}/`)).stdout).toContain('a.txt');
    for (const path of ['/.hidden', '/../secret.txt', '/%2e%2e/secret.txt']) {
      expect((await curl('--path-as-is', `${server.url}${path}`)).stdout).toBe('not found\n');
    }
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('says in one line that a folder is none', async () => {
    const { code, stderr } = await lamella(['serve', 'static', '/no/such/folder']);
    expect([code, stderr]).toEqual([2, 'lamella: /no/such/folder is no folder\n']);
  });
});
