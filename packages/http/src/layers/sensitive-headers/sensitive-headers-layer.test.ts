import { serviceFn, stack, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import {
  defaultSensitiveHeaders,
  redactedHeaders,
  sensitiveHeadersLayer,
  sensitiveHeadersOf,
} from './sensitive-headers-layer.ts';

describe('sensitiveHeadersLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(sensitiveHeadersLayer({ names: ['X-A'] }))));

  it('adds names to the default ones, in any case, and to those of layers outside', async () => {
    const seen: string[][] = [];
    const app = serviceFn((request: HttpRequest) => {
      seen.push(Array.from(sensitiveHeadersOf(request)).filter((name) => !defaultSensitiveHeaders.has(name)));
      seen.push(Array.from(defaultSensitiveHeaders).filter((name) => !sensitiveHeadersOf(request).has(name)));
      return HttpResponse.text('');
    });
    const service = stack(
      sensitiveHeadersLayer({ names: ['X-Outer'] }),
      sensitiveHeadersLayer({ names: ['x-INNER'] }),
      app,
    );
    const client = httpClientOn(service);
    await (await client.serve(HttpRequest.from({ target: 'http://app.test/' }))).body.text();
    await client.close();
    expect(seen).toEqual([['x-outer', 'x-inner'], []]);
  });

  it('has defaults for requests that no layer has marked', () => {
    const names = sensitiveHeadersOf(HttpRequest.from({ target: 'http://app.test/' }));
    expect([...names]).toEqual(
      expect.arrayContaining(['authorization', 'cookie', 'set-cookie', 'proxy-authorization']),
    );
  });

  it.each(['api-key', 'x-api-key', 'x-goog-api-key', 'x-auth-token', 'x-amz-security-token', 'private-token'])(
    'takes %s for a credential',
    (name) => expect(defaultSensitiveHeaders.has(name)).toBe(true),
  );

  it.each([['a b'], [''], ['a\r\nb'], [undefined as never]])('refuses the name %j', (name) => {
    expect(() => sensitiveHeadersLayer({ names: [name] })).toThrow(UsageError);
  });

  it('refuses names that are no list', () => {
    expect(() => sensitiveHeadersLayer({ names: 'cookie' as never })).toThrow(UsageError);
  });
});

describe('redactedHeaders', () => {
  it('replaces sensitive values in any case, duplicates too, and keeps order and the rest', () => {
    const headers = HttpHeaders.from([
      ['SET-cookie', 'a=b'],
      ['X', '1'],
      ['Set-Cookie', 'c=d'],
      ['x-own', 'secret'],
    ]);
    const redacted = '[redacted]';
    expect(redactedHeaders(headers, new Set(['set-cookie', 'x-own']))).toEqual([
      ['SET-cookie', redacted],
      ['X', '1'],
      ['Set-Cookie', redacted],
      ['x-own', redacted],
    ]);
    expect(redactedHeaders(headers)).toContainEqual(['x-own', 'secret']);
  });
});
