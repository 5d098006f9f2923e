import { randomUUID } from 'node:crypto';
import { HttpResponse } from '@lamella/http';
import { jsonResponse } from './described-request.ts';
import type { Endpoint, EndpointGroup } from './endpoint.ts';
import { badRequest, textOf } from './parameters.ts';
import { HTML, JSON_VALUE, ROBOTS, UTF8, XML } from './samples.ts';

/** Endpoints for content of one type or another. */
export function formatEndpoints(): EndpointGroup {
  return {
    title: 'Content',
    endpoints: [
      sample('/html', 'text/html; charset=utf-8', HTML, 'A page of HTML.'),
      {
        methods: ['GET'],
        path: '/json',
        what: 'A value in JSON.',
        example: '/json',
        serve: () => jsonResponse(JSON_VALUE),
      },
      sample('/xml', 'application/xml', XML, 'A document of XML.'),
      sample('/robots.txt', 'text/plain; charset=utf-8', ROBOTS, 'Asks robots to stay away.'),
      sample('/encoding/utf8', 'text/plain; charset=utf-8', UTF8, 'Text of many scripts in UTF-8.'),
      {
        methods: ['GET'],
        path: '/uuid',
        what: 'A random UUID.',
        example: '/uuid',
        serve: () => jsonResponse({ uuid: randomUUID() }),
      },
      {
        methods: ['GET'],
        path: '/base64/:value',
        what: 'Decodes Base64, of either alphabet.',
        example: '/base64/bGFtZWxsYQ',
        serve: (_request, params) => decoded(textOf(params, 'value')),
      },
    ],
  };
}

function sample(path: string, type: string, body: string, what: string): Endpoint {
  const serve = (): HttpResponse => HttpResponse.from({ headers: { 'Content-Type': type }, body });
  return { methods: ['GET'], path, what, example: path, serve };
}

function decoded(text: string): HttpResponse {
  // Node skips what it does not know; whoever tests a client wants to hear of it.
  const bare = text.replace(/={1,2}$/, '');
  if (!BASE64.test(bare) || bare.length % 4 === 1) throw badRequest('value is not Base64');
  return HttpResponse.from({
    headers: { 'Content-Type': 'text/plain; charset=utf-8' },
    body: Buffer.from(bare.replaceAll('-', '+').replaceAll('_', '/'), 'base64'),
  });
}

const BASE64 = /^[A-Za-z0-9+/_-]+$/;
