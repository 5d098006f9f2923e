import type { HttpRequest, HttpResponse } from '@lamella/http';
import { describedContent } from './described-content.ts';
import type { DescribedRequest } from './described-request.ts';
import { describedHead, headersOf, jsonResponse, originOf } from './described-request.ts';
import type { Endpoint, EndpointGroup, Method } from './endpoint.ts';

/** Endpoints that tell what was asked of them. */
export function echoEndpoints(): EndpointGroup {
  return {
    title: 'What arrived',
    endpoints: [
      ...METHODS.map(methodEndpoint),
      {
        methods: 'any',
        path: '/anything',
        what: 'Describes a request of any method.',
        example: '/anything?a=1',
        serve,
      },
      {
        methods: 'any',
        path: '/anything/*rest',
        what: 'The same for any path below.',
        example: '/anything/a/b?c=d',
        serve,
      },
      {
        methods: ['GET'],
        path: '/headers',
        what: 'The fields of the request.',
        example: '/headers',
        serve: (request) => jsonResponse({ headers: headersOf(request) }),
      },
      {
        methods: ['GET'],
        path: '/ip',
        what: 'The address that the request came from.',
        example: '/ip',
        serve: (request) => jsonResponse({ origin: originOf(request) }),
      },
      {
        methods: ['GET'],
        path: '/user-agent',
        what: 'The User-Agent of the request.',
        example: '/user-agent',
        serve: ({ headers }) => jsonResponse({ 'user-agent': headers.get('user-agent') ?? null }),
      },
    ],
  };
}

/** The whole request as JSON. */
export async function describedRequest(request: HttpRequest): Promise<DescribedRequest> {
  const head = describedHead(request);
  return { method: request.method, ...head, ...(await describedContent(request)) };
}

async function serve(request: HttpRequest): Promise<HttpResponse> {
  return jsonResponse(await describedRequest(request));
}

function methodEndpoint(method: Method): Endpoint {
  const path = `/${method.toLowerCase()}`;
  const base = {
    methods: [method],
    path,
    what: `Describes a ${method} request: args, headers, form, files, json.`,
    serve,
  };
  return method === 'GET' ? { ...base, example: '/get?name=value' } : base;
}

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
