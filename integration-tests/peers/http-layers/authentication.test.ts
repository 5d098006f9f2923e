import {
  AuthUser,
  addBasicAuthLayer,
  addBearerAuthLayer,
  addProxyAuthLayer,
  basicAuthLayer,
  bearerAuthLayer,
  HttpRequest,
  HttpResponse,
  ProxyAuthUser,
  proxyAuthLayer,
} from '@lamella/http';
import { serviceFn, stack } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { startNginx } from '../../support/foreign-servers.ts';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';
import { testClient } from '../../support/test-client.ts';

useLedger();

describe('authentication and curl', () => {
  usePeers('curl');

  it.each([
    ['ann:secret', 'ann'],
    ['jörg:größe:€', 'jörg'],
    ['ann:Secret', '401'],
    ['mallory:secret', '401'],
  ])('curl -u %s is answered with %s', async (credentials, expected) => {
    const users = [
      { name: 'ann', password: 'secret' },
      { name: 'jörg', password: 'größe:€' },
    ];
    const { url } = await serveHttp(basicAuthLayer({ users })(whoami));
    const { stdout } = await curl('-f', '-u', credentials, '-w', '%{http_code}', url);
    expect(stdout).toBe(expected === '401' ? '401' : `${expected}200`);
  });

  it('curl asks again with credentials once it has seen the challenge', async () => {
    const { url } = await serveHttp(basicAuthLayer({ users: [{ name: 'ann', password: 'secret' }] })(whoami));
    const { stdout } = await curl('--anyauth', '-u', 'ann:secret', url);
    expect(stdout).toBe('ann');
  });

  it.each([
    ['abc.def', 'ann200'],
    ['abc', '401'],
    ['a b', '400'],
  ])('curl --oauth2-bearer %s is answered with %s', async (token, expected) => {
    const { url } = await serveHttp(bearerAuthLayer({ tokens: [{ token: 'abc.def', name: 'ann' }] })(whoami));
    const { stdout } = await curl('-f', '--oauth2-bearer', token, '-w', '%{http_code}', url);
    expect(stdout).toBe(expected);
  });

  it.each([
    ['ann:secret', 'ann200'],
    ['ann:wrong', '407'],
  ])('curl -U %s through a proxy is answered with %s', async (credentials, expected) => {
    const proxy = serviceFn(({ extensions, headers }: HttpRequest) =>
      HttpResponse.text(`${extensions.get(ProxyAuthUser)?.name}${headers.get('proxy-authorization') ?? ''}`),
    );
    const { url } = await serveHttp(proxyAuthLayer({ users: [{ name: 'ann', password: 'secret' }] })(proxy));
    const { stdout } = await curl('-f', '-x', url, '-U', credentials, '-w', '%{http_code}', 'http://origin.test/');
    expect(stdout).toBe(expected);
  });
});

describe('addBasicAuthLayer and nginx', () => {
  usePeers('nginx');

  it('nginx lets in who has the password', async () => {
    const file = temporaryFile('htpasswd', 'ann:{PLAIN}secret\n');
    const { url } = await startNginx(
      `auth_basic "inner"; auth_basic_user_file ${file}; location / { try_files /none =204; }`,
    );
    const ask = async (password: string) => {
      const service = addBasicAuthLayer({ name: 'ann', password, origins: [url] })(testClient());
      const response = await service.serve(HttpRequest.from({ target: `${url}/` }));
      await response.body.bytes();
      return response.status;
    };
    expect([await ask('secret'), await ask('wrong')]).toEqual([204, 401]);
  });
});

describe('credentials of a client and node:http', () => {
  it('arrive, a token at an origin and a password at a proxy', async () => {
    const { url } = await nodeOrigin((request, response) => {
      response.end(`${request.headers.authorization} ${request.headers['proxy-authorization']}`);
    });
    const client = stack(
      addBearerAuthLayer({ token: async () => 'abc' }),
      addProxyAuthLayer({ name: 'ann', password: 'secret' }),
      testClient(),
    );
    const response = await client.serve(HttpRequest.from({ target: `${url}/` }));
    expect(await response.body.text()).toBe('Bearer abc Basic YW5uOnNlY3JldA==');
  });
});

const whoami = serviceFn(({ extensions }: HttpRequest) => HttpResponse.text(extensions.get(AuthUser)?.name ?? ''));
