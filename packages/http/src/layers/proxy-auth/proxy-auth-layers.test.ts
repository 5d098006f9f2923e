import { serviceFn, stack, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import { AuthUser, ProxyAuthUser } from '../auth/auth-user.ts';
import { addProxyAuthLayer } from './add-proxy-auth-layer.ts';
import { proxyAuthLayer } from './proxy-auth-layer.ts';

const ann = { name: 'ann', password: 'secret' };
const headers = { 'Proxy-Authorization': 'Basic YW5uOnNlY3JldA==' };

describe('proxyAuthLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(proxyAuthLayer({ users: [ann] }), { headers })));

  it('lets in who knows the password, and hides the field from whoever comes next', async () => {
    const seen: unknown[] = [];
    const app = serviceFn((request: HttpRequest) => {
      const { extensions } = request;
      seen.push(extensions.get(ProxyAuthUser)?.name, extensions.get(AuthUser), [...request.headers]);
      return HttpResponse.text('');
    });
    const request = HttpRequest.from({ method: 'CONNECT', target: 'a.test:443', headers: { ...headers, A: 'b' } });
    await proxyAuthLayer({ users: [ann] })(app).serve(request);
    expect(seen).toEqual(['ann', undefined, [['A', 'b']]]);
    expect(request.headers.has('proxy-authorization')).toBe(true);
  });

  it.each([{}, { Authorization: headers['Proxy-Authorization'] }, { 'Proxy-Authorization': 'Basic eDp5' }])(
    'answers 407 to %o',
    async (given) => {
      const service = proxyAuthLayer({ users: [ann] })(serviceFn((_: HttpRequest) => HttpResponse.text('')));
      const response = await service.serve(HttpRequest.from({ target: 'http://a.test/', headers: given }));
      expect([
        response.status,
        response.headers.get('proxy-authenticate'),
        response.headers.get('www-authenticate'),
      ]).toEqual([407, 'Basic realm="proxy", charset="UTF-8"', undefined]);
    },
  );
});

describe('addProxyAuthLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(addProxyAuthLayer(ann))));

  it('sends what proxyAuthLayer lets in, on a connection', async () => {
    const app = serviceFn(({ extensions }: HttpRequest) =>
      HttpResponse.text(extensions.get(ProxyAuthUser)?.name ?? ''),
    );
    const client = httpClientOn(stack(proxyAuthLayer({ users: [ann] }), app));
    const response = await addProxyAuthLayer(ann)(client).serve(HttpRequest.from({ target: 'http://a.test/' }));
    expect(await response.body.text()).toBe('ann');
    await client.close();
  });

  it('leaves credentials of the caller alone', async () => {
    const inner = serviceFn((request: HttpRequest) =>
      HttpResponse.text(request.headers.getAll('proxy-authorization').join()),
    );
    const given = HttpRequest.from({ target: 'http://a.test/', headers: { 'Proxy-Authorization': 'Basic eDp5' } });
    expect(await (await addProxyAuthLayer(ann)(inner).serve(given)).body.text()).toBe('Basic eDp5');
  });

  it('refuses a name with a colon', () => {
    expect(() => addProxyAuthLayer({ name: 'a:b', password: '' })).toThrow(UsageError);
  });
});
