import { gzipSync } from 'node:zlib';
import { corsLayer, HttpBody, HttpRequest, HttpResponse } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { UsageError } from '@lamella/service-core';
import type { LayerSubject, TestInput } from '@lamella/service-core/testing';
import { layerCases, testInput } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeEndFrame } from '../src/codec/end-frame-scanner.ts';
import { encodeMessageFrame } from '../src/codec/message-frame.ts';
import type { GrpcServiceOptions } from '../src/index.ts';
import {
  connectClientLayer,
  connectLayer,
  grpcClient,
  grpcService,
  grpcWebClientLayer,
  grpcWebCors,
  grpcWebLayer,
  implementService,
} from '../src/index.ts';
import { all, echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';

checkLedger({ beforeEach, afterEach });

/** `{ value: 'a' }` as protobuf. */
const A = new Uint8Array([0x0a, 1, 0x61]);
const FRAME = encodeMessageFrame(A, false);
const OK = encodeEndFrame(Buffer.from('grpc-status: 0\r\n'), 0x80);

describe('gRPC-Web, served', () => {
  const text = { 'content-type': 'application/grpc-web-text+proto' };
  const binary = { 'content-type': 'application/grpc-web+proto' };

  it('puts the trailers into a frame, with a length that is known', async () => {
    const response = await ask(binary, FRAME);
    expect(response.headers.get('content-type')).toBe('application/grpc-web+proto');
    expect(response.body.size).toBeGreaterThan(0);
    expect(await webEnd(response)).toContain('grpc-status: 0\r\n');
  });

  it('takes text in any pieces, and answers as Accept says', async () => {
    const encoded = FRAME.subarray(0, 5);
    const pieces = [Buffer.from(encoded).toString('base64'), Buffer.from(FRAME.subarray(5)).toString('base64')].join(
      '',
    );
    const response = await ask(text, HttpBody.from(Array.from(pieces)));
    expect(response.headers.get('content-type')).toBe('application/grpc-web-text+proto');
    expect(Buffer.from(await response.body.text(), 'base64').length).toBeGreaterThan(0);
    const other = await ask({ ...text, accept: 'application/grpc-web+proto' }, Buffer.from(FRAME).toString('base64'));
    expect(await webEnd(other)).toContain('grpc-status: 0');
  });

  it.each<[string, Record<string, string>, Uint8Array | string, string]>([
    ['bad Base64', text, '****', '13'],
    ['Base64 that ends too early', text, Buffer.from(FRAME).toString('base64').slice(0, -1), '13'],
    ['Base64 of nothing but padding', text, '====', '13'],
    ['a huge length', binary, new Uint8Array([0, 255, 255, 255, 255]), '8'],
    ['a length of 0 and more behind it', binary, Buffer.concat([new Uint8Array(5), FRAME]), '12'],
    ['trailers of a client', binary, Buffer.concat([FRAME, OK]), '13'],
    ['an unknown compression', { ...binary, 'grpc-encoding': 'snappy' }, FRAME, '12'],
    ['an unknown format', { 'content-type': 'application/grpc-web+xml' }, FRAME, '12'],
    ['an absurd timeout', { ...binary, 'grpc-timeout': '9999999999S' }, FRAME, '13'],
    ['no message', binary, '', '12'],
  ])('ends a call with %s by a status', async (_, headers, body, status) => {
    const response = await ask({ accept: 'application/grpc-web', ...headers }, body);
    expect(response.status).toBe(200);
    expect(await webEnd(response)).toContain(`grpc-status: ${status}\r\n`);
  });

  it('leaves what is no gRPC-Web to the inner service, and its pages as they are', async () => {
    const inner = { serve: async () => HttpResponse.text('page', { status: 503 }) };
    const service = grpcWebLayer()(inner);
    const response = await service.serve(HttpRequest.from({ method: 'POST', target: '/', headers: binary }));
    expect([response.status, await response.body.text()]).toEqual([503, 'page']);
  });
});

describe('Connect, served', () => {
  const proto = { 'content-type': 'application/proto' };
  const json = { 'content-type': 'application/json' };
  const stream = { 'content-type': 'application/connect+json' };

  it('answers with the message alone', async () => {
    const response = await ask(json, '"a"');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.body.text()).toBe('"a"');
    const gzipped = await ask(
      { ...proto, 'content-encoding': 'gzip', 'accept-encoding': 'gzip' },
      gzipSync(A),
      undefined,
      {
        encoding: 'gzip',
        compressFromBytes: 0,
      },
    );
    expect(gzipped.headers.get('content-encoding')).toBe('gzip');
  });

  it.each<[string, Record<string, string>, Uint8Array | string, number, string]>([
    ['no JSON', json, '{', 400, 'invalid_argument'],
    ['another message', json, '7', 400, 'invalid_argument'],
    ['a JSON bomb', json, '['.repeat(100_000) + ']'.repeat(100_000), 400, 'invalid_argument'],
    ['no protobuf', proto, new Uint8Array([0x0a, 9]), 500, 'internal'],
    ['an unknown compression', { ...proto, 'content-encoding': 'snappy' }, A, 501, 'unimplemented'],
    ['no gzip', { ...proto, 'content-encoding': 'gzip' }, A, 500, 'internal'],
    [
      'a bomb of gzip',
      { ...proto, 'content-encoding': 'gzip' },
      gzipSync(new Uint8Array(2_000_000)),
      429,
      'resource_exhausted',
    ],
    ['a message that is too long', proto, new Uint8Array(1_000_001), 429, 'resource_exhausted'],
    ['a timeout that is none', { ...proto, 'connect-timeout-ms': '1e9' }, A, 400, 'invalid_argument'],
    ['a timeout of eleven digits', { ...proto, 'connect-timeout-ms': '10000000000' }, A, 400, 'invalid_argument'],
    ['a negative timeout', { ...proto, 'connect-timeout-ms': '-1' }, A, 400, 'invalid_argument'],
    ['no time', { ...proto, 'connect-timeout-ms': '0' }, A, 504, 'deadline_exceeded'],
    ['another version', { ...proto, 'connect-protocol-version': '2' }, A, 400, 'invalid_argument'],
  ])('says what is wrong with %s', async (_, headers, body, status, code) => {
    const response = await ask(headers, body, undefined, { maxMessageBytes: 1_000_000 });
    expect([response.status, await codeOf(response)]).toEqual([status, code]);
  });

  it('takes a message as long as is allowed, and absurd but well-formed timeouts', async () => {
    const body = Buffer.concat([new Uint8Array([0x0a, 0x80, 0x08]), Buffer.alloc(1_024, 'x')]);
    const options = { maxMessageBytes: body.length };
    const headers = { ...proto, 'connect-timeout-ms': '9999999999', 'connect-protocol-version': '1' };
    expect((await ask(headers, body, undefined, options)).status).toBe(200);
    expect((await ask(headers, body, undefined, { maxMessageBytes: body.length - 1 })).status).toBe(429);
  });

  it.each<[string, Record<string, string>, string, number]>([
    ['a method that does not exist', json, '/test.v1.Echo/None', 501],
    ['frames for one message', stream, '/test.v1.Echo/Echo', 415],
    ['one message for a stream', json, '/test.v1.Echo/Split', 415],
    ['a type that is none', { 'content-type': 'text/html' }, '/test.v1.Echo/Echo', 415],
    ['a type alike', { 'content-type': 'application/connect+' }, '/test.v1.Echo/Echo', 415],
  ])('answers %s by an HTTP status', async (_, headers, path, status) => {
    expect((await ask(headers, '"a"', path)).status).toBe(status);
  });

  it.each<[string, Uint8Array, string]>([
    ['a huge length', new Uint8Array([0, 255, 255, 255, 255]), 'resource_exhausted'],
    ['an end of a client', encodeEndFrame(Buffer.from('{}'), 2), 'internal'],
    ['half a frame', FRAME.subarray(0, 3), 'internal'],
    ['a frame that says it is compressed', encodeMessageFrame(Buffer.from('"a"'), true), 'internal'],
    ['no JSON', encodeMessageFrame(Buffer.from('{'), false), 'invalid_argument'],
  ])('ends a stream with %s by its last frame', async (_, body, code) => {
    const response = await ask(stream, body, '/test.v1.Echo/Join');
    expect(response.status).toBe(200);
    const bytes = Buffer.from(await response.body.bytes());
    expect(bytes[0]).toBe(2);
    expect(JSON.parse(bytes.subarray(5).toString()).error.code).toBe(code);
  });

  it('takes GET only where nothing changes, and no bad Base64', async () => {
    const get = (service: { serve(request: HttpRequest): Promise<HttpResponse> }, query: string) =>
      service.serve(HttpRequest.from({ target: `/test.v1.Echo/Echo?${query}` }));
    expect((await get(serve(), 'encoding=json&message=%22a%22')).status).toBe(405);
    const safe = connectLayer({ isSafe: (path) => path.endsWith('/Echo') })(serve());
    expect(await (await get(safe, 'encoding=json&message=%22a%22&connect=v1')).body.text()).toBe('"a"');
    for (const query of ['message=***&base64=1', 'message=%zz', 'message=a&connect=v9']) {
      expect((await get(safe, `encoding=json&${query}`)).status).toBe(400);
    }
    expect((await get(safe, 'encoding=json&message=a&compression=snappy')).status).toBe(501);
    expect((await get(safe, 'encoding=xml&message=a')).status).toBe(501);
    // What no field may hold must not reach one.
    expect((await get(safe, 'encoding=json&message=a&compression=a%0d%0ab')).status).toBe(400);
    for (const encoding of ['a%0d%0ab', '%C3%A9', '']) {
      expect((await get(safe, `encoding=${encoding}&message=a`)).status).toBe(415);
    }
  });

  it('answers protocols that are switched off by 415, and names the others', async () => {
    for (const [protocol, headers] of [
      ['connect', json],
      ['grpc-web', { 'content-type': 'application/grpc-web' }],
      ['grpc', { 'content-type': 'application/grpc' }],
    ] as const) {
      const protocols = (['grpc', 'grpc-web', 'connect'] as const).filter((each) => each !== protocol);
      const response = await ask(headers, '"a"', undefined, { protocols });
      expect([protocol, response.status]).toEqual([protocol, 415]);
      expect(response.headers.get('accept-post')).not.toContain(`${headers['content-type']},`);
    }
    expect(() => grpcService([], { protocols: ['soap' as never] })).toThrow(UsageError);
    expect(() => grpcService([], { protocols: [] })).toThrow(UsageError);
    expect(() => connectLayer({ maxMessageBytes: -1 })).toThrow(UsageError);
  });
});

