import type { HttpRequest, HttpResponse } from '@lamella/http';
import { AuthUser, basicAuthLayer, bearerAuthLayer } from '@lamella/http';
import type { Layer } from '@lamella/service-core';
import { serviceFn, UsageError } from '@lamella/service-core';
import { jsonResponse } from './described-request.ts';
import type { EndpointGroup, PathValues } from './endpoint.ts';
import { badRequest, textOf } from './parameters.ts';

/** Endpoints that want to know who asks. */
export function authEndpoints(): EndpointGroup {
  const bearer = bearerAuthLayer({ realm: REALM, verify: (token) => ({ name: token }) })(
    serviceFn((request: HttpRequest) =>
      jsonResponse({ authenticated: true, token: request.extensions.get(AuthUser)?.name }),
    ),
  );
  return {
    title: 'Authentication',
    endpoints: [
      {
        methods: ['GET'],
        path: '/basic-auth/:user/:password',
        what: 'Asks for this user with this password by Basic.',
        example: '/basic-auth/ann/secret',
        serve: (request, params) => basicFor(params)(greeting).serve(request),
      },
      {
        methods: ['GET'],
        path: '/bearer',
        what: 'Asks for a bearer token, and takes any.',
        example: '/bearer',
        serve: bearer.serve,
      },
    ],
  };
}

function basicFor(params: PathValues): Layer<HttpRequest, HttpResponse> {
  const user = { name: textOf(params, 'user'), password: textOf(params, 'password') };
  try {
    return basicAuthLayer({ realm: REALM, users: [user] });
  } catch (error) {
    if (error instanceof UsageError) throw badRequest('user and password can not be sent by Basic');
    throw error;
  }
}

const REALM = 'http-test';
const greeting = serviceFn((request: HttpRequest) =>
  jsonResponse({ authenticated: true, user: request.extensions.get(AuthUser)?.name }),
);
