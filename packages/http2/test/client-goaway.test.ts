import { HttpRequest } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { goaway, reset } from './support/frames.ts';
import { RawServer } from './support/raw-server.ts';

checkLedger({ beforeEach, afterEach });

const CANCEL = 8;
const ENHANCE_YOUR_CALM = 11;
const HTTP_1_1_REQUIRED = 13;

describe('a server that ends the connection with an error', () => {
  it('gives the reason for the resets behind it', async () => {
    const server = await RawServer.open();
    const answer = server.connection.serve(HttpRequest.from({ target: 'http://a.test/' }));
    const failed = answer.catch((error: unknown) => error);
    await server.send(goaway(1, ENHANCE_YOUR_CALM), reset(1, CANCEL));
    expect(await failed).toMatchObject({
      code: 'LML_ERR_HTTP_STREAM_RESET',
      resetCode: 'CANCEL',
      cause: { code: 'LML_ERR_HTTP2_GOAWAY', errorCode: ENHANCE_YOUR_CALM },
    });
    await server.close();
  });

  it.each([
    [ENHANCE_YOUR_CALM, { code: 'LML_ERR_HTTP_CONNECTION_CLOSED' }],
    [HTTP_1_1_REQUIRED, { code: 'LML_ERR_HTTP_STREAM_RESET', resetCode: 'HTTP_1_1_REQUIRED', origin: 'remote' }],
  ])('(%i) tells it to requests that it has not looked at', async (errorCode, error) => {
    const server = await RawServer.open();
    const answer = server.connection.serve(HttpRequest.from({ target: 'http://a.test/' }));
    const failed = answer.catch((thrown: unknown) => thrown);
    await server.send(goaway(0, errorCode));
    const cause = { code: 'LML_ERR_HTTP2_GOAWAY', errorCode };
    expect(await failed).toMatchObject({ ...error, processed: 'no', facts: { retryable: true }, cause });
    await server.close();
  });

  it('has no part in a reset before it', async () => {
    const server = await RawServer.open();
    const answer = server.connection.serve(HttpRequest.from({ target: 'http://a.test/' }));
    const failed = answer.catch((error: unknown) => error);
    await server.send(reset(1, CANCEL), goaway(1, ENHANCE_YOUR_CALM));
    expect(await failed).not.toHaveProperty('cause');
    await server.close();
  });
});
