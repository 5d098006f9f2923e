import { createHttpClient, HttpBody, HttpRequest, HttpResponse } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

checkLedger({ beforeEach, afterEach });

const MIB = 1024 * 1024;

// Time is that of the network, which stands still while anybody computes: what is measured is what windows cost, and nothing else.
describe('16 MiB over a way of 20 ms there and back', () => {
  it.each([
    ['down, on a fresh connection', 'GET', false],
    ['up, on a fresh connection', 'POST', false],
    ['down, on a connection that has been used', 'GET', true],
    ['up, on a connection that has been used', 'POST', true],
  ])('come at 50 MiB/s or more %s, by the defaults', async (_way, method, isWarm) => {
    const { clock, transfer, close } = open();
    if (isWarm) await transfer(method, 16 * MIB);
    const beganMs = clock.nowMs();
    const received = await transfer(method, 16 * MIB);
    const seconds = (clock.nowMs() - beganMs) / 1_000;
    expect(received).toBe(16 * MIB);
    expect(16 / seconds).toBeGreaterThan(50);
    await close();
  });
});

function open() {
  const clock = new FakeClock();
  const lifecycle = createLifecycle({ clock });
  const network = memoryNetwork({ clock, windowBytes: 4 * MIB }); // as of TCP on such a way
  network.setConditions({ latencyMs: 10 });
  const service = serviceFn(async (request: HttpRequest) => {
    let received = 0;
    for await (const chunk of request.body) received += chunk.length;
    const size = Number(request.headers.get('x-size') ?? 0);
    return HttpResponse.from({ headers: { 'x-received': String(received) }, body: HttpBody.from(zeros(size)) });
  });
  const server = http2ServerLayer({ clock, lifecycle })(service);
  void serveListener(network.listen('origin.test:80'), server, { lifecycle });
  const client = createHttpClient({ connector: network.connector(), protocols: [http2()], clock });

  const exchange = async (method: string, size: number): Promise<number> => {
    const isUp = method === 'POST';
    const response = await client.serve(
      HttpRequest.from({
        method,
        target: 'http://origin.test/',
        headers: isUp ? {} : { 'x-size': String(size) },
        ...(isUp ? { body: HttpBody.from(zeros(size)) } : {}),
      }),
    );
    let received = 0;
    for await (const chunk of response.body) received += chunk.length;
    return isUp ? Number(response.headers.get('x-received')) : received;
  };
  const transfer = async (method: string, size: number): Promise<number> => {
    let result: number | undefined;
    const done = exchange(method, size).then((received) => {
      result = received;
    });
    for (let turn = 0; result === undefined && turn < 10_000; turn++) await clock.advanceAsync(1);
    await done;
    return result ?? 0;
  };
  const close = async (): Promise<void> => {
    client.destroy();
    const drained = lifecycle.drain({ graceMs: 0 });
    await clock.advanceAsync(10_000);
    await drained;
  };
  return { clock, transfer, close };
}

async function* zeros(size: number): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; left -= 65_536) yield new Uint8Array(Math.min(left, 65_536));
}
