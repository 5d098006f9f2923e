import type { HttpResponseInit } from '@lamella/http';
import { HttpBody, HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headers, PREFACE, SETTINGS_ACK, settings } from './support/frames.ts';
import { RawPeer } from './support/raw-peer.ts';
import { RawServer } from './support/raw-server.ts';

checkLedger({ beforeEach, afterEach });

const MAX_HEADER_LIST_SIZE = 6;
const takes = (byteCount: number): Uint8Array => settings([MAX_HEADER_LIST_SIZE, byteCount]);

describe('a client whose server takes few bytes of fields', () => {
  const get = (padding: number): HttpRequest =>
    HttpRequest.from({ target: 'https://a.test/', headers: { x: 'x'.repeat(padding) } });
  // :method GET, :scheme https, :authority a.test, :path /, x: 32 more for each of them.
  const EMPTY_BYTES = 10 + 12 + 16 + 6 + 1 + 5 * 32;

  it.each([
    ['as many as it takes', 300 - EMPTY_BYTES, 300, true],
    ['one more than it takes', 301 - EMPTY_BYTES, 300, false],
    ['what it can not mean by that', 1_000, 0, true],
  ])('sends %s only if it is taken', async (_what, padding, maximum, isSent) => {
    const server = await RawServer.open({ greeting: [takes(maximum), SETTINGS_ACK] });
    const asked = server.connection.serve(get(padding));
    const outcome = asked.catch((error: unknown) => error);
    expect(await server.takeFrames()).toHaveLength(isSent ? 1 : 0);
    if (isSent) {
      await server.send(headers(1, [':status', '204'], { end: true }));
      expect(await outcome).toBeInstanceOf(HttpResponse);
    } else {
      const message = expect.stringMatching(/ request have 301 bytes .* the server takes 300 at most/);
      const facts = { layer: 'h2', phase: 'request', retryable: false };
      expect(await outcome).toMatchObject({ code: 'LML_ERR_HTTP2_HEADERS_TOO_LARGE', origin: 'local', message, facts });
    }
    expect([server.connection.state, server.connection.active]).toEqual(['open', 0]);
    await server.close();
  });

  it('gives a request up whose trailers are not taken', async () => {
    const server = await RawServer.open({ greeting: [takes(300), SETTINGS_ACK] });
    const trailers = (): HttpHeaders => HttpHeaders.from({ x: 'x'.repeat(300) });
    for (const body of [HttpBody.from('all', { trailers }), HttpBody.from(['piece'], { trailers })]) {
      const asked = server.connection.serve(HttpRequest.from({ method: 'POST', target: 'https://a.test/', body }));
      await expect(asked).rejects.toMatchObject({ code: 'LML_ERR_HTTP2_HEADERS_TOO_LARGE' });
      expect((await server.takeFrames()).at(-1)).toMatch(/^RST_STREAM . CANCEL$/);
    }
    await server.close();
  });
});

describe('a server whose client takes few bytes of fields', () => {
  const GET = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/'];
  const date = '';
  // :status 200, content-length 2, date, x
  const EMPTY_BYTES = 10 + 15 + 4 + 1 + 4 * 32;

  async function answer(maximum: number, init: HttpResponseInit, request: readonly string[] = GET) {
    const service = serviceFn(async (_request: HttpRequest) => HttpResponse.from(init));
    const peer = await RawPeer.open(service, { greeting: [PREFACE, takes(maximum), SETTINGS_ACK] });
    await peer.send(headers(1, request, { end: true }));
    await settle(4);
    const frames = await peer.takeFrames();
    await peer.close();
    return { frames, errors: peer.errors };
  }

  it.each([
    [300 - EMPTY_BYTES, 'DATA 1 "ok" END', 0],
    [301 - EMPTY_BYTES, 'DATA 1 "Internal Server Error\\n" END', 1],
  ])('sends a head that it takes, and 500 instead of another', async (padding, last, errorCount) => {
    const { frames, errors } = await answer(300, { headers: { date, x: 'x'.repeat(padding) }, body: 'ok' });
    expect(frames.at(-1)).toBe(last);
    const message = expect.stringMatching(/ response have 301 bytes .* the client takes 300 at most/);
    const error = { code: 'LML_ERR_HTTP2_HEADERS_TOO_LARGE', origin: 'local', message };
    expect(errors).toMatchObject(Array(errorCount).fill(error));
  });

  it('resets the stream if not even that is taken', async () => {
    const { frames, errors } = await answer(41, { body: 'ok' });
    expect(frames).toEqual(['RST_STREAM 1 INTERNAL_ERROR']);
    expect(errors).toMatchObject([{ code: 'LML_ERR_HTTP2_HEADERS_TOO_LARGE' }]);
  });

  it('breaks a response off whose trailers are not taken', async () => {
    const trailers = (): HttpHeaders => HttpHeaders.from({ 'grpc-message': 'x'.repeat(300) });
    for (const body of [HttpBody.from('all', { trailers }), HttpBody.from(['piece'], { trailers })]) {
      const { frames, errors } = await answer(300, { body });
      expect(frames.at(-1)).toBe('RST_STREAM 1 INTERNAL_ERROR');
      expect(errors).toMatchObject([{ code: 'LML_ERR_HTTP2_HEADERS_TOO_LARGE' }]);
    }
  });

  it('accepts no tunnel by a head that is not taken', async () => {
    const upgrade = HttpResponse.upgrade(
      { headers: { x: 'x'.repeat(300) } },
      serviceFn(() => {}),
    );
    const service = serviceFn(async (_request: HttpRequest) => upgrade);
    const peer = await RawPeer.open(service, { greeting: [PREFACE, takes(300), SETTINGS_ACK] });
    await peer.send(headers(1, [':method', 'CONNECT', ':authority', 'a.test:1']));
    expect((await peer.takeFrames())[0]).toMatch(/^HEADERS 1 :status=500 /);
    await peer.close();
  });

  it('leaves interim responses out that are not taken', async () => {
    const service = serviceFn(async (request: HttpRequest) => {
      for (const length of [1, 300]) {
        request.onInformational?.({ status: 103, reason: '', headers: HttpHeaders.from({ link: 'x'.repeat(length) }) });
      }
      return HttpResponse.from({ status: 204 });
    });
    const peer = await RawPeer.open(service, { greeting: [PREFACE, takes(300), SETTINGS_ACK] });
    await peer.send(headers(1, GET, { end: true }));
    expect((await peer.takeFrames()).map((line) => line.slice(0, 30))).toEqual([
      'HEADERS 1 :status=103 link=x',
      expect.stringMatching(/^HEADERS 1 :status=204 /),
    ]);
    expect(peer.errors).toEqual([]);
    await peer.close();
  });
});
