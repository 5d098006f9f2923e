import { httpServerLayer } from '@lamella/http';
import { createConnection } from '@lamella/net-core';
import { checkLedger, end, receive, receiveEnd, scriptedStream, send } from '@lamella/net-core/testing';
import { stack } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { greeting } from './greeting.ts';

checkLedger({ beforeEach, afterEach });

// #region answer
it('answers on the wire as agreed', async () => {
  const clock = new FakeClock({ epochMs: Date.UTC(2030, 0, 1) }); // the Date field stands still as well
  const server = stack(httpServerLayer({ clock }), greeting);
  const { stream, done } = scriptedStream([
    send('POST / HTTP/1.1\r\nHost: app.test\r\nContent-Len'),
    send('gth: 3\r\nConnection: close\r\n\r\nA'),
    send('nn'),
    receive(
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n' +
        'Date: Tue, 01 Jan 2030 00:00:00 GMT\r\nConnection: close\r\n\r\n{"hello":"Ann"}',
    ),
    receiveEnd(),
    end(),
  ]);
  await server.serve(createConnection(stream));
  await done;
});
// #endregion answer

// #region timeout
it('gives up on a client that never finishes its request', async () => {
  const clock = new FakeClock();
  const server = stack(httpServerLayer({ clock, timeouts: { headerTimeoutMs: 5_000 } }), greeting);
  const { stream, done } = scriptedStream([
    send('POST / HTTP/1.1\r\nHost: app.t'),
    receive(
      'HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 16\r\n' +
        'Date: Wed, 01 Jan 2020 00:00:05 GMT\r\nConnection: close\r\n\r\nRequest Timeout\n',
    ),
    receiveEnd(),
    end(),
  ]);
  const serving = server.serve(createConnection(stream));

  await clock.advanceAsync(4_999);
  expect(await Promise.race([done, 'nothing yet'])).toBe('nothing yet');

  await clock.advanceAsync(1);
  await Promise.all([done, serving]);
});
// #endregion timeout
