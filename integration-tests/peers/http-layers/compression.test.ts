import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { ContentCoding } from '@lamella/http';
import {
  compressionLayer,
  decompressionLayer,
  HttpBody,
  HttpRequest,
  HttpResponse,
  requestDecompressionLayer,
} from '@lamella/http';
import { serviceFn, stack } from '@lamella/service-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { startNginx } from '../../support/foreign-servers.ts';
import { listening } from '../../support/free-port.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, run } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { testClient } from '../../support/test-client.ts';

const CODINGS: readonly ContentCoding[] = ['gzip', 'deflate', 'br', 'zstd'];
const CONTENT = Buffer.from('all work and no play makes jack a dull boy '.repeat(5_000));
const AS_TEXT = { 'Content-Type': 'text/plain' };

useLedger();

describe('compressionLayer and curl', () => {
  usePeers('curl');

  it.each(CODINGS)('curl reads %s, of content at hand and of a stream', async (coding) => {
    const { url } = await serveHttp(compressing());
    for (const path of ['/short', '/whole', '/stream']) {
      const asked = ['--compressed', '-H', `Accept-Encoding: ${coding}`, '-i', `${url}${path}`];
      const { code, bytes } = await curl(...asked);
      const text = bytes.toString();
      const headEnd = text.indexOf('\r\n\r\n') + 4;
      expect([code, text.slice(headEnd) === contentOf(path).toString()]).toEqual([0, true]);
      expect(text.slice(0, headEnd)).toContain(`Content-Encoding: ${coding}\r\n`);
    }
  });

  it('curl gets 406 where it takes nothing that there is', async () => {
    const { url } = await serveHttp(compressing());
    const { stdout } = await curl(
      '-H',
      'Accept-Encoding: identity;q=0',
      '-w',
      '%{http_code}',
      '-o',
      '/dev/null',
      `${url}/whole`,
    );
    expect(stdout).toBe('406');
  });

  it('curl that goes in the middle leaves no coder behind', async () => {
    const { url, openConnections } = await serveHttp(compressing());
    await curl(
      '--compressed',
      '--max-filesize',
      '1000',
      '-o',
      '/dev/null',
      '--limit-rate',
      '1000',
      '--max-time',
      '1',
      `${url}/endless`,
    );
    while (openConnections() > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it.each(['gzip', 'deflate', 'br', 'zstd'] as const)('a request that is coded with %s is read', async (coding) => {
    const echo = serviceFn(async ({ body }: HttpRequest) =>
      HttpResponse.text(String(CONTENT.equals(await body.bytes()))),
    );
    const { url } = await serveHttp(requestDecompressionLayer()(echo));
    const coded = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync }[coding](
      CONTENT,
    );
    const { stdout } = await run(
      'curl',
      ['-q', '-sS', '-H', `Content-Encoding: ${coding}`, '--data-binary', '@-', url],
      { input: coded },
    );
    expect(stdout).toBe('true');
  });
});

describe('compressionLayer and Chromium', () => {
  usePeers('chromium');

  it('Chromium reads what it asks for', async () => {
    const { url } = await serveHttp(compressing());
    const page = await chromiumPage();
    await page.goto(`${url}/short`);
    for (const path of ['/whole', '/stream']) {
      const length = await page.evaluate(async (target) => (await (await fetch(target)).text()).length, path);
      expect(length).toBe(CONTENT.length);
    }
  });
});

describe('decompressionLayer and nginx', () => {
  usePeers('nginx');

  it('reads what nginx compresses', async () => {
    const { url } = await startNginx(
      'gzip on; gzip_types text/plain; gzip_min_length 1; default_type text/plain; location / { return 200 "hello hello hello hello"; }',
    );
    const service = decompressionLayer({ codings: ['gzip'] })(testClient());
    const response = await service.serve(HttpRequest.from({ target: `${url}/` }));
    expect(response.headers.get('content-encoding')).toBe(undefined);
    expect(await response.body.text()).toBe('hello hello hello hello');
  });
});

describe('decompressionLayer and node:http', () => {
  it.each(['gzip', 'deflate', 'deflate-raw', 'br', 'zstd', 'gzip, br'])('reads %s', async (coding) => {
    const url = await nodeServer((request, response) => {
      expect(request.headers['accept-encoding']).toBe('zstd, br, gzip, deflate');
      response.setHeader('Content-Encoding', coding.replace('-raw', ''));
      response.end(CODED[coding]);
    });
    const client = testClient();
    const service = decompressionLayer()(client);
    for (let number = 0; number < 3; number++) {
      const response = await service.serve(HttpRequest.from({ target: url }));
      expect(Buffer.from(await response.body.bytes()).equals(CONTENT)).toBe(true);
    }
    expect(client.gauges()).toMatchObject([{ open: 1, idle: 1 }]);
  });

  it('ends a bomb, and the connection with it', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1_048_576));
    const url = await nodeServer((_, response) => {
      response.setHeader('Content-Encoding', 'gzip');
      response.end(bomb);
    });
    const response = await decompressionLayer()(testClient()).serve(HttpRequest.from({ target: url }));
    await expect(response.body.bytes()).rejects.toMatchObject({ code: 'LML_ERR_LIMIT', limit: 'maxRatio' });
  });

  it('tells a response that is cut off within its coding', async () => {
    const coded = gzipSync(CONTENT);
    const url = await nodeServer((_, response) => {
      response.setHeader('Content-Encoding', 'gzip');
      response.end(coded.subarray(0, -5));
    });
    const response = await decompressionLayer()(testClient()).serve(HttpRequest.from({ target: url }));
    await expect(response.body.bytes()).rejects.toMatchObject({ code: 'LML_ERR_HTTP_BODY_CODING_INCOMPLETE' });
  });
});

