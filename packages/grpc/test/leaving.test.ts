import { createHttpClient } from '@lamella/http';
import type { Http2ServerLayerOptions } from '@lamella/http2';
import { http2, http2ServerLayer } from '@lamella/http2';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { grpcClient, grpcService, implementService } from '../src/index.ts';
import { eachKind, echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';

checkLedger({ beforeEach, afterEach });

const unavailable = { statusName: 'UNAVAILABLE' };

describe('a server that leaves', () => {
  it('lets calls of each kind go on to the end of the grace of a drain; then they are UNAVAILABLE, and handlers hear of it', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const { client, log, close } = setup(clock, { lifecycle });
    const failures = eachKind(client).map((call) => expect(call).rejects.toMatchObject(unavailable));
    await settle(16);
    const drained = lifecycle.drain({ graceMs: 1_000 });
    await clock.advanceAsync(999);
    expect(log).toEqual(Array(4).fill('begun'));
    await clock.advanceAsync(1);
    await Promise.all(failures);
    await settle(16);
    expect(log.filter((word) => word === 'aborted')).toHaveLength(4);
    await clock.advanceAsync(1_000);
    await drained;
    await close();
  });

  it('does so at the age of a connection, too: new calls go to another one, old ones have a grace', async () => {
    const clock = new FakeClock();
    const { client, log, close, connections } = setup(clock, {
      maxConnectionAgeMs: 10_000,
      connectionAgeJitterRatio: 0,
      connectionAgeGraceMs: 5_000,
    });
    const failures = eachKind(client).map((call) => expect(call).rejects.toMatchObject(unavailable));
    await settle(16);
    await clock.advanceAsync(10_000);
    await settle(16);
    expect(connections()).toBe(1);
    const other = expect(client.echo({ value: 'b' })).rejects.toMatchObject(unavailable);
    await settle(16);
    expect(connections()).toBe(2);
    await clock.advanceAsync(4_999);
    expect(log).toEqual(Array(5).fill('begun'));
    await clock.advanceAsync(1);
    await Promise.all(failures);
    await settle(16);
    expect(log.filter((word) => word === 'aborted')).toHaveLength(4);
    await close();
    await other;
  });
});

function setup(clock: FakeClock, options: Http2ServerLayerOptions) {
  const log: string[] = [];
  const hang = ({ scope }: { readonly scope: { onAbort(listener: (reason: unknown) => void): unknown } }) =>
    new Promise<never>((_, reject) => {
      log.push('begun');
      scope.onAbort((reason) => {
        log.push('aborted');
        reject(reason);
      });
    });
  const handlers = {
    ...echoHandlers({ calls: [], errors: [], log: [] }),
    echo: (_: unknown, call: Parameters<typeof hang>[0]) => hang(call),
    join: (_: unknown, call: Parameters<typeof hang>[0]) => hang(call),
    // biome-ignore lint/correctness/useYield: it fails before
    async *split(_: unknown, call: Parameters<typeof hang>[0]) {
      await hang(call);
    },
    // biome-ignore lint/correctness/useYield: it fails before
    async *chat(_: unknown, call: Parameters<typeof hang>[0]) {
      await hang(call);
    },
  };
  const service = grpcService([implementService(EchoService, handlers)], { clock });
  const server = http2ServerLayer({ clock, onError() {}, ...options })(service);
  let connections = 0;
  const connector = {
    async serve() {
      connections++;
      const [near, far] = memoryPipe();
      void server.serve(createConnection(far));
      return createConnection(near);
    },
  };
  const http = createHttpClient({ connector, protocols: [http2()], clock });
  const client = grpcClient(http, EchoService, { url: 'http://app.test', clock });
  const close = async (): Promise<void> => {
    http.destroy();
    await settle(16);
  };
  return { client, log, close, connections: () => connections };
}
