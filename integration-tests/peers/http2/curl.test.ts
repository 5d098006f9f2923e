import { compressionLayer, HttpResponse } from '@lamella/http';
import { serviceFn, stack } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { patternChunks } from '../../support/pattern.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';
import { credentialFiles, credentialsFor } from './support/credentials.ts';
import { sumOf } from './support/exchange.ts';
import { serveBoth } from './support/our-side.ts';
import { site } from './support/site.ts';

useLedger();
usePeers('curl');

describe('our server and curl', () => {
  it.each([
    [['--http2'], '2'],
    [['--http1.1'], '1.1'],
    [[], '2'],
  ])('agree by ALPN: %j', async (options, version) => {
    const credentials = await credentialsFor();
    const { url, errors } = await serveBoth(site, credentials);
    const { rootsPath } = credentialFiles(credentials);
    const { code, stdout } = await curl('--cacert', rootsPath, ...options, `${url}/x`);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { version, path: '/x' }]);
    expect(errors).toEqual([]);
  });

  it('speak HTTP/2 in clear by prior knowledge; the Upgrade of old is passed over', async () => {
    const { url, errors } = await serveBoth(site, undefined);
    const known = await curl('--http2-prior-knowledge', `${url}/x`);
    expect(JSON.parse(known.stdout)).toMatchObject({ version: '2' });
    const upgrade = await curl('--http2', '-v', `${url}/x`);
    expect(JSON.parse(upgrade.stdout)).toMatchObject({ version: '1.1' });
    expect(upgrade.stderr).toContain('Upgrade: h2c');
    expect(errors).toEqual([]);
  });

  it('carry uploads of every size, with and without asking for leave', async () => {
    const { url } = await serveBoth(site, undefined);
    for (const size of [0, 1, 16_384, 65_536, 3_000_000]) {
      const content = [...patternChunks(size)];
      const path = temporaryFile('content', Buffer.concat(content));
      for (const options of [
        ['-T', path],
        ['--data-binary', `@${path}`],
        ['-H', 'Expect: 100-continue', '-T', path],
      ]) {
        const { code, stdout } = await curl('--http2-prior-knowledge', ...options, `${url}/sum`);
        expect([code, stdout]).toEqual([0, `${sumOf(content)} no trailer`]);
      }
    }
  });

  it('carry downloads, without content and with, an interim response, and trailers', async () => {
    const { url } = await serveBoth(site, undefined);
    const get = (...args: string[]) => curl('--http2-prior-knowledge', ...args);
    expect(sumOf([(await get(`${url}/bytes/10000000`)).bytes])).toBe(sumOf(patternChunks(10_000_000)));
    expect((await get('-I', `${url}/x`)).stdout).toMatch(/^HTTP\/2 200 [\s\S]*content-length: [1-9]/);
    expect((await get('-i', `${url}/status/204`)).stdout).toMatch(/^HTTP\/2 204/);
    expect((await get('-i', `${url}/status/304`)).stdout).toMatch(/^HTTP\/2 304/);
    expect((await get('-i', `${url}/hints`)).stdout).toMatch(
      /^HTTP\/2 103 [\s\S]*link: [\s\S]*HTTP\/2 200 [\s\S]*hinted$/,
    );
    expect((await get('-v', `${url}/trailers`)).stderr).toMatch(/^< x-trailer: sent/m);
  });

  it('compress', async () => {
    const text = 'the same words again and again '.repeat(1_000);
    const service = stack(
      compressionLayer(),
      serviceFn(async () => HttpResponse.text(text)),
    );
    const { url } = await serveBoth(service, undefined);
    const { stdout } = await curl('--http2-prior-knowledge', '--compressed', '-w', '|%{size_download}', url);
    expect(stdout.startsWith(`${text}|`)).toBe(true);
    expect(Number(stdout.split('|').at(-1))).toBeLessThan(1_000);
  });

  it('share one connection among parallel transfers', async () => {
    const credentials = await credentialsFor();
    const { url, connections } = await serveBoth(site, credentials);
    const { rootsPath } = credentialFiles(credentials);
    const urls = Array.from({ length: 100 }, (_each, index) => ['-o', '/dev/null', `${url}/bytes/${index * 1_000}`]);
    const { code, stdout } = await curl(
      '-Z',
      '--cacert',
      rootsPath,
      '-w',
      '%{http_code} %{size_download}\n',
      ...urls.flat(),
    );
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n').sort();
    expect(lines).toEqual(urls.map((_each, index) => `200 ${index * 1_000}`).sort());
    expect(connections().accepted).toBe(1);
  });

  it('say so where a field section is too large', async () => {
    const { url } = await serveBoth(site, undefined, { http2: { limits: { maxHeaderListBytes: 20_000 } } });
    // Compressed it is small enough to be looked at.
    const large = Array.from({ length: 2 }, () => ['-H', `X-Large: ${'x'.repeat(10_000)}`]).flat();
    const refused = await curl('--http2-prior-knowledge', '-w', '%{http_code}', ...large, url);
    expect([refused.code, refused.stdout]).toEqual([0, '431']);
  });
});
