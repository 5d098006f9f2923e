import type { HttpResponse } from '@lamella/http';
import { HttpRequest } from '@lamella/http';
import type { Clock, Lifecycle, Service } from '@lamella/service-core';

/** Options of {@link loadMaker}. */
export interface LoadOptions {
  readonly client: Service<HttpRequest, HttpResponse>;
  readonly gateway: string;
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
}

/**
 * Makes a function that begins to send requests to the gateway: one for a `slow`, `flaky`, `broken`, `stuck` or `missing` thing, or a `mix` of
 * thirty over three seconds.
 */
export function loadMaker({ client, gateway, clock, lifecycle }: LoadOptions): (kind: string) => void {
  const ask = async (item: string): Promise<void> => {
    const response = await client.serve(HttpRequest.from({ target: `${gateway}/offers/${item}` }));
    response.body.cancel();
  };

  let running = 0;
  return (kind) => {
    const items = kind === 'mix' ? MIX : KINDS.filter((known) => known === kind);
    if (items.length === 0) throw new RangeError(`there is no load ${JSON.stringify(kind)}`);
    if (running >= MAX_RUNNING) return; // enough is going on
    running++;
    lifecycle.spawn('load', async () => {
      try {
        for (const item of items) {
          if (lifecycle.phase !== 'running') break;
          void ask(item).catch(() => {}); // the traces tell of it
          await new Promise<void>((resolve) => clock.startTimer(100, resolve));
        }
      } finally {
        running--;
      }
    });
  };
}

const KINDS = ['tea', 'slow', 'flaky', 'broken', 'stuck', 'missing'];
const MIX = Array.from({ length: 5 }, () => ['tea', 'coffee', 'flaky', 'bread', 'honey', 'rice'])
  .flat()
  .map((item, index) => ({ 7: 'slow', 14: 'broken', 19: 'missing', 23: 'stuck' })[index] ?? item);
const MAX_RUNNING = 4;
