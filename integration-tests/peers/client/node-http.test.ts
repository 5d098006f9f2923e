import { text } from 'node:stream/consumers';
import type { InformationalResponse } from '@lamella/http';
import { HttpBody, HttpHeaders, HttpRequest } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { patternChunks, patternSum, sha1 } from '../../support/pattern.ts';
import { testClient } from '../../support/test-client.ts';

useLedger();

describe('our client and node:http', () => {
  it('is understood as it meant it: target, order and case of fields, duplicates', async () => {
    const origin = await nodeOrigin((request, response) => {
      response.end(JSON.stringify([request.method, request.url, request.rawHeaders]));
    });
    const headers = [
      ['x-b', '2'],
      ['X-A', '1'],
      ['x-b', '3'],
    ] as const;
    const request = HttpRequest.from({ method: 'PROPFIND', target: `${origin.url}/a%20b?c=d&&`, headers });
    const response = await testClient().serve(request);
    const host = ['Host', `127.0.0.1:${origin.port}`];
    expect(await response.body.json()).toEqual([
      'PROPFIND',
      '/a%20b?c=d&&',
      [...host, 'x-b', '2', 'X-A', '1', 'x-b', '3'],
    ]);
  });

  it('hears of interim responses and trailers, and sends trailers', async () => {
    const origin = await nodeOrigin(async (request, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      const body = await text(request);
      response.writeHead(200, { Trailer: 'X-Sum' });
      response.write(body);
      response.addTrailers({ 'X-Sum': String(request.trailers['x-sum']) });
      response.end();
    });
    const interim: InformationalResponse[] = [];
    const trailers = (): HttpHeaders => HttpHeaders.from([['X-Sum', 'abc']]);
    const response = await testClient().serve(
      HttpRequest.from({
        method: 'POST',
        target: origin.url,
        body: HttpBody.from(['one ', 'two'], { trailers }),
        onInformational: (each) => interim.push(each),
      }),
    );
    expect(await response.body.text()).toBe('one two');
    expect(response.body.trailers?.get('x-sum')).toBe('abc');
    expect(interim.map(({ status }) => status)).toEqual([103]);
  });

  it('waits for 100 before it sends a body, and takes a refusal without sending it', async () => {
    const seen: string[] = [];
    const origin = await nodeOrigin(() => {});
    origin.server.on('checkContinue', async (request, response) => {
      if (request.url === '/no') return void response.writeHead(417).end();
      seen.push('continue');
      response.writeContinue();
      response.end(await text(request));
    });
    const client = testClient();
    const post = (path: string) =>
      client.serve(
        HttpRequest.from({
          method: 'POST',
          target: `${origin.url}${path}`,
          headers: [['Expect', '100-continue']],
          body: HttpBody.from(noted(seen)),
        }),
      );
    expect(await (await post('/yes')).body.text()).toBe('body');
    expect(seen).toEqual(['continue', 'body']);
    expect((await post('/no')).status).toBe(417);
    expect(seen).toEqual(['continue', 'body']);
  });

  it('streams both ways at the same time', async () => {
    const origin = await nodeOrigin((request, response) => void request.pipe(response));
    const size = 32 * 1024 * 1024;
    const body = HttpBody.from(patternChunks(size));
    const response = await testClient().serve(HttpRequest.from({ method: 'POST', target: origin.url, body }));
    const received = await response.body.bytes({ maxBytes: size });
    expect([received.length, sha1(received)]).toEqual([size, patternSum(size)]);
  });

  it('holds a fast server back while nobody reads', async () => {
    let written = 0;
    const origin = await nodeOrigin(async (_request, response) => {
      response.on('close', () => {
        written = -written;
      });
      const chunk = Buffer.alloc(65_536);
      while (written >= 0 && response.write(chunk)) written += chunk.length;
      response.on('drain', () => {
        while (written >= 0 && response.write(chunk)) written += chunk.length;
      });
    });
    const response = await testClient().serve(HttpRequest.from({ target: origin.url }));
    let before = -1;
    await expect
      .poll(
        () => {
          const isStill = written === before;
          before = written;
          return isStill;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(written).toBeLessThan(64 * 1024 * 1024); // what the kernel holds, and no more
    response.body.cancel();
  });

  it('ends the exchange on the server when it is cancelled', async () => {
    const closed = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const origin = await nodeOrigin((request) => {
      request.on('close', () => closed.resolve());
      arrived.resolve();
    });
    const controller = new AbortController();
    const response = testClient().serve(HttpRequest.from({ target: origin.url, signal: controller.signal }));
    await arrived.promise;
    const reason = new Error('no longer wanted');
    controller.abort(reason);
    await expect(response).rejects.toBe(reason);
    await closed.promise;
  });
});

function* noted(seen: string[]): Generator<string> {
  seen.push('body');
  yield 'body';
}