describe('gRPC-Web, called', () => {
  const head = { 'content-type': 'application/grpc-web+proto' };
  const trailers = (content: string, flag = 0x80): Uint8Array => encodeEndFrame(Buffer.from(content), flag);

  it.each<[string, Uint8Array, string]>([
    ['trailers twice', Buffer.concat([FRAME, OK, OK]), 'INTERNAL'],
    ['trailers in the middle', Buffer.concat([OK, FRAME]), 'INTERNAL'],
    ['trailers that are too long', Buffer.concat([FRAME, trailers('x'.repeat(16_385))]), 'RESOURCE_EXHAUSTED'],
    ['trailers that are compressed', Buffer.concat([FRAME, trailers('grpc-status: 0', 0x81)]), 'INTERNAL'],
    ['trailers that are cut off', Buffer.concat([FRAME, OK.subarray(0, 9)]), 'UNKNOWN'],
    ['no trailers', FRAME, 'UNKNOWN'],
    ['a line that is no field', Buffer.concat([FRAME, trailers('grpc-status: 0\r\nnonsense\r\n')]), 'INTERNAL'],
    ['a status twice', Buffer.concat([FRAME, trailers('grpc-status: 0\r\ngrpc-status: 0\r\n')]), 'UNKNOWN'],
    ['a huge length', new Uint8Array([0, 255, 255, 255, 255]), 'RESOURCE_EXHAUSTED'],
  ])('ends with a status where a server sends %s', async (_, body, statusName) => {
    const client = grpcClient(grpcWebClientLayer()(answering(head, body)), EchoService);
    await expect(client.echo({})).rejects.toMatchObject({ statusName });
    await expect(all(client.split({}))).rejects.toMatchObject({ statusName });
  });

  it('takes trailers as long as is allowed, in any case and with bare line feeds', async () => {
    const content = `GRPC-Status:0\nx-a: ${'x'.repeat(100)}`;
    const body = Buffer.concat([FRAME, trailers(content)]);
    const layer = grpcWebClientLayer({ maxTrailerBytes: content.length });
    expect((await grpcClient(layer(answering(head, body)), EchoService).echo({})).value).toBe('a');
    const strict = grpcWebClientLayer({ maxTrailerBytes: content.length - 1 });
    const failing = grpcClient(strict(answering(head, body)), EchoService).echo({});
    await expect(failing).rejects.toMatchObject({ statusName: 'RESOURCE_EXHAUSTED' });
    expect(() => grpcWebClientLayer({ maxTrailerBytes: -1 })).toThrow(UsageError);
  });

  it('does not take text that is none', async () => {
    const service = answering({ 'content-type': 'application/grpc-web-text+proto' }, Buffer.from('***='));
    const client = grpcClient(grpcWebClientLayer({ isText: true })(service), EchoService);
    await expect(client.echo({})).rejects.toMatchObject({ statusName: 'INTERNAL' });
  });
});

