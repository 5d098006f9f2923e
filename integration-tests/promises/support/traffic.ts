import type { HttpClient } from '@lamella/http';
import { HttpBody, HttpRequest, HttpResponse } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { readAll, readExactly, text, utf8 } from '@lamella/net-core/testing';
import type { Clock, Service } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';
import { echo } from './echo.ts';

/** Clients of a chain. */
export interface TrafficWorld {
  readonly clock: Clock;
  /** Goes through the forward proxy. */
  readonly forward: HttpClient;
  /** Goes to the reverse proxy, as `edge.test`. */
  readonly direct: HttpClient;
}

/** One kind of use of a chain, which takes some milliseconds. */
export interface TrafficKind {
  readonly name: string;
  /** Whether it is sent again by itself if its connection dies at once. */
  readonly isReplayable: boolean;
  /** @throws If it does not get what it should. */
  readonly run: (world: TrafficWorld, signal?: AbortSignal) => Promise<void>;
}

/** An origin that takes its time for each part of an answer. */
export function slowOrigin(clock: Clock): Service<HttpRequest, HttpResponse> {
  return serviceFn(async (request: HttpRequest) => {
    switch (request.path) {
      case '/stream':
        await pause(clock, PAUSE_MS);
        return HttpResponse.from({ body: HttpBody.from(slowly(clock)) });
      case '/echo':
        return HttpResponse.from({ body: HttpBody.from(request.body.stream()) });
      case '/upgrade':
        return HttpResponse.upgrade({ headers: UPGRADE }, echo);
      default:
        return HttpResponse.text(`${request.method} ${request.path}`);
    }
  });
}

/** All that HTTP/1.1 is used for. */
export const traffic: readonly TrafficKind[] = [
  {
    name: 'GET',
    isReplayable: true,
    run: ({ forward }, signal) =>
      expectBody(forward, { target: 'http://origin.test/plain', ...(signal && { signal }) }, 'GET /plain'),
  },
  {
    name: 'GET of a slow body',
    isReplayable: true,
    run: ({ direct }, signal) =>
      expectBody(direct, { target: 'http://edge.test/stream', ...(signal && { signal }) }, CONTENT),
  },
  {
    name: 'POST of a slow body',
    isReplayable: false,
    run: ({ clock, forward }, signal) =>
      expectBody(
        forward,
        { method: 'POST', target: 'http://origin.test/echo', body: slowly(clock), ...(signal && { signal }) },
        CONTENT,
      ),
  },
  {
    name: 'upgrade',
    isReplayable: false,
    run: ({ direct }, signal) =>
      converse(direct, { target: 'http://edge.test/upgrade', headers: UPGRADE }, signal, async ({ stream }) => {
        void stream.write([utf8('echo')]);
        await readExactly(stream, 4);
        await stream.closeWrite();
        if ((await readAll(stream)).length > 0) throw new Error('there was more than an echo');
      }),
  },
  {
    name: 'CONNECT tunnel',
    isReplayable: false,
    run: ({ forward }, signal) =>
      converse(forward, { method: 'CONNECT', target: 'origin.test:80' }, signal, async ({ stream }) => {
        void stream.write([utf8('GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')]);
        const answer = text(await readAll(stream));
        if (!answer.endsWith('0\r\n\r\n')) throw new Error('the tunnel has cut the answer');
      }),
  },
];

async function expectBody(
  client: HttpClient,
  init: Parameters<typeof HttpRequest.from>[0],
  expected: string,
): Promise<void> {
  const response = await client.serve(HttpRequest.from(init));
  const body = await response.body.text();
  if (response.status !== 200 || body !== expected) throw new Error(`got ${response.status}: ${body.slice(0, 100)}`);
}

/** Uses an upgraded connection; an abort breaks that off as well. */
async function converse(
  client: HttpClient,
  init: Parameters<typeof HttpRequest.from>[0],
  signal: AbortSignal | undefined,
  use: (connection: Connection) => Promise<void>,
): Promise<void> {
  const response = await client.serve(HttpRequest.from({ ...init, ...(signal && { signal }) }));
  const { upgraded } = response;
  if (upgraded === undefined) throw new Error(`got ${response.status}: ${await response.body.text()}`);
  const breakOff = (): void => upgraded.stream.destroy(signal?.reason);
  signal?.addEventListener('abort', breakOff, { once: true });
  try {
    signal?.throwIfAborted();
    await use(upgraded);
  } finally {
    signal?.removeEventListener('abort', breakOff);
    upgraded.stream.destroy();
  }
}

async function* slowly(clock: Clock): AsyncGenerator<string> {
  for (let count = 0; count < CHUNKS; count++) {
    await pause(clock, PAUSE_MS);
    yield CHUNK;
  }
}

function pause(clock: Clock, durationMs: number): Promise<void> {
  return new Promise((resolve) => clock.startTimer(durationMs, resolve));
}

const CHUNK = 'x'.repeat(300);
const CHUNKS = 5;
const CONTENT = CHUNK.repeat(CHUNKS);
const PAUSE_MS = 2;
const UPGRADE = { Connection: 'Upgrade', Upgrade: 'echo' };
