import { constants } from 'node:http2';
import { HttpRequest } from '@lamella/http';
import { errorCodeNames } from '@lamella/http2/testing';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { nodeServer } from './support/node-side.ts';
import { http2Client } from './support/our-side.ts';

useLedger();

describe('resets by the server', () => {
  it.each(errorCodeNames)('%s before and within the response', async (resetCode) => {
    let streams = 0;
    const { url } = await nodeServer((stream, { ':path': path }) => {
      streams++;
      if (path === '/within') {
        stream.respond();
        // More than the client has room for, so that its end can't come before the reset.
        stream.write(Buffer.alloc(1_000_000));
        setImmediate(() => stream.close(errorCodeNames.indexOf(resetCode)));
      } else stream.close(errorCodeNames.indexOf(resetCode));
    }, undefined);
    const client = http2Client(undefined);
    const processed = resetCode === 'REFUSED_STREAM' ? 'no' : 'unknown';
    const expected = { code: 'LML_ERR_HTTP_STREAM_RESET', resetCode, origin: 'remote', processed };
    await expect(client.serve(HttpRequest.from({ target: `${url}/` }))).rejects.toMatchObject(expected);
    // Only what is known not to have been looked at is sent again.
    expect(streams).toBe(resetCode === 'REFUSED_STREAM' ? 3 : 1);
    const response = await client.serve(HttpRequest.from({ target: `${url}/within` }));
    await expect(response.body.bytes()).rejects.toMatchObject({ resetCode });
  });

  it('is sent again where the server has refused it', async () => {
    let count = 0;
    const { url } = await nodeServer((stream) => {
      if (++count === 1) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else stream.respond({ ':status': 204 }, { endStream: true });
    }, undefined);
    const response = await http2Client(undefined).serve(HttpRequest.from({ method: 'POST', target: url, body: 'x' }));
    expect([response.status, count]).toEqual([204, 2]);
  });
});

describe('what the client gives up', () => {
  it('is cancelled: before the response, within it, and while it sends', async () => {
    const { promise: told, resolve } = Promise.withResolvers<void>();
    const codes: (number | undefined)[] = [];
    const { url, sessions } = await nodeServer((stream, { ':path': path }) => {
      stream.on('close', () => {
        if (codes.push(stream.rstCode) === 3) resolve();
      });
      if (path === '/silent') controllers.get(path)?.abort(new Error('enough'));
      else stream.resume();
      if (path !== '/body') return;
      stream.respond();
      stream.write('x'.repeat(100_000));
    }, undefined);
    const controllers = new Map(['/silent', '/upload'].map((path) => [path, new AbortController()]));
    const client = http2Client(undefined);
    const silent = controllers.get('/silent')?.signal;
    const request = HttpRequest.from({ target: `${url}/silent`, ...(silent === undefined ? {} : { signal: silent }) });
    await expect(client.serve(request)).rejects.toThrow('enough');

    const response = await client.serve(HttpRequest.from({ target: `${url}/body` }));
    response.body.cancel();

    const upload = controllers.get('/upload');
    const body = async function* () {
      yield 'x'.repeat(10);
      upload?.abort(new Error('no more'));
      await new Promise(() => {}); // it would never end by itself
    };
    const { signal } = upload ?? new AbortController();
    const sent = client.serve(HttpRequest.from({ method: 'POST', target: `${url}/upload`, body: body(), signal }));
    await expect(sent).rejects.toThrow('no more');
    await told;
    expect(codes).toEqual([8, 8, 8]);
    expect(sessions.length).toBe(1);
  });

  it('is the rest of its content, when the answer comes first', async () => {
    const { url, sessions } = await nodeServer((stream) => {
      stream.respond({ ':status': 413 });
      stream.end('too much', () => stream.close(constants.NGHTTP2_NO_ERROR));
    }, undefined);
    const client = http2Client(undefined);
    const endless = async function* () {
      for (;;) {
        yield Buffer.alloc(10_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    for (let round = 0; round < 3; round++) {
      const response = await client.serve(HttpRequest.from({ method: 'POST', target: url, body: endless() }));
      expect([response.status, await response.body.text()]).toEqual([413, 'too much']);
    }
    expect(sessions.length).toBe(1);
  });
});
