import type { HttpRequest, HttpResponse } from '@lamella/http';
import { isToken } from '@lamella/http';
import { hash32 } from '@lamella/layers';
import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';

/** Options of {@link canaryService}. */
export interface CanaryOptions {
  /** Gets everything else. */
  readonly stable: Service<HttpRequest, HttpResponse>;
  /** Gets the share, and the requests that ask for it. */
  readonly canary: Service<HttpRequest, HttpResponse>;
  /** Share of requests for the canary, from 0 to 1. Default 0. */
  readonly share?: number;
  /**
   * A field of the request that decides by itself: `always` sends to the canary, `never` to the stable service, and anything else
   * leaves it to the share. Default: none. Clients can send it too; take it away from strangers outside of this.
   */
  readonly header?: string;
  /** What keeps a client on its side of the share, such as a user or an address. Default: each request is drawn by itself. */
  readonly key?: (request: HttpRequest) => string | undefined;
  /** Source of chance: at least 0 and less than 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/**
 * Sends a share of requests, and those that ask for it, to a canary.
 *
 * @remarks
 * With a `key`, who is on the canary at 5 % stays there at 10 %.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const stable = serviceFn(async (_request: HttpRequest) => HttpResponse.text('stable'));
 * const canary = serviceFn(async (_request: HttpRequest) => HttpResponse.text('canary'));
 * const service = canaryService({ stable, canary, share: 0.05, header: 'X-Canary' });
 */
export function canaryService(options: CanaryOptions): Service<HttpRequest, HttpResponse> {
  const { stable, canary, share = 0, header, key, random = Math.random } = options;
  if (!(share >= 0 && share <= 1)) throw new UsageError(`share must be from 0 to 1, got ${share}`);
  if (header !== undefined && !isToken(header))
    throw new UsageError(`header must be a field name, got ${JSON.stringify(header)}`);
  const isDrawn = (request: HttpRequest): boolean => {
    const asked = header === undefined ? undefined : request.headers.get(header)?.trim().toLowerCase();
    if (asked === 'always' || asked === 'never') return asked === 'always';
    const name = key?.(request);
    return (name === undefined ? random() : hash32(name) / 2 ** 32) < share;
  };
  return {
    serve(request) {
      try {
        return (isDrawn(request) ? canary : stable).serve(request);
      } catch (error) {
        return Promise.reject(error);
      }
    },
  };
}
