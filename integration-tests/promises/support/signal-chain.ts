import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpResponse } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { expect } from 'vitest';
import type { Chain, ChainOptions } from './chain.ts';
import { openChain } from './chain.ts';

/** A chain whose origin keeps the signals of all its calls. */
export interface SignalChain {
  readonly chain: Chain;
  readonly signals: readonly AbortSignal[];
  /** How upgraded connections broke off, at the origin. */
  readonly farEnds: readonly unknown[];
  /** Ends everything, and sees that no timer is left. */
  readonly close: () => Promise<void>;
}

/** Opens a {@link SignalChain}. */
export function openSignalChain(options: Partial<ChainOptions> = {}): SignalChain {
  const signals: AbortSignal[] = [];
  const farEnds: unknown[] = [];
  const listening = serviceFn(async ({ stream }: Connection) => {
    await stream.read().catch((error: unknown) => farEnds.push(error));
  });
  const origin = serviceFn(async (request: HttpRequest) => {
    signals.push(request.signal);
    switch (request.path) {
      case '/wait':
        return request.scope.race(new Promise<never>(() => {}));
      case '/read':
        return HttpResponse.text(await request.body.text());
      case '/slow':
        await settle(10);
        return HttpResponse.text('slow');
      case '/stream':
        return HttpResponse.from({ body: HttpBody.from(['one', 'two']) });
      case '/endless':
        return HttpResponse.from({ body: HttpBody.from(endless(request.signal)) });
      case '/upgrade':
        return HttpResponse.upgrade({ headers: { Connection: 'upgrade', Upgrade: 'x' } }, listening);
      default:
        return HttpResponse.text('ok');
    }
  });
  const chain = openChain({ origin, ...options });
  return {
    chain,
    signals,
    farEnds,
    async close() {
      await chain.close();
      expect(chain.clock.pendingTimers).toBe(0);
    },
  };
}

/** Bytes now and then, until nobody wants them. */
async function* endless(signal: AbortSignal): AsyncGenerator<string> {
  yield 'some';
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
