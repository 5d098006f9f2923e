import { createHttpClient } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import type { Connection } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectClientLayer, grpcClient, grpcService, grpcWebClientLayer, implementService } from '../src/index.ts';
import { echoHandlers } from './support/call-cases.ts';
import { EchoService } from './support/echo-service.ts';

checkLedger({ beforeEach, afterEach });

describe.each([
  ['gRPC', (inner: ReturnType<typeof createHttpClient>) => inner],
  ['gRPC-Web', grpcWebClientLayer()],
  ['Connect', connectClientLayer(EchoService)],
])('a call of %s that waits for a connection', (_, layer) => {
  it('tells the server the time that is left when it is sent', async () => {
    const clock = new FakeClock();
    const leftMs: (number | undefined)[] = [];
    const base = echoHandlers({ calls: [], errors: [], log: [] });
    const service = grpcService(
      [
        implementService(EchoService, {
          ...base,
          echo(message, call) {
            leftMs.push(call.deadline?.remainingMs);
            return message;
          },
        }),
      ],
      { clock },
    );
    const server = http2ServerLayer({ clock })(service);
    let connect = (): void => {};
    const connector = {
      serve: () =>
        new Promise<Connection>((resolve) => {
          connect = () => {
            const [near, far] = memoryPipe();
            void server.serve(createConnection(far));
            resolve(createConnection(near));
          };
        }),
    };
    const http = createHttpClient({ connector, protocols: [http2()], clock });
    const client = grpcClient(layer(http), EchoService, { url: 'http://app.test', clock });

    const late = client.echo({}, { timeoutMs: 1_000 });
    await settle(8);
    clock.advance(700);
    connect();
    await late;
    await client.echo({}, { timeoutMs: 1_000 });
    expect(leftMs).toEqual([300, 1_000]);
    await http.close();
  });
});
