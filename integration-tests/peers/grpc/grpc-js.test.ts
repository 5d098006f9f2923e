import { compressionAlgorithms } from '@grpc/grpc-js';
import { grpcClient, HealthService, HealthStatus } from '@lamella/grpc';
import { describe, expect, it, onTestFinished } from 'vitest';
import { grpcJsClient } from '../../support/grpc/grpc-js-client.ts';
import { grpcJsServer } from '../../support/grpc/grpc-js-server.ts';
import { useLedger } from '../../support/ledger.ts';
import { openHttp, serveBytes } from './bytes-server.ts';
import { Bytes, bytesHandlers } from './bytes-service.ts';
import type { BytesPeers } from './peer-cases.ts';
import { peerCases } from './peer-cases.ts';

describe.each(['identity', 'gzip'] as const)('a client of ours and a server of grpc-js, with %s', (encoding) => {
  useLedger();

  it.each(peerCases)('$name', async ({ run }) => {
    const log: string[] = [];
    const server = await grpcJsServer(Bytes, bytesHandlers(log), { 'grpc-node.max_session_memory': 100 });
    onTestFinished(server.stop);
    const url = `http://${server.address}`;
    await run({ client: grpcClient(openHttp(PINGING), Bytes, { url, encoding }), log: () => log });
  });
});

describe.each(['identity', 'gzip'] as const)('a client of grpc-js and a server of ours, with %s', (encoding) => {
  useLedger();

  it.each(peerCases)('$name', async ({ run }) => {
    const log: string[] = [];
    await run({ client: theirClient(await serveBytes(log, { encoding }), encoding), log: () => log });
  });
});

describe('health', () => {
  useLedger();

  it('of ours is checked and watched by grpc-js', async () => {
    const { client, close } = grpcJsClient(HealthService, await serveBytes([]));
    onTestFinished(close);
    expect((await client.check({ service: '' })).status).toBe(HealthStatus.SERVING);
    await expect(client.check({ service: 'x' })).rejects.toMatchObject({ statusName: 'NOT_FOUND' });
    for await (const { status } of client.watch({ service: '' })) {
      expect(status).toBe(HealthStatus.SERVING);
      break;
    }
  });

  it('of a server of grpc-js is checked by us', async () => {
    const { SERVING: status } = HealthStatus;
    const server = await grpcJsServer(HealthService, {
      check: async () => ({ status }),
      list: async () => ({ statuses: { x: { status } } }),
      async *watch() {
        yield { status };
      },
    });
    onTestFinished(server.stop);
    const client = grpcClient(openHttp(), HealthService, { url: `http://${server.address}` });
    expect((await client.check({ service: '' })).status).toBe(status);
    expect((await client.list({})).statuses['x']?.status).toBe(status);
  });
});

function theirClient(address: string, encoding: 'identity' | 'gzip'): BytesPeers['client'] {
  const { client, close } = grpcJsClient(Bytes, address, {
    'grpc.default_compression_algorithm': compressionAlgorithms[encoding],
    'grpc.keepalive_time_ms': 200,
  });
  onTestFinished(close);
  return client;
}

const PINGING = { timeouts: { keepAliveMs: 200 } } as const;
