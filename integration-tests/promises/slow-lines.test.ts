import type { HttpBody } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import { http2ServerLayer } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { checkLedger, patternBytes } from '@lamella/net-core/testing';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HttpVersion } from './support/http-version.ts';
import { protocolOf } from './support/http-version.ts';

checkLedger({ beforeEach, afterEach });

const content = patternBytes(1_500_000);

interface Way {
  readonly version: HttpVersion;
  readonly given: string;
  readonly body: () => Uint8Array | Uint8Array[];
  readonly windowBytes?: number;
}

// Either way takes 150 s, far longer than a peer may take for what was written last, and for a body to come on. The windows of browsers
// have room for all of it: what is written at a time is for the sender to say.
const WAYS: readonly Way[] = [
  { version: 'HTTP/1.1', given: 'whole', body: () => content },
  { version: 'HTTP/1.1', given: 'in one large chunk', body: () => [content] },
  { version: 'HTTP/2', given: 'whole', body: () => content },
  { version: 'HTTP/2', given: 'in one large chunk', body: () => [content] },
  { version: 'HTTP/2', given: 'whole, into a large window,', body: () => content, windowBytes: 8_388_608 },
];

it.each(WAYS)(
  'a large body that is given $given goes through on a slow line, there and back, by $version',
  async ({ version, body, windowBytes = 262_144 }) => {
    const clock = new FakeClock();
    const network = memoryNetwork({ clock });
    network.setConditions({ bytesPerSecond: 10_000, chunkBytes: 10_000 });
    const lifecycle = createLifecycle({ clock });
    let received: Promise<Uint8Array> | undefined;
    const service = serviceFn(async (request: HttpRequest) => {
      received = bytesOf(request.body);
      await received;
      return HttpResponse.from({ body: body() });
    });
    const limits = { initialStreamWindowBytes: windowBytes };
    const server =
      version === 'HTTP/2' ? http2ServerLayer({ clock, lifecycle, limits }) : httpServerLayer({ clock, lifecycle });
    void serveListener(network.listen('a.test:80'), server(service), { lifecycle });
    const protocols = [protocolOf(version, { limits })];
    const client = createHttpClient({ connector: network.connector(), protocols, clock });
    const request = HttpRequest.from({ method: 'POST', target: 'http://a.test/', body: body() });
    const answer = client.serve(request).then((response) => bytesOf(response.body));
    answer.catch(() => {}); // heard below
    await clock.advanceAsync(400_000);
    expect(Buffer.compare((await received) ?? new Uint8Array(), content)).toBe(0);
    expect(Buffer.compare(await answer, content)).toBe(0);
    await client.close();
    const drained = lifecycle.drain({ graceMs: 0 });
    await clock.advanceAsync(3_000);
    await drained;
    expect(clock.pendingTimers).toBe(0);
  },
);

function bytesOf(body: HttpBody): Promise<Uint8Array> {
  return body.bytes();
}
