import type { HttpRequest, HttpResponse } from '@lamella/http';
import { responseHeadersLayer } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { stack } from '@lamella/service-core';
import type { ProblemLayerOptions, Router } from '@lamella/web';
import { problemLayer, router } from '@lamella/web';
import { authEndpoints } from './auth-endpoints.ts';
import { cacheEndpoints } from './cache-endpoints.ts';
import { codingEndpoints } from './coding-endpoints.ts';
import { connectionEndpoints } from './connection-endpoints.ts';
import { cookieEndpoints } from './cookie-endpoints.ts';
import { echoEndpoints } from './echo-endpoints.ts';
import type { Endpoint, EndpointGroup, EndpointParts } from './endpoint.ts';
import { formatEndpoints } from './format-endpoints.ts';
import { indexPage } from './index-page.ts';
import { redirectEndpoints } from './redirect-endpoints.ts';
import { statusEndpoints } from './status-endpoints.ts';
import { streamEndpoints } from './stream-endpoints.ts';

/** What {@link httpTestService} needs. */
export interface HttpTestOptions extends EndpointParts {
  /** Hears of errors that became a response. */
  readonly onError: NonNullable<ProblemLayerOptions['onError']>;
}

/**
 * A server to try HTTP clients with: one endpoint for each thing that a client has to get right.
 *
 * @remarks
 * Everything is bounded; what is out of its range is answered with 400 as a problem that says the range. What clients send comes
 * back to them, so nothing but the page of `/` may do anything in a browser: all else is sandboxed there.
 */
export function httpTestService(options: HttpTestOptions): Service<HttpRequest, HttpResponse> {
  const groups = endpointGroups(options);
  const app = router().get('/', indexPage(groups));
  for (const { endpoints } of groups) for (const endpoint of endpoints) addEndpoint(app, endpoint);
  return stack(problemLayer({ onError: options.onError }), app);
}

/** Everything that the server can be asked for. */
export function endpointGroups(parts: EndpointParts): readonly EndpointGroup[] {
  return [
    echoEndpoints(),
    statusEndpoints(parts),
    redirectEndpoints(),
    streamEndpoints(parts),
    codingEndpoints(),
    formatEndpoints(),
    cookieEndpoints(),
    authEndpoints(),
    cacheEndpoints(parts),
    connectionEndpoints(parts),
  ];
}

function addEndpoint(app: Router, { methods, path, serve }: Endpoint): void {
  if (methods === 'any') app.all(path, serve, SANDBOXED);
  else for (const method of methods) app.route(method, path, serve, SANDBOXED);
}

const SANDBOXED = {
  layers: [
    responseHeadersLayer({
      append: {
        'X-Content-Type-Options': 'nosniff',
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      },
    }),
  ],
};
