import { AsyncLocalStorage } from 'node:async_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { HttpProtocol } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, http1 } from '@lamella/http';
import { autoServerLayer, http2 } from '@lamella/http2';
import { serveListener } from '@lamella/net-core';
import { listenTcp, socketConnector } from '@lamella/net-tcp';
import { serviceFn, stack } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';

const storage = new AsyncLocalStorage<object>();
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

describe.each<[string, () => HttpProtocol]>([
  ['HTTP/1.1', http1],
  ['HTTP/2', http2],
])('a pooled connection of %s', (_name, protocol) => {
  it('keeps nothing of the calls that it was opened for and used by, which never see each other', async () => {
    const listener = await listenTcp();
    const server = stack(
      autoServerLayer(),
      serviceFn(({ path }: HttpRequest) => HttpResponse.text(path)),
    );
    void serveListener(listener, server);
    const { address } = listener;
    const port = address.type === 'tcp' ? address.port : 0;
    const client = createHttpClient({ connector: socketConnector(), protocols: [protocol()] });

    const call = async (path: string): Promise<WeakRef<object>> => {
      const held = { path };
      await storage.run(held, async () => {
        const response = await client.serve(HttpRequest.from({ target: `http://127.0.0.1:${port}${path}` }));
        const isOwn = [storage.getStore() === held];
        expect(await response.body.text()).toBe(path);
        isOwn.push(storage.getStore() === held);
        expect(isOwn).toEqual([true, true]); // not the objects themselves: what was compared is kept
      });
      return new WeakRef(held);
    };
    const calls = [await call('/opens')];
    for (let round = 0; round < 3; round++) {
      calls.push(...(await Promise.all([call(`/a${round}`), call(`/b${round}`)])));
    }
    await call('/last');
    await call('/very-last');
    await expect
      .poll(() => {
        collect();
        return calls.filter((held) => held.deref() !== undefined).length;
      })
      .toBe(0);
    expect(client.gauges()[0]?.open).toBeGreaterThan(0);
    await client.close();
    await listener.close();
  });
});
