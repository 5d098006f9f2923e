import { HttpRequest, HttpResponse } from '@lamella/http';
import { serviceFn } from '@lamella/service-core';
import { expect, it } from 'vitest';
import { forwardRequest } from './forward-request.ts';
import { fullForwarding } from './forwarding-options.ts';

it.each([
  ['2', 'h2c', 501],
  ['2', 'websocket', 204],
  ['1.1', 'h2c', 204],
] as const)('HTTP/%s with an upgrade to %s is answered with %i', async (version, upgrade, status) => {
  const client = serviceFn(async (_request: HttpRequest) => HttpResponse.from({ status: 204 }));
  const target = 'http://origin.test/';
  const request = HttpRequest.from({ target, version, headers: { Connection: 'Upgrade', Upgrade: upgrade } });
  const outbound = { target, headers: request.headers.clone() };
  expect(await forwardRequest(request, outbound, fullForwarding({ client }, false))).toMatchObject({ status });
});
