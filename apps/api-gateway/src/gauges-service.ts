import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { RateLimitLayer } from '@lamella/layers';
import type { UpstreamGroup } from '@lamella/proxy';
import type { Lifecycle, Service } from '@lamella/service-core';

/** What {@link gaugesService} looks at. */
export interface Gauged {
  readonly lifecycle: Lifecycle;
  readonly group: UpstreamGroup;
  readonly limit: RateLimitLayer<HttpRequest>;
}

/** Tells people how things stand, as JSON. */
export function gaugesService({ lifecycle, group, limit }: Gauged): Service<HttpRequest, HttpResponse> {
  return {
    async serve() {
      const { keys, storeFailures } = limit;
      const state = { phase: lifecycle.phase, rateLimit: { keys, storeFailures }, [group.name]: group.gauges() };
      const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
      return HttpResponse.text(`${JSON.stringify(state, undefined, 2)}\n`, { headers });
    },
  };
}
