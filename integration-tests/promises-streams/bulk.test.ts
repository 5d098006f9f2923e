import type { HttpClient } from '@lamella/http';
import { createHttpClient, HttpBody, HttpResponse, http1, HttpRequest as Request } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { formatAddress, parseAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { serviceFn } from '@lamella/service-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ServerProcess } from '../support/lamella-process.ts';
import { lamellaServe } from '../support/lamella-process.ts';
import { memoryDuring } from '../support/memory-watch.ts';
import { patternSum } from '../support/pattern.ts';
import { serveHttp } from '../support/serve-http.ts';
import { Flow } from './support/flow.ts';

// The producer and the consumer are in this process, the proxy is in one of its own, whose memory is looked at.
describe('bulk over TCP through a proxy, to a consumer that stops now and then', { timeout: 600_000 }, () => {
  it('a response through a reverse proxy arrives whole, and the proxy does not grow', async () => {
    let flow = new Flow(0);
    const origin = await serveHttp(() => HttpResponse.from({ body: HttpBody.from(flow.body()) }));
    const proxy = await lamellaServe('reverse', '--to', origin.url);
    const client = openClient();
    const transfer = async (pause: () => Promise<void>): Promise<void> => {
      const response = await client.serve(Request.from({ target: proxy.url }));
      await flow.readFrom(response.body, pause);
    };
    await expectFlat(proxy, (next, pause) => {
      flow = next;
      return transfer(pause);
    });
  });

  it('a request through a forward proxy arrives whole, and the proxy does not grow', async () => {
    let flow = new Flow(0);
    let pause = async (): Promise<void> => {};
    const origin = await serveHttp(async (request) => {
      await flow.readFrom(request.body, () => pause());
      return HttpResponse.from();
    });
    const proxy = await lamellaServe('proxy');
    const client = openClient(proxy);
    await expectFlat(proxy, async (next, newPause) => {
      flow = next;
      pause = newPause;
      const body = HttpBody.from(flow.body());
      const response = await client.serve(Request.from({ method: 'POST', target: `${origin.url}/`, body }));
      expect(response.status).toBe(200);
      await response.body.cancel();
    });
  });

  it('bytes up a CONNECT tunnel arrive whole, and the proxy does not grow', async () => {
    let serve = async (_: Connection): Promise<void> => {};
    const peer = serviceFn((connection: Connection) => serve(connection));
    const listener = await listenTcp();
    const served = serveListener(listener, peer);
    const proxy = await lamellaServe('proxy', '--connect-ports', 'any');
    const client = openClient(proxy);
    await expectFlat(proxy, async (flow, pause) => {
      const arrived = Promise.withResolvers<void>();
      serve = async ({ stream }) => {
        await flow.readFrom(stream, pause);
        arrived.resolve();
      };
      const target = formatAddress(listener.address);
      const { upgraded } = await client.serve(Request.from({ method: 'CONNECT', target }));
      if (upgraded === undefined) throw new Error('there is no tunnel');
      await flow.writeTo(upgraded.stream);
      await arrived.promise;
      upgraded.stream.destroy();
    });
    await listener.close();
    await served;
  });
});

/**
 * Sends as much again after a warm-up. What the process holds then must not be more than it once had in the warm-up, but for 16 MiB;
 * what is garbage between two collections is no leak, but must not add up either.
 */
async function expectFlat(
  proxy: ServerProcess,
  transfer: (flow: Flow, pause: () => Promise<void>) => Promise<void>,
): Promise<void> {
  let reads = 0;
  let heldBack = 0;
  const run = async (flow: Flow): Promise<void> =>
    transfer(flow, async () => {
      if (++reads % READS_PER_STOP === 0 && (await isHeldBack(flow))) heldBack++;
    });
  const warmUp = await memoryDuring(proxy.pid, () => run(new Flow(LENGTH)));
  const flow = new Flow(LENGTH);
  const { levelMiB, peakMiB } = await memoryDuring(proxy.pid, () => run(flow));
  expect(flow.sum()).toBe(patternSum(LENGTH));
  expect(heldBack).toBeGreaterThan(0);
  expect(levelMiB - warmUp.peakMiB).toBeLessThan(16);
  expect(peakMiB - warmUp.peakMiB).toBeLessThan(64);
}

/** Stops reading until the producer stops too. @returns Whether it did, before it was through. */
async function isHeldBack(flow: Flow): Promise<boolean> {
  for (;;) {
    const { produced } = flow;
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (flow.produced === produced) return !flow.isProduced;
  }
}

function openClient(proxy?: ServerProcess): HttpClient {
  const via = proxy === undefined ? {} : { proxy: parseAddress(`127.0.0.1:${proxy.port}`) };
  const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()], ...via });
  onTestFinished(() => client.destroy());
  return client;
}

const LENGTH = 256 * 1024 * 1024;
const READS_PER_STOP = 1_500;
