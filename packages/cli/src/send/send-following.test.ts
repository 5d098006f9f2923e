import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpResponse } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { serviceFn } from '@lamella/service-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RequestContent } from './request-content.ts';
import { typedHeader } from './request-headers.ts';
import type { SendPlan } from './send-following.ts';
import { sendFollowing } from './send-following.ts';

describe('sendFollowing', () => {
  it('gives a redirect back as it is, unless it is told to follow', async () => {
    const { send, seen } = setup(302);
    expect((await send({})).status).toBe(302);
    expect(seen).toHaveLength(1);
  });

  it('follows as GET without content where browsers do, and tells of each step', async () => {
    const { send, seen, redirects } = setup(303);
    const response = await send({ method: 'POST', content, maxRedirects: 1 });
    expect(await response.body.text()).toBe('end');
    expect(seen).toEqual(['POST h /start 7 form', 'GET h /end 0 -']);
    expect(redirects).toEqual(['http://h/end']);
  });

  it('leaves out what was typed about content that does not go along', async () => {
    const { send, seen } = setup(303);
    const headers = ['Content-Length: 7', 'Content-Type: typed'].map(typedHeader);
    await send({ method: 'POST', content, headers, maxRedirects: 1 });
    expect(seen).toEqual(['POST h /start 7 typed', 'GET h /end 0 -']);
  });

  it('sends the content again where the method stays', async () => {
    const { send, seen } = setup(307);
    await send({ method: 'POST', content, maxRedirects: 1 });
    expect(seen).toEqual(['POST h /start 7 form', 'POST h /end 7 form']);
  });

  it('keeps credentials from another host, and gives them to the first one again', async () => {
    const authorizations: (string | null)[] = [];
    const { send } = setup((request) => {
      authorizations.push(request.headers.get('authorization') ?? null);
      if (request.path === '/start') return moved(302, 'http://other/back');
      return request.path === '/back' ? moved(302, 'http://h/end') : HttpResponse.text('end');
    });
    await send({ credentials: 'me:secret', maxRedirects: 2 });
    expect(authorizations).toEqual(['Basic bWU6c2VjcmV0', null, 'Basic bWU6c2VjcmV0']);
  });

  it.each([0, 1, 2])('follows %i redirects and no more, if told so', async (maxRedirects) => {
    const { send, seen } = setup(() => moved(302, '/again'));
    await expect(send({ maxRedirects })).rejects.toMatchObject({ exitCode: 47 });
    expect(seen).toHaveLength(maxRedirects + 1);
  });

  it('takes a redirect that was allowed', async () => {
    const { send } = setup(302);
    await expect(send({ maxRedirects: 0 })).rejects.toMatchObject({ exitCode: 47 });
    await expect(send({ maxRedirects: 1 })).resolves.toMatchObject({ status: 200 });
  });

  it('sends chunks if Transfer-Encoding: chunked was typed', async () => {
    const { send, seen } = setup(200);
    await send({ method: 'POST', content, headers: [typedHeader('Transfer-Encoding: chunked')] });
    expect(seen).toEqual(['POST h /start unknown form']);
  });

  it('tells of interim responses', async () => {
    const { send, heads } = setup((request) => {
      const headers = request.headers.clone();
      request.onInformational?.({ status: 103, reason: 'Early Hints', headers });
      return HttpResponse.text('end');
    });
    await send({});
    expect(heads).toEqual([103]);
  });
});

/** A server that redirects `/start` to `/end` with a status, or does what it is told to; and a client of it. */
function setup(server: number | ((request: HttpRequest) => HttpResponse)) {
  const [seen, heads, redirects]: [string[], number[], string[]] = [[], [], []];
  const answer =
    typeof server === 'function'
      ? server
      : ({ path }: HttpRequest) => (path === '/start' ? moved(server, '/end') : HttpResponse.text('end'));
  const client = httpClientOn(
    serviceFn((request: HttpRequest) => {
      const { method, authority, path, body, headers } = request;
      seen.push(`${method} ${authority} ${path} ${body.size ?? 'unknown'} ${headers.get('content-type') ?? '-'}`);
      return answer(request);
    }),
  );
  onTestFinished(() => client.destroy());
  const plan: SendPlan = {
    target: 'http://h/start',
    method: 'GET',
    headers: [],
    credentials: undefined,
    cookies: undefined,
    isCompressed: false,
    content: undefined,
    maxRedirects: undefined,
    signal: new AbortController().signal,
    onInterim: ({ status }) => void heads.push(status),
    onRedirect: (target) => void redirects.push(target),
  };
  const send = (changes: Partial<SendPlan>): Promise<HttpResponse> => sendFollowing(client, { ...plan, ...changes });
  return { send, seen, heads, redirects };
}

function moved(status: number, location: string): HttpResponse {
  return HttpResponse.from({ status, headers: [['Location', location]] });
}

const content: RequestContent = {
  method: 'POST',
  canRepeat: true,
  open: () => ({ headers: [['Content-Type', 'form']], body: HttpBody.from('content') }),
};
