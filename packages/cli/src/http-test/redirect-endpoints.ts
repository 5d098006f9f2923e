import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { RedirectStatus } from '@lamella/web';
import { redirectResponse } from '@lamella/web';
import { baseOf } from './described-request.ts';
import type { EndpointGroup } from './endpoint.ts';
import { badRequest, integerOf, queryText } from './parameters.ts';

/** Endpoints that send clients elsewhere. */
export function redirectEndpoints(): EndpointGroup {
  const hops = { min: 1, max: 100 };
  return {
    title: 'Redirects',
    endpoints: [
      {
        methods: ['GET'],
        path: '/redirect/:n',
        what: 'Redirects 1 to 100 times by path, then to /get.',
        example: '/redirect/3',
        serve: (_request, params) => redirectResponse(nextHop('/redirect', integerOf(params, 'n', hops))),
      },
      {
        methods: ['GET'],
        path: '/relative-redirect/:n',
        what: 'The same by its own name.',
        example: '/relative-redirect/3',
        serve: (_request, params) => redirectResponse(nextHop('/relative-redirect', integerOf(params, 'n', hops))),
      },
      {
        methods: ['GET'],
        path: '/absolute-redirect/:n',
        what: 'The same by whole URLs.',
        example: '/absolute-redirect/3',
        serve: (request, params) =>
          redirectResponse(`${baseOf(request)}${nextHop('/absolute-redirect', integerOf(params, 'n', hops))}`),
      },
      {
        methods: 'any',
        path: '/redirect-to',
        query: 'url, status_code (301, 302, 303, 307 or 308; 302)',
        what: 'Redirects to a URL of http or https, or to a path.',
        example: '/redirect-to?url=%2Fget&status_code=307',
        serve: redirectTo,
      },
    ],
  };
}

function nextHop(path: string, hops: number): string {
  return hops === 1 ? '/get' : `${path}/${hops - 1}`;
}

function redirectTo(request: HttpRequest): HttpResponse {
  const url = queryText(request, 'url');
  if (url === undefined) throw badRequest('url is missing in the query');
  const code = Number(queryText(request, 'status_code') ?? 302);
  const status = STATUSES.find((each) => each === code);
  if (status === undefined) throw badRequest(`status_code must be one of ${STATUSES.join(', ')}`);
  try {
    return redirectResponse(url, { status });
  } catch {
    throw badRequest('url must be a URL of http or https, or a path that begins with one slash, in ASCII');
  }
}

const STATUSES: readonly RedirectStatus[] = [301, 302, 303, 307, 308];
