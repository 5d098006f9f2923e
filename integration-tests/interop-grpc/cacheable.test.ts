import { connectClientLayer, grpcClient, grpcService, implementService } from '@lamella/grpc';
import type { HttpRequest } from '@lamella/http';
import { httpCacheLayer } from '@lamella/http-cache';
import { serviceFn, stack } from '@lamella/service-core';
import { expect, it } from 'vitest';
import { ServedTestService, testHandlers } from './test-handlers.ts';
import { TestService } from './testing-pb.ts';

// interop-test-descriptions.md of grpc/grpc. What may be cached goes by GET, which is how Connect calls what has no side effects.
it('cacheable_unary', async () => {
  const methods: string[] = [];
  const origin = grpcService([implementService(ServedTestService, testHandlers())]);
  const seen = serviceFn((request: HttpRequest) => {
    methods.push(request.method);
    return origin.serve(request);
  });
  const service = stack(connectClientLayer(TestService, { useGet: true }), httpCacheLayer(), seen);
  const client = grpcClient(service, TestService, { url: 'http://localhost' });
  const call = async (text: string): Promise<string> => {
    const options = { metadata: { 'x-user-ip': '1.2.3.4' } };
    const { payload } = await client.cacheableUnaryCall({ payload: { body: Buffer.from(text) } }, options);
    return Buffer.from(payload?.body ?? []).toString();
  };
  const first = await call('now');
  expect(first).toMatch(/^[0-9]+$/);
  expect(await call('now')).toBe(first);
  expect(await call('later')).not.toBe(first);
  expect(methods).toEqual(['GET', 'GET']);
});
