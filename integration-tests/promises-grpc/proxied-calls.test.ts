import { grpcClient, grpcService, implementService } from '@lamella/grpc';
import { http2ServerLayer } from '@lamella/http2';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { proxiedCases } from './support/proxied-cases.ts';
import type { ProxiedWay } from './support/proxied-ways.ts';
import { direct, openWay, proxiedWays } from './support/proxied-ways.ts';
import type { ProxiedCase } from './support/proxied-words.ts';
import { Words, wordsHandlers } from './support/proxied-words.ts';

checkLedger({ beforeEach, afterEach });

it('there are sixty cases and more, each once', () => {
  const names = proxiedCases.map(({ name }) => name);
  expect(names.length).toBeGreaterThanOrEqual(60);
  expect(new Set(names).size).toBe(names.length);
});

// The proxies have no files of any schema: what they carry is bytes, fields and trailers.
describe.each([direct, ...proxiedWays])('$name', (way) => {
  it.each(proxiedCases)('$name', async (given) => {
    const { seen, logged } = await play(given, way);
    expect(seen).toEqual(given.sees);
    expect(logged).toEqual(given.logs ?? []);
  });
});

async function play(given: ProxiedCase, way: ProxiedWay): Promise<{ seen: unknown; logged: string[] }> {
  const log: string[] = [];
  const clock = new FakeClock();
  const handlers = { ...wordsHandlers(), ...given.handlers?.(log) };
  const service = grpcService([implementService(Words, handlers)], { clock, ...given.server });
  const server = http2ServerLayer({ onError() {} })(service);
  const open = openWay(way, Words, (connection) => server.serve(connection));
  try {
    const client = grpcClient(open.service, Words, { url: 'http://app.test', clock, ...given.client });
    return { seen: await given.run(client, log, clock), logged: log };
  } finally {
    await open.close();
  }
}
