import { HttpResponse, isBodyless, reasonPhrase } from '@lamella/http';
import { sleep } from '@lamella/service-core';
import { jsonResponse } from './described-request.ts';
import { describedRequest } from './echo-endpoints.ts';
import type { EndpointGroup, EndpointParts } from './endpoint.ts';
import { decimalOf, textOf } from './parameters.ts';
import { statusOf } from './status-list.ts';

/** Endpoints for the status of a response, and for when it comes. */
export function statusEndpoints({ clock, random }: Pick<EndpointParts, 'clock' | 'random'>): EndpointGroup {
  return {
    title: 'Status and time',
    endpoints: [
      {
        methods: 'any',
        path: '/status/:codes',
        what: 'Answers with a status, 200 to 599; or with one of a list, each with its weight: 200:9,503:1.',
        example: '/status/418',
        serve: (_request, params) => statusResponse(statusOf(textOf(params, 'codes'), random())),
      },
      {
        methods: 'any',
        path: '/delay/:seconds',
        what: 'Describes the request after 0 to 10 seconds, such as 1.5.',
        example: '/delay/1.5',
        serve: async (request, params) => {
          const seconds = decimalOf(params, 'seconds', { min: 0, max: 10 });
          const described = await describedRequest(request);
          if (seconds > 0) await sleep(clock, seconds * 1_000, request.scope);
          return jsonResponse(described);
        },
      },
    ],
  };
}

/** A response of any status, with the fields that its meaning asks for. */
function statusResponse(status: number): HttpResponse {
  const headers = FIELDS[status] ?? {};
  if (isBodyless(status) || status === 205) return HttpResponse.from({ status, headers });
  return HttpResponse.text(`${`${status} ${reasonPhrase(status)}`.trimEnd()}\n`, { status, headers });
}

const TO_GET = { Location: '/get' };
const CHALLENGE = 'Basic realm="http-test"';
/** RFC 9110 requires these. */
const FIELDS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  301: TO_GET,
  302: TO_GET,
  303: TO_GET,
  307: TO_GET,
  308: TO_GET,
  401: { 'WWW-Authenticate': CHALLENGE },
  405: { Allow: '' },
  407: { 'Proxy-Authenticate': CHALLENGE },
  426: { Upgrade: 'websocket', Connection: 'Upgrade' },
};
