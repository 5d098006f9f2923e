import type { HttpRequest, HttpResponse } from '@lamella/http';
import { deleteCookie, parseCookies, setCookie } from '@lamella/http-cookies';
import { UsageError } from '@lamella/service-core';
import { redirectResponse } from '@lamella/web';
import { jsonResponse } from './described-request.ts';
import type { EndpointGroup } from './endpoint.ts';
import { badRequest, queryPairs, textOf } from './parameters.ts';

/** Endpoints that keep something in the client. */
export function cookieEndpoints(): EndpointGroup {
  return {
    title: 'Cookies',
    endpoints: [
      {
        methods: ['GET'],
        path: '/cookies',
        what: 'The cookies of the request.',
        example: '/cookies',
        serve: ({ headers }) => jsonResponse({ cookies: Object.fromEntries(parseCookies(headers.get('cookie'))) }),
      },
      {
        methods: ['GET'],
        path: '/cookies/set',
        query: 'name=value, up to 20',
        what: 'Sets cookies, and redirects to /cookies.',
        example: '/cookies/set?theme=dark',
        serve: (request) =>
          withCookies(namesIn(request), (headers, name, value) => setCookie(headers, name, value, PLAIN)),
      },
      {
        methods: ['GET'],
        path: '/cookies/set/:name/:value',
        what: 'Sets one cookie, and redirects to /cookies.',
        example: '/cookies/set/theme/light',
        serve: (_request, params) =>
          withCookies([[textOf(params, 'name'), textOf(params, 'value')]], (headers, name, value) =>
            setCookie(headers, name, value, PLAIN),
          ),
      },
      {
        methods: ['GET'],
        path: '/cookies/delete',
        query: 'name, up to 20',
        what: 'Deletes cookies, and redirects to /cookies.',
        example: '/cookies/delete?theme',
        serve: (request) => withCookies(namesIn(request), (headers, name) => deleteCookie(headers, name, PLAIN)),
      },
    ],
  };
}

function namesIn(request: HttpRequest): readonly (readonly [name: string, value: string])[] {
  const pairs = queryPairs(request);
  if (pairs.length === 0) throw badRequest('the query names no cookie');
  if (pairs.length > MAX_COOKIES)
    throw badRequest(`the query has ${pairs.length} cookies; ${MAX_COOKIES} are the most`);
  return pairs;
}

function withCookies(
  pairs: readonly (readonly [name: string, value: string])[],
  add: (headers: HttpResponse['headers'], name: string, value: string) => void,
): HttpResponse {
  const response = redirectResponse('/cookies');
  for (const [name, value] of pairs) {
    try {
      add(response.headers, name, value);
    } catch (error) {
      if (error instanceof UsageError) throw badRequest(error.message);
      throw error;
    }
  }
  return response;
}

/** The server has no TLS. */
const PLAIN = { secure: false } as const;
const MAX_COOKIES = 20;
