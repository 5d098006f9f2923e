import { HttpBody, HttpHeaders, HttpRequest, HttpResponse, HttpStreamResetError } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { ClosedError, LimitError, serviceFn, TimeoutError, UsageError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeMessageFrame } from '../src/codec/message-frame.ts';
import type { GrpcClientOptions, GrpcServiceOptions } from '../src/index.ts';
import { grpcClient, grpcService, implementService } from '../src/index.ts';
import { compressMessage } from '../src/messages/message-compression.ts';
import { all, eachKind, echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';
import { frames } from './support/stages.ts';

/** `{ value: 'a' }` as protobuf. */
const A = new Uint8Array([0x0a, 1, 0x61]);
const FRAME = encodeMessageFrame(A, false);
const OK = { 'grpc-status': '0' };
const GRPC = { 'content-type': 'application/grpc' };

describe('a server', () => {
  checkLedger({ beforeEach, afterEach });

  it.each<[string, Record<string, string>, string, number]>([
    ['no content type', {}, 'POST', 415],
    ['a page', { 'content-type': 'text/html' }, 'POST', 415],
    ['another protocol', { 'content-type': 'application/grpc-fancy+proto' }, 'POST', 415],
    ['gRPC-Web by another method', { 'content-type': 'application/grpc-web+proto' }, 'PUT', 405],
    ['another method', GRPC, 'PUT', 405],
  ])('answers %s with its HTTP status', async (_, headers, method, status) => {
    const { answer } = serve();
    const response = await answer(headers, FRAME, '/test.v1.Echo/Echo', method);
    expect([response.status, response.headers.has('grpc-status')]).toEqual([status, false]);
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['an unknown service', '/nobody.Here/Echo', {}, 'UNIMPLEMENTED'],
    ['an unknown method', '/test.v1.Echo/Nothing', {}, 'UNIMPLEMENTED'],
    ['a method in other letters', '/test.v1.echo/echo', {}, 'UNIMPLEMENTED'],
    ['no path', '/', {}, 'UNIMPLEMENTED'],
    ['another format', '/test.v1.Echo/Echo', { 'content-type': 'application/grpc+xml' }, 'UNIMPLEMENTED'],
    ['JSON that is none', '/test.v1.Echo/Echo', { 'content-type': 'application/grpc+json' }, 'INVALID_ARGUMENT'],
    ['another encoding', '/test.v1.Echo/Echo', { 'grpc-encoding': 'snappy' }, 'UNIMPLEMENTED'],
    ['a malformed timeout', '/test.v1.Echo/Echo', { 'grpc-timeout': 'soon' }, 'INTERNAL'],
    ['a timeout of 0', '/test.v1.Echo/Echo', { 'grpc-timeout': '0m' }, 'DEADLINE_EXCEEDED'],
    ['huge metadata', '/test.v1.Echo/Echo', { 'x-huge': 'x'.repeat(20_000) }, 'RESOURCE_EXHAUSTED'],
  ])('ends a call with %s', async (_, path, headers, name) => {
    const { answer, calls } = serve();
    const response = await answer({ ...GRPC, ...headers }, FRAME, path);
    expect([response.status, response.headers.get('grpc-status')]).toEqual([200, String(CODES[name])]);
    expect(response.headers.get('grpc-accept-encoding')).toBe('identity,gzip,deflate');
    expect(calls).toEqual([]);
  });

  it('takes absurd but well-formed deadlines and malformed metadata', async () => {
    const { answer, calls } = serve();
    const headers = { ...GRPC, 'grpc-timeout': '99999999H', 'a-bin': '***', 'x-odd': '\u00e9', 'b-bin': 'AQ==' };
    const response = await answer(headers, FRAME);
    await response.body.bytes();
    expect(response.body.trailers?.get('grpc-status')).toBe('0');
    expect([...(calls[0]?.metadata ?? [])].map(([key]) => key)).toEqual(['b-bin']);
  });

  const whole = Buffer.concat([FRAME, FRAME]);
  it.each<[string, Uint8Array, string]>([
    ['no message', new Uint8Array(0), 'UNIMPLEMENTED'],
    ['two messages', whole, 'UNIMPLEMENTED'],
    ['half a prefix', FRAME.subarray(0, 3), 'INTERNAL'],
    ['half a message', FRAME.subarray(0, -1), 'INTERNAL'],
    ['a message and half a one', whole.subarray(0, -1), 'INTERNAL'],
    ['a flag of 2', new Uint8Array([2, 0, 0, 0, 0]), 'INTERNAL'],
    ['a compressed message without an encoding', encodeMessageFrame(A, true), 'INTERNAL'],
    ['a message that is no protobuf', encodeMessageFrame(new Uint8Array([0xff]), false), 'INTERNAL'],
    ['a message of 4 GiB', new Uint8Array([0, 0xff, 0xff, 0xff, 0xff]), 'RESOURCE_EXHAUSTED'],
  ])('ends a call of %s', async (_, bytes, name) => {
    const { answer, calls, errors } = serve();
    const response = await answer(GRPC, bytes);
    expect(response.headers.get('grpc-status')).toBe(String(CODES[name]));
    expect([calls, errors]).toEqual([[], []]);
  });

  it.each(['gzip', 'deflate'] as const)('stops a bomb in %s at the limit', async (encoding) => {
    const bomb = encodeMessageFrame(await compressMessage(Buffer.alloc(20_000_000), encoding), true);
    const { answer, calls } = serve();
    const response = await answer({ ...GRPC, 'grpc-encoding': encoding }, bomb);
    expect(bomb.length).toBeLessThan(30_000);
    expect(response.headers.get('grpc-status')).toBe(String(CODES['RESOURCE_EXHAUSTED']));
    expect(calls).toEqual([]);
  });

  it('takes a message that comes byte by byte', async () => {
    const { answer } = serve();
    const response = await answer(GRPC, HttpBody.from(Array.from(FRAME, (byte) => new Uint8Array([byte]))));
    expect(Buffer.from(await response.body.bytes())).toEqual(FRAME);
  });

  it.each([0, 1, 2, 3])('lets go of everything when a client vanishes in a call of kind %i', async (kind) => {
    const log: string[] = [];
    const { service } = serve({}, log);
    const open = frames.open(service);
    const client = grpcClient(open.service, EchoService, { url: 'http://app.test' });
    const begin = [
      () => client.echo({ value: 'hang' }),
      () => all(client.split({ value: 'hang' })),
      () => client.join([{ value: 'hang' }]),
      () => all(client.chat([{ value: 'hang' }])),
    ][kind];
    const failure = expect(begin?.()).rejects.toMatchObject({ statusName: 'UNAVAILABLE' });
    await settle(8);
    expect(log).toEqual(['begun']);
    open.vanish();
    await failure;
    await settle(8);
    expect(log).toEqual(['begun', 'aborted']);
    await open.close();
  });
});

describe('a client', () => {
  it.each<[string, number, Record<string, string>, string]>([
    ['a gateway that is down', 503, { 'content-type': 'text/html' }, 'UNAVAILABLE'],
    ['no such page', 404, {}, 'UNIMPLEMENTED'],
    ['a login page', 200, { 'content-type': 'text/html' }, 'UNKNOWN'],
    ['another format', 200, { 'content-type': 'application/grpc+json' }, 'INTERNAL'],
    ['another encoding', 200, { ...GRPC, 'grpc-encoding': 'snappy' }, 'INTERNAL'],
    ['a status in spite of HTTP 503', 503, { ...GRPC, 'grpc-status': '5', 'grpc-message': 'no%20' }, 'NOT_FOUND'],
    ['a status without a content type', 200, { 'grpc-status': '16' }, 'UNAUTHENTICATED'],
    ['a status that is no number', 200, { ...GRPC, 'grpc-status': 'OK' }, 'UNKNOWN'],
    ['a status beyond those known', 200, { ...GRPC, 'grpc-status': '99' }, 'CODE_99'],
    ['OK without a message', 200, { ...GRPC, ...OK }, 'UNIMPLEMENTED'],
    ['huge metadata', 200, { ...GRPC, 'x-huge': 'x'.repeat(20_000) }, 'RESOURCE_EXHAUSTED'],
  ])('understands %s', async (_, status, headers, name) => {
    const { client } = ask(() => HttpResponse.from({ status, headers, body: HttpBody.from(['']) }));
    await expect(client.echo({})).rejects.toMatchObject({ statusName: name });
  });

  it.each<[string, Uint8Array, Record<string, string> | undefined, string]>([
    ['no trailers', FRAME, undefined, 'UNKNOWN'],
    ['trailers without a status', FRAME, { a: 'b' }, 'UNKNOWN'],
    ['half a message before OK', FRAME.subarray(0, -1), OK, 'INTERNAL'],
    ['half a message before a status', FRAME.subarray(0, -1), { 'grpc-status': '8' }, 'RESOURCE_EXHAUSTED'],
    ['a status behind a message', FRAME, { 'grpc-status': '8', 'grpc-message': '%' }, 'RESOURCE_EXHAUSTED'],
    ['no message', new Uint8Array(0), OK, 'UNIMPLEMENTED'],
    ['two messages', Buffer.concat([FRAME, FRAME]), OK, 'UNIMPLEMENTED'],
    ['a flag of 255', new Uint8Array([255, 0, 0, 0, 0]), OK, 'INTERNAL'],
    ['a message that is no protobuf', encodeMessageFrame(new Uint8Array([0xff]), false), OK, 'INTERNAL'],
  ])('understands %s', async (_, bytes, trailers, name) => {
    const { client } = ask(() => answerOf(bytes, trailers));
    await expect(client.echo({})).rejects.toMatchObject({ statusName: name });
  });

  it('takes no doubled status', async () => {
    const trailers = HttpHeaders.from([
      ['grpc-status', '0'],
      ['grpc-status', '5'],
    ]);
    const { client } = ask(() =>
      HttpResponse.from({ headers: GRPC, body: HttpBody.from(FRAME, { trailers: () => trailers }) }),
    );
    await expect(client.echo({})).rejects.toMatchObject({ statusName: 'UNKNOWN' });
  });

  it('takes a status in spite of malformed details and message', async () => {
    const end = { 'grpc-status': '3', 'grpc-message': 'bad%zz%ff', 'grpc-status-details-bin': '***', 'x-y': 'z' };
    const { client } = ask(() => answerOf(FRAME, end));
    const error: unknown = await client.echo({}).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ statusName: 'INVALID_ARGUMENT', statusMessage: 'bad%zz\ufffd', details: [] });
  });

  it.each([
    ['NO_ERROR', 'INTERNAL'],
    ['INTERNAL_ERROR', 'INTERNAL'],
    ['REFUSED_STREAM', 'UNAVAILABLE'],
    ['CANCEL', 'CANCELLED'],
    ['ENHANCE_YOUR_CALM', 'RESOURCE_EXHAUSTED'],
    ['INADEQUATE_SECURITY', 'PERMISSION_DENIED'],
    ['0x2a', 'UNKNOWN'],
  ])('understands a reset with %s, before the head and behind a message', async (resetCode, name) => {
    const reset = new HttpStreamResetError('reset', { resetCode, origin: 'remote', processed: 'unknown' });
    const early = ask(() => Promise.reject(reset));
    await expect(early.client.echo({})).rejects.toMatchObject({ statusName: name, cause: reset });
    const late = ask(() => brokenOff(reset));
    const stream = late.client.split({});
    expect((await stream.next()).value?.value).toBe('a');
    await expect(stream.next()).rejects.toMatchObject({ statusName: name, cause: reset });
  });

  it('takes a cancellation that races the deadline for the deadline', async () => {
    const clock = new FakeClock();
    const reset = new HttpStreamResetError('reset', { resetCode: 'CANCEL', origin: 'remote', processed: 'unknown' });
    let now = 0;
    const racing = { ...clock, nowMs: () => now };
    const { client } = ask(
      () => {
        now = 100;
        throw reset;
      },
      { clock: racing },
    );
    await expect(client.echo({}, { timeoutMs: 100 })).rejects.toMatchObject({ statusName: 'DEADLINE_EXCEEDED' });
  });

  it.each<[string, Error, string]>([
    ['a connection that ended', new ClosedError('gone'), 'UNAVAILABLE'],
    ['a time limit on the way', new TimeoutError({ limit: 'connectTimeoutMs', timeoutMs: 5 }), 'UNAVAILABLE'],
    ['a limit of our own', new LimitError({ limit: 'maxQueue', maximum: 1, observed: 2 }), 'RESOURCE_EXHAUSTED'],
    ['anything else', new Error('odd'), 'UNKNOWN'],
  ])('understands %s', async (_, cause, name) => {
    const { client } = ask(() => Promise.reject(cause));
    await expect(client.echo({})).rejects.toMatchObject({ statusName: name, cause });
  });

  it.each([0, 1, 2, 3])('gives up what a service answers after a call of kind %i is over', async (kind) => {
    let answer: (response: HttpResponse) => void = () => {};
    const late = new Promise<HttpResponse>((resolve) => {
      answer = resolve;
    });
    const { client } = ask(() => late);
    const controller = new AbortController();
    const [call] = eachKind(client, { signal: controller.signal }, kind);
    const failure = expect(call).rejects.toMatchObject({ name: 'AbortError' });
    await settle(1);
    controller.abort();
    await failure;
    const { response, cancelled } = endless();
    answer(response);
    await settle(2);
    expect(cancelled).toHaveLength(1);
  });

  it('gives up a stream whose reader has stopped reading, when the deadline passes', async () => {
    const clock = new FakeClock();
    const { response, cancelled } = endless();
    const { client } = ask(() => response, { clock });
    const stream = client.split({}, { timeoutMs: 100 });
    expect((await stream.next()).value?.value).toBe('a');
    clock.advance(100);
    expect(cancelled).toEqual([expect.objectContaining({ statusName: 'DEADLINE_EXCEEDED' })]);
    await expect(stream.next()).rejects.toMatchObject({ statusName: 'DEADLINE_EXCEEDED' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('passes wrong use on as it is', async () => {
    const error = new UsageError('wrong');
    const { client } = ask(() => Promise.reject(error));
    await expect(client.echo({})).rejects.toBe(error);
  });

  it('stops a bomb', async () => {
    const bomb = encodeMessageFrame(await compressMessage(Buffer.alloc(20_000_000), 'gzip'), true);
    const { client } = ask(() => answerOf(bomb, OK, { ...GRPC, 'grpc-encoding': 'gzip' }));
    await expect(client.echo({})).rejects.toMatchObject({ statusName: 'RESOURCE_EXHAUSTED' });
  });

  it('sends what the protocol asks for, the deadline first', async () => {
    const { client, requests } = ask(() => answerOf(FRAME, OK), { url: 'http://app.test/base/', encoding: 'gzip' });
    await client.echo({ value: 'a' }, { timeoutMs: 1_000, metadata: { 'x-y': 'z' } });
    const [request] = requests;
    expect([request?.method, request?.target]).toEqual(['POST', 'http://app.test/base/test.v1.Echo/Echo']);
    const fields = [...(request?.headers ?? [])].map(([name, value]) => `${name}: ${value}`);
    expect(fields[0]).toMatch(/^grpc-timeout: [0-9]+[um]$/);
    expect(fields.slice(1)).toEqual([
      'te: trailers',
      'content-type: application/grpc',
      'grpc-encoding: gzip',
      'grpc-accept-encoding: identity,gzip,deflate',
      'user-agent: grpc-node-lamella/0',
      'x-y: z',
    ]);
  });

  it.each<GrpcClientOptions>([
    { url: 'ftp://a' },
    { url: 'http://a/?b' },
    { url: 'nowhere' },
    { url: 'http://me:secret@a' },
    { defaultTimeoutMs: 0 },
    { maxMessageBytes: -1 },
    { maxMessageBytes: 2 ** 32 },
    { maxMetadataBytes: -1 },
    { compressFromBytes: Number.NaN },
    { encoding: 'br' as never },
    { userAgent: 'a\nb' },
    { credentials: () => ({}) },
  ])('refuses the option %o', (options) => {
    expect(() => grpcClient(serviceFn(answerNobody), EchoService, options)).toThrow(UsageError);
  });

  it('refuses calls that make no sense', async () => {
    const { client, requests } = ask(() => answerOf(FRAME, OK));
    await expect(client.echo({}, { timeoutMs: Number.NaN })).rejects.toThrow(UsageError);
    await expect(client.echo({}, { metadata: { te: 'x' } })).rejects.toThrow(UsageError);
    await expect(client.echo({}, { credentials: () => ({}) })).rejects.toThrow(UsageError);
    await expect(client.join('abc' as never)).rejects.toThrow(UsageError);
    await expect(client.join({} as never)).rejects.toThrow(UsageError);
    expect(requests).toEqual([]);
  });
});

describe('grpcService', () => {
  it('refuses the same path twice, methods without a function, and options out of range', () => {
    const echo = implementService(EchoService, echoHandlers({ calls: [], errors: [], log: [] }));
    expect(() => grpcService([echo, echo])).toThrow(UsageError);
    expect(() => grpcService([echo], { maxMessageBytes: 1.5 })).toThrow(UsageError);
    expect(() => implementService(EchoService, {} as never)).toThrow(UsageError);
  });
});

function serve(options: GrpcServiceOptions = {}, log: string[] = []) {
  const seen = { calls: [], errors: [], log } as Parameters<typeof echoHandlers>[0];
  const echo = echoHandlers(seen);
  const hang = async (scope: { onAbort(listener: () => void): unknown }): Promise<never> => {
    log.push('begun');
    await new Promise<void>((resolve) => scope.onAbort(resolve));
    log.push('aborted');
    throw new Error('over');
  };
  const handlers = {
    ...echo,
    async echo(message: { readonly value: string }, call: Parameters<typeof echo.echo>[1]) {
      return message.value === 'hang' ? hang(call.scope) : echo.echo(message as never, call);
    },
    async *split(message: { readonly value: string }, call: Parameters<typeof echo.echo>[1]) {
      if (message.value === 'hang') await hang(call.scope);
      yield message;
    },
    join: (_: unknown, call: Parameters<typeof echo.echo>[1]) => hang(call.scope),
    async *chat(_: unknown, call: Parameters<typeof echo.echo>[1]) {
      yield await hang(call.scope);
    },
  };
  const onError = (error: unknown): void => void seen.errors.push(error);
  const service = grpcService([implementService(EchoService, handlers)], { onError, ...options });
  const answer = (
    headers: Record<string, string>,
    body: Uint8Array | HttpBody,
    path = '/test.v1.Echo/Echo',
    method = 'POST',
  ): Promise<HttpResponse> =>
    service.serve(HttpRequest.from({ method, target: path, headers: { host: 'app.test', ...headers }, body }));
  return { service, answer, calls: seen.calls, errors: seen.errors };
}

function ask(answer: () => HttpResponse | Promise<HttpResponse>, options: GrpcClientOptions = {}) {
  const requests: HttpRequest[] = [];
  const service: Service<HttpRequest, HttpResponse> = {
    async serve(request) {
      requests.push(request);
      return answer();
    },
  };
  return { client: grpcClient(service, EchoService, { url: 'http://app.test', ...options }), requests };
}

function answerOf(bytes: Uint8Array, trailers?: Record<string, string>, headers: Record<string, string> = GRPC) {
  const end = trailers && HttpHeaders.from(trailers);
  return HttpResponse.from({ headers, body: HttpBody.from([bytes], { trailers: () => end }) });
}

/** One message, and then nothing for ever. */
function endless() {
  const chunks = [FRAME];
  const cancelled: unknown[] = [];
  const body = HttpBody.fromSource({
    read: () => {
      const chunk = chunks.shift();
      return chunk === undefined ? new Promise(() => {}) : Promise.resolve(chunk);
    },
    cancel: (reason) => void cancelled.push(reason),
  });
  return { response: HttpResponse.from({ headers: GRPC, body }), cancelled };
}

function brokenOff(error: Error): HttpResponse {
  const chunks = [FRAME];
  const body = HttpBody.fromSource({
    async read() {
      const chunk = chunks.shift();
      if (chunk === undefined) throw error;
      return chunk;
    },
    cancel() {},
  });
  return HttpResponse.from({ headers: GRPC, body });
}

function answerNobody(): HttpResponse {
  throw new Error('nobody asks');
}

const CODES: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
};
