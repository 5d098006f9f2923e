import { createHttpClient, followRedirectLayer, HttpRequest, HttpResponse, httpRetryLayer } from '@lamella/http';
import { autoServerLayer } from '@lamella/http2';
import { exponentialBackoff } from '@lamella/layers';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import type { ExtensionKey, Layer } from '@lamella/service-core';
import { createLifecycle, extensionKey, serviceFn, stack } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HTTP_VERSIONS, protocolOf } from './support/http-version.ts';
import { checkProcess } from './support/process-failures.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const Note: ExtensionKey<string, 'request'> = extensionKey('test/attempt-note', { scope: 'request' });
const Secret: ExtensionKey<string, 'request'> = extensionKey('test/attempt-secret', {
  scope: 'request',
  originScoped: true,
});

const TITLE =
  'by %s attempts and hops see what the caller wrote, never what another one did; credentials stay at their origin';

it.each(HTTP_VERSIONS)(TITLE, async (version) => {
  const clock = new FakeClock();
  const lifecycle = createLifecycle({ clock });
  const network = memoryNetwork({ clock });
  const received: string[] = [];
  let asked = 0;
  serve('first.test', () => {
    if (++asked < 3) return HttpResponse.text('', { status: 503 });
    return HttpResponse.text('', { status: 302, headers: [['Location', 'http://second.test/']] });
  });
  serve('second.test', () => HttpResponse.text('done'));

  const client = createHttpClient({ connector: network.connector(), protocols: [protocolOf(version)], clock });
  const seen: unknown[][] = [];
  const service = stack(
    followRedirectLayer(),
    httpRetryLayer({ clock, backoff: exponentialBackoff({ jitterRatio: 0 }) }),
    noting(seen),
    client,
  );
  const request = HttpRequest.from({
    target: 'http://first.test/',
    headers: [
      ['Authorization', 'Basic x'],
      ['Cookie', 'a=b'],
    ],
  });
  request.extensions.insert(Secret, 'of the caller');
  const answer = service.serve(request);
  answer.catch(() => {}); // the caller hears of it
  await clock.advanceAsync(60_000);

  expect(await (await answer).body.text()).toBe('done');
  expect(seen).toEqual([
    [undefined, 'of the caller', []],
    [undefined, 'of the caller', []],
    [undefined, 'of the caller', []],
    [undefined, undefined, []],
  ]);
  expect(received).toEqual([
    'first.test: Basic x, a=b, 1',
    'first.test: Basic x, a=b, 2',
    'first.test: Basic x, a=b, 3',
    'second.test: -, -, 4',
  ]);
  expect([request.extensions.get(Note), request.headers.has('x-attempt')]).toEqual([undefined, false]);
  await client.close();
  await lifecycle.drain();

  function serve(host: string, answerTo: () => HttpResponse): void {
    const server = autoServerLayer({ clock, lifecycle })(
      serviceFn(async ({ headers }: HttpRequest) => {
        const [authorization = '-', cookie = '-'] = ['authorization', 'cookie'].map((name) => headers.get(name));
        received.push(`${host}: ${authorization}, ${cookie}, ${headers.getAll('x-attempt').join(' ')}`);
        return answerTo();
      }),
    );
    void serveListener(network.listen(`${host}:80`), server, { lifecycle });
  }
});

/** Writes down what an attempt finds, and leaves a mark in its store and on its headers. */
function noting(seen: unknown[][]): Layer<HttpRequest, HttpResponse> {
  return (inner) => ({
    serve(request) {
      const { extensions, headers } = request;
      seen.push([extensions.get(Note), extensions.get(Secret), headers.getAll('X-Attempt')]);
      extensions.insert(Note, `attempt ${seen.length}`);
      headers.append('X-Attempt', String(seen.length));
      return inner.serve(request);
    },
  });
}
