import { GrpcStatusError, grpcClient, grpcService, grpcWebClientLayer, implementService } from '@lamella/grpc';
import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { autoServerLayer, http2ServerLayer } from '@lamella/http2';
import type { Connection } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProxiedWay } from './support/proxied-ways.ts';
import { direct, openWay, proxiedWays } from './support/proxied-ways.ts';
import type { WordsClient, WordsHandlers } from './support/proxied-words.ts';
import { all, failureOf, hangingHandlers, Words, wordsHandlers } from './support/proxied-words.ts';
import { ResettingOrigin } from './support/resetting-origin.ts';

checkLedger({ beforeEach, afterEach });

/** What PROTOCOL-HTTP2.md of grpc/grpc says of codes, two that it does not know, and what a client resets a stream for itself. */
const RESETS: [code: number | 'broken' | 'endless', statusName: string][] = [
  [0, 'INTERNAL'],
  [1, 'INTERNAL'],
  [2, 'INTERNAL'],
  [3, 'INTERNAL'],
  [5, 'UNKNOWN'],
  [6, 'INTERNAL'],
  [7, 'UNAVAILABLE'],
  [8, 'CANCELLED'],
  [9, 'INTERNAL'],
  [10, 'INTERNAL'],
  [11, 'RESOURCE_EXHAUSTED'],
  [12, 'PERMISSION_DENIED'],
  [42, 'UNKNOWN'],
  ['broken', 'INTERNAL'],
  ['endless', 'RESOURCE_EXHAUSTED'],
];

describe('an origin that resets a stream whose messages have begun', () => {
  it.each(RESETS)('with %s is %s on every way', async (code, statusName) => {
    for (const way of [direct, ...proxiedWays]) {
      const statuses = await on(way, resetting('messages', code), async (client) => {
        const stream = client.split('a');
        const first = await stream.next();
        return [first.value, await statusOf(stream.next())];
      });
      expect(statuses, way.name).toEqual(['a', statusName]);
    }
  });
});

describe('an origin that resets a stream before it answers', () => {
  it.each(RESETS)('with %s is %s on every way', async (code, statusName) => {
    for (const way of [direct, ...proxiedWays]) {
      const statuses = await on(way, resetting('head', code), async (client) => [
        await statusOf(client.echo('a')),
        await statusOf(all(client.chat(['a']))),
      ]);
      expect(statuses, way.name).toEqual([statusName, statusName]);
    }
  });
});

describe('an origin that resets a stream behind its status', () => {
  it.each([0, 2, 7, 8])('with the code %i has answered, on every way', async (code) => {
    for (const way of [direct, ...proxiedWays]) {
      const words = await on(way, resetting('end', code), (client) => all(client.split('a')));
      expect(words, way.name).toEqual(['a']);
    }
  });
});

