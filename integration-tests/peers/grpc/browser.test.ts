import { fileURLToPath } from 'node:url';
import { grpcWebCors } from '@lamella/grpc';
import { corsLayer, HttpResponse } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { run } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import type { callFromBrowser } from './browser-page.ts';
import { serveTalk } from './talk-server.ts';

describe('Chromium, with a page of another origin', () => {
  usePeers('chromium');
  useLedger();

  it.each([
    ['connect', true],
    ['connect', false],
    ['grpc-web', true],
    ['grpc-web', false],
  ] as const)('calls our server by %s (binary: %s)', async (protocol, isBinary) => {
    const script = await bundle('browser-page.ts');
    const html = HttpResponse.text.bind(undefined, `<!doctype html><title>Talk</title><script>${script}</script>`);
    const site = await serveHttp(() => html({ headers: { 'content-type': 'text/html; charset=utf-8' } }));
    const cors = corsLayer({
      origins: [site.url],
      requestHeaders: [...grpcWebCors.requestHeaders, 'X-Word'],
      exposedHeaders: [...grpcWebCors.exposedHeaders, 'X-Word', 'Trailer-End-X-Word'],
    });
    const { url, log } = await serveTalk({}, cors);
    const page = await chromiumPage();
    await page.goto(site.url);
    const findings = await page.evaluate(
      ([name, target, binary]) => {
        // The script of the page has put it there.
        const global = globalThis as unknown as { readonly callFromBrowser: typeof callFromBrowser };
        return global.callFromBrowser(name, target, binary);
      },
      [protocol, url, isBinary] as const,
    );
    expect(findings).toEqual({
      said: 'found ä',
      spelt: ['a', 'b', 'c'],
      header: 'hi',
      trailer: 'hi',
      failure: [5, 'nö 100%', 1],
      streamFailure: 'NotFound',
      late: 'DeadlineExceeded',
    });
    const format = isBinary ? 'proto' : 'json';
    expect(log).toContain(`POST application/${protocol === 'connect' ? '' : 'grpc-web+'}${format}`);
    expect(log.includes('GET')).toBe(protocol === 'connect');
  });
});

/** One script of a file beside this one and all that it imports. */
async function bundle(file: string): Promise<string> {
  const program = fileURLToPath(new URL('../../../node_modules/.bin/esbuild', import.meta.url));
  const entry = fileURLToPath(new URL(file, import.meta.url));
  const { code, stdout, stderr } = await run(program, [entry, '--bundle', '--format=iife', '--target=es2022']);
  expect(stderr.includes('error')).toBe(false);
  expect(code).toBe(0);
  return stdout.replaceAll('</script', '<\\/script');
}