describe('Connect, called', () => {
  const layer = connectClientLayer(EchoService, { maxEndBytes: 100, maxMessageBytes: 100 });
  const stream = { 'content-type': 'application/connect+proto' };
  const end = (content: string, flag = 2): Uint8Array => encodeEndFrame(Buffer.from(content), flag);

  it.each<[string, Record<string, string>, Uint8Array | string, number, string]>([
    ['an error', { 'content-type': 'application/json' }, '{"code":"aborted"}', 409, 'ABORTED'],
    ['an error of no code', { 'content-type': 'application/json' }, '{}', 503, 'UNAVAILABLE'],
    ['an error that is no JSON', { 'content-type': 'application/json' }, '{', 404, 'UNIMPLEMENTED'],
    [
      'an error that is too long',
      { 'content-type': 'application/json' },
      `"${'x'.repeat(100)}"`,
      500,
      'RESOURCE_EXHAUSTED',
    ],
    ['a page', { 'content-type': 'text/html' }, 'sorry', 502, 'UNAVAILABLE'],
    ['a page that says it is fine', { 'content-type': 'text/html' }, 'sorry', 200, 'UNKNOWN'],
    ['another format', { 'content-type': 'application/json' }, '"a"', 200, 'INTERNAL'],
    [
      'a message that is too long',
      { 'content-type': 'application/proto' },
      new Uint8Array(101),
      200,
      'RESOURCE_EXHAUSTED',
    ],
    ['no protobuf', { 'content-type': 'application/proto' }, new Uint8Array([0x0a, 9]), 200, 'INTERNAL'],
    ['an unknown compression', { 'content-type': 'application/proto', 'content-encoding': 'br' }, A, 200, 'INTERNAL'],
    ['no gzip', { 'content-type': 'application/proto', 'content-encoding': 'gzip' }, A, 200, 'INTERNAL'],
  ])('ends with a status where a server sends %s', async (_, headers, body, status, statusName) => {
    const client = grpcClient(layer(answering(headers, body, status)), EchoService);
    await expect(client.echo({})).rejects.toMatchObject({ statusName });
  });

  it.each<[string, Uint8Array, string]>([
    ['no end', FRAME, 'UNKNOWN'],
    ['two ends', Buffer.concat([FRAME, end('{}'), end('{}')]), 'INTERNAL'],
    ['an end in the middle', Buffer.concat([end('{}'), FRAME]), 'INTERNAL'],
    ['an end that is too long', Buffer.concat([FRAME, end(`"${'x'.repeat(100)}"`)]), 'RESOURCE_EXHAUSTED'],
    ['an end that is no JSON', Buffer.concat([FRAME, end('{')]), 'INTERNAL'],
    ['an end that says it is compressed', Buffer.concat([FRAME, end('{}', 3)]), 'INTERNAL'],
    ['an error', Buffer.concat([FRAME, end('{"error":{"code":"data_loss"}}')]), 'DATA_LOSS'],
    ['a huge length', new Uint8Array([0, 255, 255, 255, 255]), 'RESOURCE_EXHAUSTED'],
  ])('ends a stream with a status where a server sends %s', async (_, body, statusName) => {
    const client = grpcClient(layer(answering(stream, body)), EchoService);
    await expect(all(client.split({}))).rejects.toMatchObject({ statusName });
  });

  it('takes an end that is compressed, but no bomb', async () => {
    const headers = { ...stream, 'connect-content-encoding': 'gzip' };
    const ended = (content: string) => Buffer.concat([FRAME, encodeEndFrame(gzipSync(content), 3)]);
    expect(await all(grpcClient(layer(answering(headers, ended('{}'))), EchoService).split({}))).toEqual(['a']);
    const bomb = grpcClient(layer(answering(headers, ended(' '.repeat(50_000)))), EchoService);
    await expect(all(bomb.split({}))).rejects.toMatchObject({ statusName: 'RESOURCE_EXHAUSTED' });
  });

  it('lets no metadata say how the content is compressed, or how long the call may take', async () => {
    const handlers = echoHandlers({ calls: [], errors: [], log: [] });
    const service = grpcService([
      implementService(EchoService, {
        ...handlers,
        echo(message, { answer }) {
          answer.metadata.set('content-encoding', 'gzip');
          return message;
        },
      }),
    ]);
    const metadata = { 'content-encoding': 'gzip', 'connect-timeout-ms': 'soon', 'connect-content-encoding': 'gzip' };
    const client = grpcClient(connectClientLayer(EchoService)(service), EchoService);
    expect((await client.echo({ value: 'a' }, { metadata })).value).toBe('a');
    expect(await all(client.split({ value: 'a' }, { metadata }))).toEqual(['a']);
  });

  it('refuses options out of their range, and messages that are too long to be sent', async () => {
    for (const options of [{ maxEndBytes: -1 }, { maxMessageBytes: 1.5 }, { maxGetTargetLength: -1 }]) {
      expect(() => connectClientLayer(EchoService, options)).toThrow(UsageError);
    }
    const client = grpcClient(layer(serve()), EchoService);
    expect((await client.echo({ value: 'x'.repeat(98) })).value.length).toBe(98);
    await expect(client.echo({ value: 'x'.repeat(99) })).rejects.toMatchObject({ statusName: 'RESOURCE_EXHAUSTED' });
  });
});

