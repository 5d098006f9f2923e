// #region setup
import type { HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import type { MemoryNetworkOptions } from '@lamella/net-core';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { reverseProxyService } from '@lamella/proxy';
import type { Service } from '@lamella/service-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

checkLedger({ beforeEach, afterEach });

/** A client, a reverse proxy and an origin, on three hosts of a network in memory. */
function setUp(options: MemoryNetworkOptions = {}) {
  const clock = new FakeClock();
  const network = memoryNetwork({ ...options, clock });
  const lifecycle = createLifecycle({ clock });

  const serve = (address: string, service: Service<Request, HttpResponse>): void => {
    const server = stack(httpServerLayer({ clock, lifecycle }), service);
    void serveListener(network.listen(address), server, { lifecycle });
  };
  const clientOn = (from: string) =>
    createHttpClient({ connector: network.connector({ from }), protocols: [http1()], clock, lifecycle });

  const origin = serviceFn(() => HttpResponse.text('x'.repeat(1_000)));
  serve('origin.test:80', origin);
  serve(
    'gateway.test:80',
    reverseProxyService({ client: clientOn('10.0.0.2'), routes: [{ to: 'http://origin.test' }] }),
  );
  const client = clientOn('10.0.0.1');

  return {
    clock,
    network,
    get: () => client.serve(HttpRequest.from({ target: 'http://gateway.test/' })),
    /** Ends everything that runs. */
    close: () => lifecycle.drain({ graceMs: 0 }),
  };
}
// #endregion setup

describe('a reverse proxy', () => {
  // #region black-hole
  it('answers 504 when its upstream is silent, and works again when that is back', async () => {
    const { clock, network, get, close } = setUp();
    network.blackHole('origin.test');

    const answer = get();
    await clock.advanceAsync(10_000); // the connect timeout; no test waits for it
    expect((await answer).status).toBe(504);
    await (await answer).body.text();

    network.blackHole('origin.test', false);
    const second = await get();
    expect(second.status).toBe(200);
    await second.body.text();
    await close();
  });
  // #endregion black-hole

  // #region latency
  it('takes two round trips to each host on new connections', async () => {
    const { clock, network, get, close } = setUp();
    network.setConditions({ latencyMs: 50 });

    const answer = get();
    await clock.advanceAsync(399);
    expect(await Promise.race([answer, 'nothing yet'])).toBe('nothing yet');
    await clock.advanceAsync(1);
    await (await answer).body.text();
    await close();
  });
  // #endregion latency

  // #region reset
  it('breaks its answer off when the upstream does', async () => {
    const { network, get, close } = setUp();
    network.setConditions({ resetAfterBytes: 500 }, { from: 'origin.test' });

    const response = await get();
    expect(response.status).toBe(200);
    await expect(response.body.text()).rejects.toMatchObject({ code: 'LML_ERR_HTTP_RESPONSE_INCOMPLETE' });
    await close();
  });
  // #endregion reset

  // #region seed
  it('does the same again with the same seed', async () => {
    const run = async (seed: number) => {
      const { clock, network, get, close } = setUp({ seed });
      network.setConditions({ latencyMs: [1, 30], chunkBytes: [1, 100] });
      const answer = get();
      await clock.advanceAsync(10_000);
      await (await answer).body.text();
      await close();
      return network.events;
    };
    const events = await run(7);
    expect(events.length).toBeGreaterThan(20);
    expect(await run(7)).toEqual(events);
    expect(await run(8)).not.toEqual(events);
  });
  // #endregion seed
});
