import { HttpBody, HttpResponse, HttpRequest as Request } from '@lamella/http';
import type { ByteStream, Connection } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { patternSum } from '../support/pattern.ts';
import { Flow } from './support/flow.ts';
import type { Stage, StageOptions } from './support/stage.ts';
import { stages } from './support/stages.ts';
import { memory, memoryHttp2, memoryTls, memoryTlsHttp2 } from './support/transports.ts';

const newStage = stages({ beforeEach, afterEach });
const slowly = (): Promise<void> => settle(4);

const ways = [
  { way: 'straight to a server', host: 'origin.test', viaProxy: false, hops: 1 },
  { way: 'through a reverse proxy', host: 'edge.test', viaProxy: false, hops: 2 },
  { way: 'through a forward proxy', host: 'origin.test', viaProxy: true, hops: 2 },
];

describe.each([
  ...ways.map((way) => ({ ...way, transport: memory })),
  ...ways.map((way) => ({ ...way, transport: memoryHttp2 })),
  ...ways.map((way) => ({ ...way, transport: memoryTls })),
  ...ways.map((way) => ({ ...way, transport: memoryTlsHttp2 })),
])('bodies $way, by $transport.version on $transport.what', ({ host, viaProxy, hops, transport }) => {
  it('of responses make a fast server wait for a slow client', async () => {
    const flow = new Flow(LENGTH);
    const origin = serviceFn(async () => HttpResponse.from({ body: HttpBody.from(flow.body()) }));
    const stage = await newStage(transport, { origin });
    const response = await stage.client({ viaProxy }).serve(Request.from({ target: `http://${host}/` }));
    await flow.readFrom(response.body, slowly);
    expectHeldBack(flow, hops);
  });

  it('of requests make a fast client wait for a slow server', async () => {
    const flow = new Flow(LENGTH);
    const origin = serviceFn(async (request: Request) => {
      await flow.readFrom(request.body, slowly);
      return HttpResponse.from();
    });
    const stage = await newStage(transport, { origin });
    const request = Request.from({ method: 'POST', target: `http://${host}/`, body: HttpBody.from(flow.body()) });
    const response = await stage.client({ viaProxy }).serve(request);
    await response.body.cancel();
    expectHeldBack(flow, hops);
  });
});

describe.each([
  { way: 'a TCP relay', open: (stage: Stage) => stage.connect('relay.test:7') },
  { way: 'a CONNECT tunnel', open: openTunnel },
  { way: 'an upgrade through a reverse proxy', open: openUpgrade },
])('$way', ({ open }) => {
  it('makes a fast server wait for a slow client', async () => {
    const flow = new Flow(LENGTH);
    const stage = await newStage(
      memory,
      peers((stream) => flow.writeTo(stream)),
    );
    const { stream } = await open(stage);
    await flow.readFrom(stream, slowly);
    stream.destroy();
    expectHeldBack(flow, 2);
  });

  it('makes a fast client wait for a slow server', async () => {
    const flow = new Flow(LENGTH);
    const done = Promise.withResolvers<void>();
    const stage = await newStage(
      memory,
      peers(async (stream) => {
        await flow.readFrom(stream, slowly);
        done.resolve();
      }),
    );
    const { stream } = await open(stage);
    await flow.writeTo(stream);
    await done.promise;
    stream.destroy();
    expectHeldBack(flow, 2);
  });
});

describe('both directions of a tunnel at once', () => {
  it('hold each other up in nothing', async () => {
    const [up, down] = [new Flow(LENGTH), new Flow(LENGTH)];
    const stage = await newStage(
      memory,
      peers(async (stream) => {
        await Promise.all([up.readFrom(stream, slowly), down.writeTo(stream)]);
      }),
    );
    const { stream } = await openTunnel(stage);
    await Promise.all([up.writeTo(stream), down.readFrom(stream, slowly)]);
    for (const flow of [up, down]) expectHeldBack(flow, 2);
    await expect.poll(() => stage.outcomes).toMatchObject([{ reason: 'eof', bytesUp: LENGTH, bytesDown: LENGTH }]);
  });
});

/** All has arrived, and the producer was never further ahead than the windows and one chunk at each place allow. */
function expectHeldBack(flow: Flow, hops: number): void {
  expect(flow.sum()).toBe(SUM);
  expect(flow.mostAhead).toBeLessThanOrEqual(hops * (WINDOW + 2 * CHUNK) + CHUNK);
  expect(flow.waitingRatio).toBeGreaterThan(0.95);
}

/** Something that speaks bare bytes, behind CONNECT, behind an upgrade and behind a relay. */
function peers(peer: (stream: ByteStream) => Promise<void>): StageOptions {
  const service = serviceFn(({ stream }: Connection) => peer(stream));
  return {
    peer: service,
    origin: serviceFn(async () => HttpResponse.upgrade({ headers: { Upgrade: 'bytes' } }, service)),
  };
}

async function openTunnel(stage: Stage): Promise<Connection> {
  const request = Request.from({ method: 'CONNECT', target: 'peer.test:443' });
  return upgradedOf(await stage.client({ viaProxy: true }).serve(request));
}

async function openUpgrade(stage: Stage): Promise<Connection> {
  const headers = { Connection: 'upgrade', Upgrade: 'bytes' };
  return upgradedOf(await stage.client().serve(Request.from({ target: 'http://edge.test/', headers })));
}

function upgradedOf({ upgraded }: HttpResponse): Connection {
  if (upgraded === undefined) throw new Error('the response has no connection to take');
  return upgraded;
}

const LENGTH = 16 * 1024 * 1024;
const SUM: string = patternSum(LENGTH);
/** What the network in memory takes on before a writer has to wait, and the largest piece of it. */
const WINDOW = 65_536;
const CHUNK = 65_536;
