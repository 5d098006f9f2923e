import { HttpRequest, HttpResponse } from '@lamella/http';
import { formatAddress, PeerAddress } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Http2StreamId } from '../keys.ts';
import { http2ClientOn } from './http2-client-on.ts';

checkLedger({ beforeEach, afterEach });

it('a client on a service speaks HTTP/2 with it, over one connection, by the clock that it is given', async () => {
  const clock = new FakeClock();
  const app = serviceFn(async (request: HttpRequest) => {
    const { extensions, version, path, authority } = request;
    const peer = extensions.get(PeerAddress);
    const facts = [extensions.get(Http2StreamId), version, authority, path, peer && formatAddress(peer)];
    return HttpResponse.json({ facts, body: await request.body.text() });
  });
  const client = http2ClientOn(app, { clock, server: { limits: { maxConcurrentStreams: 10 } } });
  const answers = ['a', 'b'].map(async (body) => {
    const response = await client.serve(HttpRequest.from({ method: 'POST', target: `http://app.test/${body}`, body }));
    return response.body.json();
  });
  expect(await Promise.all(answers)).toEqual([
    { facts: [1, '2', 'app.test', '/a', '192.0.2.1:49152'], body: 'a' },
    { facts: [3, '2', 'app.test', '/b', '192.0.2.1:49152'], body: 'b' },
  ]);
  client.destroy();
  await clock.advanceAsync(0);
  expect(clock.pendingTimers).toBe(0);
});

it('refuses what the protocol refuses', () => {
  const app = serviceFn(() => HttpResponse.text('ok'));
  expect(() => http2ClientOn(app, { client: { maxConcurrentRequests: 0 } })).toThrow('maxConcurrentRequests');
});
