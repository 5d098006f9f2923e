import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Layer, Service } from '@lamella/service-core';
import type { AcmeSolver } from './acme-solver.ts';

/** Answers the challenges `http-01` of an ACME server. */
export interface HttpChallenges extends AcmeSolver {
  readonly type: 'http-01';
  /** Answers requests below `/.well-known/acme-challenge/`, with 404 if there is no such challenge; passes others on. */
  readonly layer: Layer<HttpRequest, HttpResponse>;
  /** The same by itself: answers other requests with 404. For a server that does nothing else, on port 80. */
  readonly service: Service<HttpRequest, HttpResponse>;
}

/**
 * Answers challenges by HTTP: RFC 8555 section 8.3, `http-01`.
 *
 * @remarks
 * The server asks at port 80 of the name, in clear. Belongs outside of what redirects to https. The only thing that it ever answers with is
 * the key authorization of a challenge under way, and for the name that it is about alone.
 *
 * @example
 * import { HttpResponse } from '@lamella/http';
 * import { serviceFn, stack } from '@lamella/service-core';
 *
 * const challenges = httpChallenges();
 * const server = stack(challenges.layer, serviceFn(() => HttpResponse.text('hello')));
 */
export function httpChallenges(): HttpChallenges {
  const shown = new Map<string, { readonly identifier: string; readonly keyAuthorization: string }>();
  const answer = ({ method, path, authority }: HttpRequest): HttpResponse | undefined => {
    if (!path.startsWith(PREFIX)) return undefined;
    const known = shown.get(path.slice(PREFIX.length));
    const isKnown = known !== undefined && hostOf(authority) === known.identifier;
    if (!isKnown || (method !== 'GET' && method !== 'HEAD')) return NOT_FOUND();
    const headers = { 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-store' };
    return HttpResponse.from({ headers, body: known.keyAuthorization });
  };
  return {
    type: 'http-01',
    present({ token, identifier, keyAuthorization }) {
      shown.set(token, { identifier, keyAuthorization });
    },
    remove({ token }) {
      shown.delete(token);
    },
    layer: (inner) => ({
      async serve(request) {
        return answer(request) ?? inner.serve(request);
      },
    }),
    service: { serve: async (request) => answer(request) ?? NOT_FOUND() },
  };
}

function hostOf(authority: string | undefined): string | undefined {
  return authority
    ?.replace(/:[0-9]*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

function NOT_FOUND(): HttpResponse {
  return HttpResponse.text('not found\n', { status: 404 });
}

const PREFIX = '/.well-known/acme-challenge/';
