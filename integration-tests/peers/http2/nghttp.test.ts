import { describe, expect, it } from 'vitest';
import { h2load } from '../../support/h2load.ts';
import { useLedger } from '../../support/ledger.ts';
import { patternChunks } from '../../support/pattern.ts';
import { usePeers } from '../../support/peers.ts';
import { run } from '../../support/run.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';
import { credentialsFor } from './support/credentials.ts';
import { sumOf } from './support/exchange.ts';
import { serveBoth } from './support/our-side.ts';
import { site } from './support/site.ts';

useLedger();
usePeers('nghttp', 'h2load');

describe('our server and nghttp', () => {
  it('exchange the frames of a request, by TLS and in clear', async () => {
    for (const credentials of [await credentialsFor(), undefined]) {
      const { url, errors } = await serveBoth(site, credentials);
      const { code, stdout } = await run('nghttp', ['-v', `${url}/hints`]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/recv SETTINGS frame/);
      expect(stdout).toMatch(/recv SETTINGS frame <length=0, flags=0x01/);
      expect(stdout).toMatch(/:status: 103[\s\S]*:status: 200/);
      expect(stdout).toMatch(/recv DATA frame <length=6, flags=0x01/);
      expect(stdout).toMatch(/send GOAWAY frame/);
      expect(errors).toEqual([]);
    }
  });

  it('carry many requests on one connection, with weights, padding and small windows', async () => {
    const { url, connections, errors } = await serveBoth(site, undefined);
    const sizes = [1, 20_000, 300_000];
    const urls = sizes.map((size) => `${url}/bytes/${size}`);
    for (const options of [
      [],
      ['-p', '256'],
      ['-b', '200'],
      ['-w', '6', '-W', '16'],
      ['-c', '0'],
      ['-c', '65536', '-c', '100'],
    ]) {
      const { code, bytes } = await run('nghttp', [...options, '-m', '20', ...urls]);
      expect(code).toBe(0);
      expect(bytes.length).toBe(20 * (1 + 20_000 + 300_000));
    }
    expect(errors).toEqual([]);
    expect(connections().accepted).toBe(6);
  });

  it('carry content and trailers up, with leave and without', async () => {
    const { url } = await serveBoth(site, undefined);
    const content = [...patternChunks(1_000_000)];
    const path = temporaryFile('content', Buffer.concat(content));
    for (const options of [[], ['--expect-continue']]) {
      const { stdout } = await run('nghttp', [...options, '-d', path, '--trailer', 'x-trailer: sent', `${url}/sum`]);
      expect(stdout).toBe(`${sumOf(content)} sent`);
    }
  });

  it('show trailers', async () => {
    const { url } = await serveBoth(site, undefined);
    const { stdout } = await run('nghttp', ['-v', `${url}/trailers`]);
    expect(stdout).toMatch(/^some [\s\S]*^content[\s\S]*x-trailer: sent/m);
  });

  it('do not upgrade', async () => {
    const { url, errors } = await serveBoth(site, undefined);
    const { stdout, stderr } = await run('nghttp', ['-u', '-v', url]);
    expect(stdout + stderr).toMatch(/HTTP Upgrade failed|HTTP upgrade failed/i);
    expect(errors).toEqual([]);
  });
});

describe('our server under h2load', { timeout: 300_000 }, () => {
  it.each([
    ['clear', undefined],
    ['TLS', 'TLS'],
  ])('answers 200,000 small requests, %s', async (_name, tls) => {
    const { url, errors, connections } = await serveBoth(site, tls === undefined ? undefined : await credentialsFor());
    const report = await h2load('-n', '200000', '-c', '8', '-m', '32', `${url}/`);
    expect(report, report.output).toMatchObject({ total: 200_000, succeeded: 200_000, failed: 0 });
    expect(report.statuses['2xx']).toBe(200_000);
    expect(errors).toEqual([]);
    expect(connections().accepted).toBe(8);
  });

  it('sends large content to many at once, and takes it', async () => {
    const { url, errors } = await serveBoth(site, undefined);
    const down = await h2load('-n', '400', '-c', '4', '-m', '10', `${url}/bytes/1048576`);
    expect(down, down.output).toMatchObject({ succeeded: 400, failed: 0 });
    const path = temporaryFile('content', Buffer.concat([...patternChunks(300_000)]));
    const up = await h2load('-n', '400', '-c', '4', '-m', '10', '-d', path, `${url}/echo`);
    expect(up, up.output).toMatchObject({ succeeded: 400, failed: 0 });
    expect(errors).toEqual([]);
  });

  it('holds with small windows, and one stream at a time', async () => {
    const { url, errors } = await serveBoth(site, undefined);
    const options = ['-w', '10', '-W', '16', '--header-table-size=0', '--encoder-header-table-size=0'];
    const small = await h2load('-n', '2000', '-c', '4', '-m', '10', ...options, `${url}/bytes/20000`);
    expect(small, small.output).toMatchObject({ succeeded: 2_000, failed: 0 });
    const single = await h2load('-n', '10000', '-c', '32', '-m', '1', `${url}/`);
    expect(single, single.output).toMatchObject({ succeeded: 10_000, failed: 0 });
    expect(errors).toEqual([]);
  });
});