describe('a proxy that gets no answer', () => {
  it.each(proxiedWays)('says UNAVAILABLE where the origin leaves: $name', async (way) => {
    const gone = (connection: Connection) => connection.stream.destroy(new Error('gone'));
    expect(await on(way, gone, (client) => statusOf(client.echo('a')))).toBe('UNAVAILABLE');
    expect(await on(way, gone, (client) => statusOf(all(client.chat(['a']))))).toBe('UNAVAILABLE');
  });

  it.each([
    [502, 'UNAVAILABLE'],
    [503, 'UNAVAILABLE'],
    [504, 'UNAVAILABLE'],
    [429, 'UNAVAILABLE'],
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'UNIMPLEMENTED'],
    [400, 'INTERNAL'],
    [500, 'UNKNOWN'],
  ])('a page with HTTP status %i is %s on every way', async (status, statusName) => {
    const pages: Service<HttpRequest, HttpResponse> = {
      async serve(request) {
        request.body.cancel();
        return HttpResponse.text('sorry', { status });
      },
    };
    for (const way of [direct, ...proxiedWays]) {
      const found = await on(way, serving(pages), async (client) => [
        await statusOf(client.echo('a')),
        await statusOf(all(client.split('a'))),
      ]);
      expect(found, way.name).toEqual([statusName, statusName]);
    }
  });

  it('an origin that dies in the middle of a stream is no end on any way', async () => {
    for (const way of [direct, ...proxiedWays]) {
      const connections: Connection[] = [];
      const server = http2ServerLayer({ onError() {} })(service({ ...wordsHandlers(), split: endless }));
      const accept = (connection: Connection) => {
        connections.push(connection);
        return server.serve(connection);
      };
      const found = await on(way, accept, async (client) => {
        const stream = client.split('a');
        const first = await stream.next();
        for (const { stream: bytes } of connections) bytes.destroy(new Error('dead'));
        return [first.value, await statusOf(all(stream))];
      });
      expect(found, way.name).toEqual(['a', 'UNAVAILABLE']);
    }
  });

  it('a response without a status is UNKNOWN on every way', async () => {
    const silent: Service<HttpRequest, HttpResponse> = {
      async serve(request) {
        request.body.cancel();
        return HttpResponse.from({ headers: { 'content-type': 'application/grpc+json' } });
      },
    };
    for (const way of [direct, ...proxiedWays]) {
      expect(await on(way, serving(silent), (client) => statusOf(all(client.split('a')))), way.name).toBe('UNKNOWN');
    }
  });
});

describe('a client that vanishes', () => {
  it.each([direct, ...proxiedWays])('cancels its calls: $name', async (way) => {
    const log: string[] = [];
    const server = http2ServerLayer({ onError() {} })(service(hangingHandlers(log)));
    await on(
      way,
      (connection) => server.serve(connection),
      async (client, close) => {
        const calls = [client.echo('a'), all(client.split('a')), all(client.chat(['a']))].map(failureOf);
        for (let round = 0; round < 2_000 && log.length < 3; round++) await settle(1);
        await close();
        await Promise.all(calls);
        for (let round = 0; round < 2_000 && log.length < 6; round++) await settle(1);
      },
    );
    expect(log.filter((entry) => entry === 'aborted')).toHaveLength(3);
  });
});

describe('a server on the port of a proxy that speaks every protocol', () => {
  it('carries gRPC and gRPC-Web side by side', async () => {
    const server = autoServerLayer({ onError() {} })(service(wordsHandlers()));
    const web: ProxiedWay = { ...direct, client: () => grpcWebClientLayer(), version: 'h1' };
    for (const way of [direct, web]) {
      const accept = (connection: Connection) => server.serve(connection);
      expect(await on(way, accept, (client) => all(client.chat(['a', 'b'])))).toEqual(['A', 'B']);
    }
  });
});

function service(handlers: WordsHandlers): Service<HttpRequest, HttpResponse> {
  return grpcService([implementService(Words, handlers)], { onError() {} });
}

async function* endless(): AsyncGenerator<string> {
  yield 'a';
  await new Promise(() => {});
}

function serving(inner: Service<HttpRequest, HttpResponse>): (connection: Connection) => unknown {
  const server = http2ServerLayer({ onError() {} })(inner);
  return (connection) => server.serve(connection);
}

function resetting(
  behind: 'head' | 'messages' | 'end',
  code: (typeof RESETS)[number][0],
): (connection: Connection) => unknown {
  return (connection) => new ResettingOrigin(connection, behind, code).run();
}

async function on<Found>(
  way: ProxiedWay,
  accept: (connection: Connection) => unknown,
  run: (client: WordsClient, close: () => Promise<void>) => Promise<Found>,
): Promise<Found> {
  const open = openWay(way, Words, accept);
  try {
    return await run(grpcClient(open.service, Words, { url: 'http://app.test' }), open.close);
  } finally {
    await open.close();
  }
}

async function statusOf(call: Promise<unknown>): Promise<unknown> {
  const error = await failureOf(call);
  return error instanceof GrpcStatusError ? error.statusName : error;
}