describe('a stream through both layers', () => {
  it.each([
    ['zstd', 1_024],
    ['gzip', 1_024],
    ['br', 256],
    ['deflate', 256],
  ] as const)('of %s, %i MiB long, is never held', async (coding, mebibytes) => {
    const script = join(import.meta.dirname, '../../support/stream-through-coding.ts');
    const byteCount = mebibytes * 1_048_576;
    // A small young generation: what is asked here is what the layers hold, not how seldom a process cleans up.
    const flags = ['--conditions=@lamella/source', '--disable-warning=ExperimentalWarning', '--max-semi-space-size=1'];
    const { stdout, stderr } = await run(process.execPath, [...flags, script, coding, String(byteCount)]);
    expect(stderr).toBe('');
    const { received, grownMiB } = JSON.parse(stdout) as { received: number; grownMiB: number };
    expect(received).toBe(byteCount);
    expect(grownMiB).toBeLessThan(16);
  });
});

function compressing() {
  return stack(
    compressionLayer(),
    serviceFn(({ path }: HttpRequest) => {
      const body = path === '/endless' ? endless() : path === '/stream' ? chunks() : contentOf(path);
      return HttpResponse.from({ headers: AS_TEXT, body: HttpBody.from(body) });
    }),
  );
}

function contentOf(path: string): Buffer {
  return path === '/short' ? CONTENT.subarray(0, 5_000) : CONTENT;
}

function* chunks(): Generator<Uint8Array> {
  for (let at = 0; at < CONTENT.length; at += 10_000) yield CONTENT.subarray(at, at + 10_000);
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (let number = 0; ; number++) yield Buffer.from(`${number} ${Math.sin(number)}\n`);
}

async function nodeServer(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(handler);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${await listening(server)}/`;
}

const CODED: Readonly<Record<string, Buffer>> = {
  gzip: gzipSync(CONTENT),
  deflate: deflateSync(CONTENT),
  'deflate-raw': deflateRawSync(CONTENT),
  br: brotliCompressSync(CONTENT),
  zstd: zstdCompressSync(CONTENT),
  'gzip, br': brotliCompressSync(gzipSync(CONTENT)),
};
