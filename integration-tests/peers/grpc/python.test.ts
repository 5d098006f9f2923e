import { fileURLToPath } from 'node:url';
import { grpcClient, HealthService, HealthStatus } from '@lamella/grpc';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { peerPath, usePeers } from '../../support/peers.ts';
import { run } from '../../support/run.ts';
import { startProcess } from '../../support/start-process.ts';
import { openHttp, serveBytes } from './bytes-server.ts';
import { Bytes } from './bytes-service.ts';
import { peerCases } from './peer-cases.ts';

const SCRIPT = fileURLToPath(new URL('python-peer.py', import.meta.url));

describe.each(['identity', 'gzip'] as const)('a client of ours and a server of grpcio, with %s', (encoding) => {
  usePeers('python3-grpcio');
  useLedger();

  it('agree on each case', async () => {
    const server = startProcess(peerPath('python3-grpcio'), [SCRIPT, 'serve']);
    const [, port] = await server.printed(/port (\d+)/);
    const url = `http://127.0.0.1:${port}`;
    const http = openHttp({ timeouts: { keepAliveMs: 200 } });
    for (const { name, run: runCase } of peerCases) {
      const before = server.stdout().length;
      const log = () =>
        server
          .stdout()
          .slice(before)
          .trim()
          .split('\n')
          .filter((line) => line !== '');
      await runCase({ client: grpcClient(http, Bytes, { url, encoding }), log }).catch((cause: unknown) => {
        throw new Error(name, { cause });
      });
    }
    // As most servers of gRPC, it sends blanks as they are, which HTTP/2 allows nobody to do.
    await expect(grpcClient(http, Bytes, { url }).say(Buffer.from('blanks'))).rejects.toMatchObject({
      statusName: 'NOT_FOUND',
      statusMessage: 'no such:',
      metadata: expect.objectContaining({ size: 1 }),
    });
    const health = grpcClient(http, HealthService, { url });
    expect((await health.check({ service: '' })).status).toBe(HealthStatus.SERVING);
  });
});

describe.each(['identity', 'gzip'] as const)('a client of grpcio and a server of ours, with %s', (encoding) => {
  usePeers('python3-grpcio');
  useLedger();

  it('agree on each case', async () => {
    const log: string[] = [];
    const address = await serveBytes(log, { encoding });
    const { stdout, stderr, code } = await run(peerPath('python3-grpcio'), [SCRIPT, 'call', address]);
    expect([code, stderr]).toEqual([0, '']);
    const pairs = [
      ['x-word', 'one'],
      ['x-word', 'two'],
      ['x-bin', [0, 255]],
    ];
    const ends = pairs.map(([name, value]) => [`end-${name}`, value]);
    expect(JSON.parse(stdout)).toEqual({
      unary: ['hi', pairs, ends],
      blanks: [
        ['x-word', 'one two'],
        ['x-word', ''],
      ],
      serverStreaming: ['abc', pairs, ends],
      clientStreaming: 'ab',
      bidi: ['A', 'B'],
      compressed: true,
      full: 4_194_304,
      tooLong: 'RESOURCE_EXHAUSTED',
      failure: ['NOT_FOUND', 'nö 100%', 'so', [8, 5, 18, 1, 120]],
      cancelledByServer: ['CANCELLED', 'by the server'],
      deadline: 'DEADLINE_EXCEEDED',
      cancelled: true,
      unimplemented: 'UNIMPLEMENTED',
      health: [[8, 1], 'NOT_FOUND'],
      reflection: true,
    });
    // Both are told of; the one whose time is over may hear of it when the next has begun.
    const count = (entry: string): number => log.filter((each) => each === entry).length;
    expect(count('begun')).toBeGreaterThanOrEqual(2);
    await expect.poll(() => count('aborted')).toBe(count('begun'));
  });
});