describe('CORS', () => {
  it('lets scripts of other origins do what both protocols need', async () => {
    const service = corsLayer({ origins: ['https://app.test'], ...grpcWebCors })(serve());
    const headers = {
      origin: 'https://app.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers':
        'content-type,x-grpc-web,grpc-timeout,connect-protocol-version,connect-timeout-ms',
    };
    const preflight = await service.serve(
      HttpRequest.from({ method: 'OPTIONS', target: '/test.v1.Echo/Echo', headers }),
    );
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.test');
    const allowed = preflight.headers.get('access-control-allow-headers')?.toLowerCase() ?? '';
    for (const name of headers['access-control-request-headers'].split(',')) expect(allowed).toContain(name);
  });
});

describe.each([
  ['grpcWebLayer', grpcWebLayer()],
  ['connectLayer', connectLayer()],
  ['grpcWebClientLayer', grpcWebClientLayer()],
  ['connectClientLayer', connectClientLayer(EchoService)],
])('%s, where it has nothing to do', (_, layer) => {
  const subject: LayerSubject = (inner) => {
    const service = layer({
      async serve(request) {
        const value = await request.body.text();
        return HttpResponse.text(await inner.serve(testInput(value).fork(request)));
      },
    });
    const requestOf = ({ value, scope, extensions }: TestInput<string>) =>
      HttpRequest.from({ method: 'POST', target: '/', body: value }).fork({ scope, extensions });
    return { serve: async (input) => (await service.serve(requestOf(input))).body.text() };
  };

  it.each(layerCases)('$name', ({ run }) => run(subject));
});

function serve(options: GrpcServiceOptions = {}) {
  const handlers = echoHandlers({ calls: [], errors: [], log: [] });
  return grpcService([implementService(EchoService, handlers)], { onError() {}, ...options });
}

function ask(
  headers: Record<string, string>,
  body: Uint8Array | string | HttpBody,
  path = '/test.v1.Echo/Echo',
  options: GrpcServiceOptions = {},
): Promise<HttpResponse> {
  return serve(options).serve(HttpRequest.from({ method: 'POST', target: path, headers, body }));
}

function answering(headers: Record<string, string>, body: Uint8Array | string, status = 200) {
  return {
    async serve(request: HttpRequest) {
      request.body.cancel();
      return HttpResponse.from({ status, headers, body });
    },
  };
}

/** What the frame with the trailers of a binary response says. */
async function webEnd(response: HttpResponse): Promise<string> {
  const bytes = Buffer.from(await response.body.bytes());
  const at = bytes.lastIndexOf(Buffer.from([0x80, 0, 0, 0]));
  return bytes.subarray(at + 5).toString();
}

async function codeOf(response: HttpResponse): Promise<unknown> {
  // Only asked of errors, which are objects.
  return ((await response.body.json()) as { readonly code?: unknown }).code;
}
