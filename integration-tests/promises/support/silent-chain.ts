import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { patternBytes } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { expect } from 'vitest';
import type { Chain } from './chain.ts';
import { openChain } from './chain.ts';
import type { HttpVersion } from './http-version.ts';

/** A chain for clients that fall silent, whose origin may do so too. */
export interface SilentChain {
  readonly chain: Chain;
  /** Ends everything, and sees that no timer is left. */
  readonly closeAll: () => Promise<void>;
}

/** Opens a {@link SilentChain}. */
export function openSilentChain(version: HttpVersion): SilentChain {
  const origin = serviceFn(async (request: HttpRequest) => {
    switch (request.path) {
      case '/large':
        return HttpResponse.from({ body: patternBytes(1_000_000) });
      case '/mute':
        return request.scope.race(new Promise<never>(() => {}));
      case '/read':
        return HttpResponse.text(await request.body.text());
      default:
        return HttpResponse.text(`${request.method} ${request.path}`);
    }
  });
  const chain = openChain({ origin, version });
  return {
    chain,
    async closeAll() {
      await chain.close();
      expect(chain.clock.pendingTimers).toBe(0);
    },
  };
}
