import type { HttpRequest as Request } from '@lamella/http';
import { HttpRequest, HttpResponse } from '@lamella/http';
import { serviceFn, stack } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { httpChallenges } from './http-challenges.ts';

const CHALLENGE = { identifier: 'a.test', token: 'token-1', keyAuthorization: 'token-1.thumbprint' };
const PATH = '/.well-known/acme-challenge/token-1';

describe('httpChallenges', () => {
  it('answers with the key authorization while the challenge is under way', async () => {
    const { challenges, get } = setup();
    expect(await get(PATH)).toEqual([404, 'not found\n']);
    await challenges.present(CHALLENGE);
    expect(await get(PATH)).toEqual([200, 'token-1.thumbprint']);
    expect(await get(PATH, 'A.test:80')).toEqual([200, 'token-1.thumbprint']);
    await challenges.remove(CHALLENGE);
    expect(await get(PATH)).toEqual([404, 'not found\n']);
  });

  it('answers for the name alone that it is about, and for addresses', async () => {
    const { challenges, get } = setup();
    await challenges.present(CHALLENGE);
    expect((await get(PATH, 'b.test'))[0]).toBe(404);
    await challenges.present({ ...CHALLENGE, identifier: '2001:db8::1' });
    expect((await get(PATH, '[2001:db8::1]:80'))[0]).toBe(200);
  });

  it('takes GET and HEAD, and no other method', async () => {
    const { challenges, site } = setup();
    await challenges.present(CHALLENGE);
    for (const [method, status] of [
      ['GET', 200],
      ['HEAD', 200],
      ['POST', 404],
    ] as const) {
      const request = HttpRequest.from({ method, target: PATH, headers: { Host: 'a.test' } });
      expect((await site.serve(request)).status).toBe(status);
    }
  });

  it.each(['/', '/.well-known/acme-challenge', '/.well-known/other/token-1', `/x${PATH}`])(
    'passes %s on',
    async (path) => {
      const { challenges, get } = setup();
      await challenges.present(CHALLENGE);
      expect(await get(path)).toEqual([200, 'the site']);
    },
  );

  it('answers alone, too', async () => {
    const { challenges } = setup();
    await challenges.present(CHALLENGE);
    const get = (path: string) => challenges.service.serve(HttpRequest.from({ target: `http://a.test${path}` }));
    expect((await get(PATH)).status).toBe(200);
    expect((await get('/')).status).toBe(404);
  });
});

function setup() {
  const challenges = httpChallenges();
  const site = stack(
    challenges.layer,
    serviceFn((_request: Request) => HttpResponse.text('the site')),
  );
  const get = async (path: string, host = 'a.test'): Promise<[number, string]> => {
    const response = await site.serve(HttpRequest.from({ target: path, headers: { Host: host } }));
    return [response.status, await response.body.text()];
  };
  return { challenges, site, get };
}
