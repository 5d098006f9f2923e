import {
  accessLogLayer,
  compressionLayer,
  createHttpClient,
  decompressionLayer,
  HttpBody,
  HttpRequest,
  HttpResponse,
  httpServerLayer,
  httpTimeoutLayer,
} from '@lamella/http';
import { http2ServerLayer } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HTTP_VERSIONS, protocolOf } from './support/http-version.ts';

checkLedger({ beforeEach, afterEach });

it.each(HTTP_VERSIONS.flatMap((version) => ['gzip', 'br', 'zstd'].map((coding) => ({ version, coding }))))(
  'a drain ends events in $coding so that they can be decoded, by $version',
  async ({ version, coding }) => {
    const clock = new FakeClock();
    const network = memoryNetwork({ clock });
    const lifecycle = createLifecycle({ clock });
    const over = Promise.withResolvers<undefined>();
    over.promise.catch(() => {});
    const chunks = [Buffer.from('data: 1\n\n')];
    const events = HttpBody.fromSource({ read: async () => chunks.shift() ?? over.promise, cancel: over.reject });
    const service = stack(
      accessLogLayer({ write: () => {}, clock }),
      httpTimeoutLayer({ timeoutMs: 60_000, bodyTimeoutMs: 60_000, clock }),
      compressionLayer(),
      serviceFn(async (_: HttpRequest) => {
        return HttpResponse.from({ headers: { 'Content-Type': 'text/event-stream' }, body: events });
      }),
    );
    const server =
      version === 'HTTP/2' ? http2ServerLayer({ clock, lifecycle }) : httpServerLayer({ clock, lifecycle });
    void serveListener(network.listen('a.test:80'), server(service), { lifecycle });
    const client = createHttpClient({ connector: network.connector(), protocols: [protocolOf(version)], clock });
    const decoding = decompressionLayer()(client);
    const request = HttpRequest.from({ target: 'http://a.test/', headers: { 'Accept-Encoding': coding } });
    const { body } = await decoding.serve(request);
    let text = '';
    const reading = (async () => {
      for await (const chunk of body) text += Buffer.from(chunk).toString();
      return text;
    })();
    reading.catch(() => {}); // heard below
    await expect.poll(() => text).toBe('data: 1\n\n'); // node:zlib works in threads of its own
    const drained = lifecycle.drain({ graceMs: 5_000 });
    expect(await reading).toBe('data: 1\n\n');
    await client.close();
    await settle(8);
    await clock.advanceAsync(2_000);
    expect((await drained).durationMs).toBeLessThan(5_000);
    await expect(over.promise).rejects.toMatchObject({ message: 'the server is draining' });
    expect(clock.pendingTimers).toBe(0);
  },
);
