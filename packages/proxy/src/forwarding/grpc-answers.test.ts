import type { BodySource } from '@lamella/http';
import {
  Http1ProtocolError,
  HttpBody,
  HttpConnectionError,
  HttpHeaders,
  HttpResponse,
  HttpStreamResetError,
} from '@lamella/http';
import type { ProtocolError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { GatewayFailure } from './gateway-error.ts';
import { endedCallBody, resetCallResponse } from './grpc-answers.ts';
import { MadeByProxy } from './made-by-proxy.ts';

describe('the answer to a call whose stream was reset', () => {
  it.each([
    ['NO_ERROR', '13'],
    ['INTERNAL_ERROR', '13'],
    ['REFUSED_STREAM', '14'],
    ['CANCEL', '1'],
    ['ENHANCE_YOUR_CALM', '8'],
    ['INADEQUATE_SECURITY', '7'],
    ['STREAM_CLOSED', '2'],
    ['0x2a', '2'],
  ])('is for %s the status %s, in the format of the request', (resetCode, status) => {
    const error = resetBy('remote', resetCode);
    const response = resetCallResponse(error, typed('Application/gRPC+json; charset=utf-8'), 'me');
    expect(response?.status).toBe(200);
    expect([...(response?.headers ?? [])]).toEqual([
      ['content-type', 'Application/gRPC+json'],
      ['grpc-status', status],
      ['grpc-message', `the server reset the stream with ${resetCode}`],
      ['Proxy-Status', 'me; error=connection_terminated'],
    ]);
    expect(response?.extensions.get(GatewayFailure)).toBe(error);
    expect(response?.extensions.get(MadeByProxy)).toBe(true);
  });

  it('is the same for what HTTP/2 forbids, if that ends the stream alone', () => {
    const error = brokenRule('stream', 'ENHANCE_YOUR_CALM');
    const response = resetCallResponse(error, typed('application/grpc'), 'me');
    expect([...(response?.headers ?? [])]).toEqual([
      ['content-type', 'application/grpc'],
      ['grpc-status', '8'],
      ['grpc-message', 'the server broke a rule of HTTP/2'],
      ['Proxy-Status', 'me; error=http_protocol_error'],
    ]);
    expect(
      resetCallResponse(brokenRule('connection', 'PROTOCOL_ERROR'), typed('application/grpc'), 'me'),
    ).toBeUndefined();
  });

  it.each<[string, unknown, string | undefined]>([
    ['a request of gRPC-Web', resetBy('remote'), 'application/grpc-web+proto'],
    ['another request', resetBy('remote'), 'application/json'],
    ['a request without a type', resetBy('remote'), undefined],
    ['a stream that this side has reset', resetBy('local'), 'application/grpc'],
    ['a connection that ended', ended(), 'application/grpc'],
  ])('is none for %s', (_, error, type) => {
    expect(resetCallResponse(error, typed(type), 'me')).toBeUndefined();
  });
});

describe('the body of a call', () => {
  it.each<[string, unknown, string]>([
    ['the connection ends', ended(), '14'],
    ['the stream is reset', resetBy('remote', 'CANCEL'), '1'],
    ['what comes is forbidden', brokenRule('stream', 'PROTOCOL_ERROR'), '13'],
    ['the connection ends by what is forbidden', brokenRule('connection', 'PROTOCOL_ERROR'), '14'],
  ])('ends with a status when %s', async (_, error, status) => {
    const response = failing(error);
    const body = endedCallBody(response.body, response, CALL);
    expect(await body.text()).toBe('ab');
    expect(body.trailers?.get('grpc-status')).toBe(status);
    expect(response.extensions.get(GatewayFailure)).toBe(error);
  });

  it('fails where the failure is none of the way', async () => {
    const error = new TypeError('undefined is no function');
    const response = failing(error);
    await expect(endedCallBody(response.body, response, CALL).text()).rejects.toBe(error);
  });

  it('ends with its own trailers when nothing happens', async () => {
    const trailers = HttpHeaders.from({ 'grpc-status': '5' });
    const body = HttpBody.fromSource({ ...sourceOf(), trailers });
    const response = HttpResponse.from({ headers: { 'content-type': 'application/grpc' }, body });
    const ending = endedCallBody(response.body, response, CALL);
    expect(await ending.text()).toBe('ab');
    expect(ending.trailers?.get('grpc-status')).toBe('5');
  });

  it.each([
    ['of another type', HttpResponse.from({ headers: { 'content-type': 'text/plain' }, body: streamed() })],
    ['that is at hand', HttpResponse.from({ headers: { 'content-type': 'application/grpc' }, body: 'ab' })],
  ])('is left alone if it is one %s', (_, response) => {
    expect(endedCallBody(response.body, response, CALL)).toBe(response.body);
    response.body.cancel();
  });

  it('fails where nobody has made a call, whatever the response says: it would seem whole', async () => {
    const error = ended();
    for (const request of [typed(undefined), typed('application/json'), typed('application/grpc-web')]) {
      const response = failing(error);
      await expect(endedCallBody(response.body, response, request).text()).rejects.toBe(error);
    }
  });
});

const CALL = typed('application/grpc');

function typed(type: string | undefined): HttpHeaders {
  return HttpHeaders.from(type === undefined ? {} : { 'content-type': type });
}

function resetBy(origin: 'remote' | 'local', resetCode = 'CANCEL'): HttpStreamResetError {
  return new HttpStreamResetError('the stream was reset', { resetCode, origin, processed: 'unknown' });
}

/** As errors of HTTP/2 are. */
function brokenRule(scope: string, errorCode: string): ProtocolError {
  return Object.assign(new Http1ProtocolError('LML_ERR_HTTP1_BAD_SWITCH', 'broken', { origin: 'remote' }), {
    scope,
    errorCode,
  });
}

function ended(): HttpConnectionError {
  return new HttpConnectionError('LML_ERR_HTTP_RESPONSE_INCOMPLETE', 'ended', { processed: 'unknown' });
}

function failing(error: unknown): HttpResponse {
  return HttpResponse.from({ headers: { 'content-type': 'application/grpc+proto' }, body: streamed(error) });
}

function streamed(error?: unknown): HttpBody {
  return HttpBody.fromSource(sourceOf(error));
}

function sourceOf(error?: unknown): BodySource {
  const chunks = ['a', 'b'];
  return {
    async read() {
      const chunk = chunks.shift();
      if (chunk === undefined && error !== undefined) throw error;
      return chunk === undefined ? undefined : Buffer.from(chunk);
    },
    cancel() {},
  };
}
