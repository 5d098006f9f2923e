import { HttpRequest } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { frame, SETTINGS_ACK, settings } from './support/frames.ts';
import { RawServer } from './support/raw-server.ts';

checkLedger({ beforeEach, afterEach });

describe('an upgrade that waits for the settings of the server', () => {
  it.each([
    ['ends the connection', async (server: RawServer) => void (await server.stream.closeWrite())],
    ['resets the connection', async (server: RawServer) => server.stream.destroy(new Error('gone'))],
    ['says something else', async (server: RawServer) => server.send(frame(0x6, 0, 0, Buffer.alloc(8)))],
    [
      'leaves',
      async (server: RawServer) => server.send(settings([8, 1]), SETTINGS_ACK, frame(0x7, 0, 0, Buffer.alloc(8))),
    ],
  ])('may be sent elsewhere if the server %s before', async (_, end) => {
    const server = await RawServer.open({ greeting: [] });
    const answer = server.connection.serve(upgrade());
    const failed = expect(answer).rejects.toMatchObject({
      code: 'LML_ERR_HTTP_CONNECTION_CLOSED',
      processed: 'no',
      facts: { layer: 'h2', phase: 'request', retryable: true, bytesOut: 0 },
    });
    await end(server);
    await failed;
    server.connection.destroy();
    await server.close();
    expect(server.clock.pendingTimers).toBe(0);
  });

  it('fails with the reason of its caller', async () => {
    const server = await RawServer.open({ greeting: [] });
    const [controller, reason] = [new AbortController(), new Error('given up')];
    const answer = server.connection.serve(upgrade(controller.signal));
    controller.abort(reason);
    await expect(answer).rejects.toBe(reason);
    server.connection.destroy();
    await server.close();
  });
});

function upgrade(signal?: AbortSignal): HttpRequest {
  const headers = { Connection: 'upgrade', Upgrade: 'echo' };
  return HttpRequest.from({ target: 'http://a.test/', headers, ...(signal && { signal }) });
}
