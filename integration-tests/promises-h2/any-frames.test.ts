import type { HttpProtocol, HttpRequest } from '@lamella/http';
import { HttpBody, HttpResponse, http1 } from '@lamella/http';
import { http2 } from '@lamella/http2';
import type { Connection } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { isLamellaError, serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openChain } from '../promises/support/chain.ts';
import { echo } from '../promises/support/echo.ts';
import { checkProcess } from '../promises/support/process-failures.ts';
import { seeded } from '../promises/support/seeded.ts';
import { PREFACE, SETTINGS_ACK, settingsFrame } from './support/h2-script.ts';
import { RandomFrames } from './support/random-frames.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const FAILURE = new Error('the service fails');
const SEEDS = Array.from({ length: 4 }, (_, index) => index * 25);

describe.each<[string, HttpProtocol]>([
  ['HTTP/1.1', http1()],
  ['HTTP/2', http2()],
])('proxies that speak %s to the origin', (_version, protocol) => {
  // Each seed is another client; the same seed is the same client again.
  it.each(SEEDS)('leave nothing of 25 clients that send anything, from seed %i on', async (firstSeed) => {
    for (let seed = firstSeed; seed < firstSeed + 25; seed++) {
      const chain = openChain({ origin, version: 'HTTP/2', egress: { protocols: [protocol] } });
      const random = seeded(seed);
      const address = random(2) === 0 ? 'edge.test:80' : 'proxy.test:3128';
      const { stream } = await chain.connect(address);
      await assail(stream, new RandomFrames(random, address === 'edge.test:80' ? 'edge.test' : 'origin.test'), random);
      if (random(2) === 0) await chain.clock.advanceAsync(400_000); // everything that has a deadline is over
      if (random(2) === 0) void stream.closeWrite().catch(() => {});
      await settle(4);
      stream.destroy(random(2) === 0 ? new Error('gone') : undefined);
      await settle(10);
      await chain.close();
      const untyped = chain.errors.filter((error) => error !== FAILURE && !isLamellaError(error));
      expect({ seed, untyped, serving: chain.serving, timers: chain.clock.pendingTimers }).toEqual({
        seed,
        untyped: [],
        serving: 0,
        timers: 0,
      });
    }
  });
});

/** Sends forty frames, of which some come together. */
async function assail(
  stream: Connection['stream'],
  frames: RandomFrames,
  random: (below: number) => number,
): Promise<void> {
  void drain(stream);
  const send = (bytes: Uint8Array): void => void stream.write([Uint8Array.from(bytes)])?.catch(() => {});
  send(Buffer.concat([PREFACE, settingsFrame(), SETTINGS_ACK]));
  for (let count = 0; count < 40; count++) {
    send(frames.next());
    if (random(3) === 0) await settle(2);
  }
  await settle(8);
}

async function drain(stream: Connection['stream']): Promise<void> {
  try {
    while ((await stream.read()) !== undefined);
  } catch {
    // The proxy has had enough.
  }
}

const origin = serviceFn(async (request: HttpRequest) => {
  switch (request.path) {
    case '/wait':
      return request.scope.race(new Promise<never>(() => {}));
    case '/fail':
      throw FAILURE;
    case '/read':
      return HttpResponse.text(await request.body.text());
    case '/echo':
      return HttpResponse.from({ body: request.body });
    case '/endless':
      return HttpResponse.from({ body: HttpBody.from(endless(request.signal)) });
    case '/upgrade':
      return HttpResponse.upgrade({ headers: { Connection: 'upgrade', Upgrade: 'echo' } }, echo);
    default:
      return HttpResponse.text('ok');
  }
});

async function* endless(signal: AbortSignal): AsyncGenerator<string> {
  while (!signal.aborted) {
    yield 'x'.repeat(30_000);
    await settle(1);
  }
}
