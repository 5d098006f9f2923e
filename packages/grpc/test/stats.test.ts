import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import type { GrpcCallCounts } from '../src/index.ts';
import { GrpcStatus, GrpcStatusError, grpcClient, grpcService, grpcStats, implementService } from '../src/index.ts';
import { all, eachKind, echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';

describe('grpcStats', () => {
  it('counts calls and messages of each kind, on both sides', async () => {
    const { client, server, onClient } = setup();
    await client.echo({ value: 'a' });
    await all(client.split({ value: 'abc' }));
    await client.join([{ value: 'a' }, { value: 'b' }]);
    await all(client.chat([{ value: 'a' }, { value: 'b' }]));
    for (const stats of [server, onClient]) {
      expect(stats.total()).toEqual(counts(4, 4, 0, { requestMessages: 6, responseMessages: 7 }));
      const methods = [...stats.byMethod()].map(([path, { requestMessages: asked, responseMessages: answered }]) => [
        path.slice(path.lastIndexOf('/') + 1),
        asked,
        answered,
      ]);
      expect(methods).toEqual([
        ['Echo', 1, 1],
        ['Split', 1, 3],
        ['Join', 2, 1],
        ['Chat', 2, 2],
      ]);
    }
  });

  it('says when the last call was started', async () => {
    const { client, server, clock } = setup();
    expect(server.total().lastStartedAtMs).toBe(undefined);
    clock.advance(5_000);
    await client.echo({});
    expect(server.total().lastStartedAtMs).toBe(Date.UTC(2020, 0, 1, 0, 0, 5));
  });

  it('counts failures, of streams behind their messages too', async () => {
    const { client, server, onClient } = setup({
      async echo() {
        throw new GrpcStatusError(GrpcStatus.NOT_FOUND);
      },
      async *split() {
        yield { value: 'a' };
        throw new GrpcStatusError(GrpcStatus.ABORTED);
      },
    });
    await Promise.allSettled([client.echo({}), all(client.split({}))]);
    for (const stats of [server, onClient]) {
      expect(stats.total()).toEqual(counts(2, 0, 2, { requestMessages: 2, responseMessages: 1 }));
    }
  });

  it('lets no call stay active that was cancelled or left, even if its handler goes on', async () => {
    const never = new Promise<never>(() => {});
    const { client, server, onClient } = setup({
      echo: () => never,
      join: () => never,
      async *split() {
        yield { value: 'a' };
        await never;
      },
    });
    const controller = new AbortController();
    for (const call of eachKind(client, { signal: controller.signal })) call.catch(() => {});
    const stream = client.split({});
    await stream.next();
    await settle(16);
    expect([server.total().active, onClient.total().active]).toEqual([4, 4]); // chat answers at once
    controller.abort();
    await stream.return();
    await settle(16);
    for (const stats of [server, onClient]) {
      expect(stats.total()).toMatchObject({ started: 5, succeeded: 1, failed: 4, active: 0 });
    }
  });

  it('gives what it was asked for, not what becomes of it', async () => {
    const { client, server } = setup();
    await client.echo({});
    const [before, methods] = [server.total(), server.byMethod()];
    await client.echo({});
    expect([before.started, methods.get('/test.v1.Echo/Echo')?.started]).toEqual([1, 1]);
  });
});

function counts(started: number, succeeded: number, failed: number, messages: Partial<GrpcCallCounts>): object {
  return { started, succeeded, failed, active: 0, lastStartedAtMs: expect.any(Number), ...messages };
}

function setup(handlers: Partial<ReturnType<typeof echoHandlers>> = {}) {
  const clock = new FakeClock();
  const [server, onClient] = [grpcStats({ clock }), grpcStats({ clock })];
  const echo = { ...echoHandlers({ calls: [], errors: [], log: [] }), ...handlers };
  const service = grpcService([implementService(EchoService, echo)], { layers: [server.layer], clock });
  const client = grpcClient(service, EchoService, { layers: [onClient.layer], clock });
  return { client, server, onClient, clock };
}
