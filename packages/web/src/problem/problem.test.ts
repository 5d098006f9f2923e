import { HttpRequest, type HttpResponse } from '@lamella/http';
import { LimitError, serviceFn, TimeoutError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { httpLayerSubject } from '../../test/support/http-layer-subject.ts';
import { MultipartError } from '../codec/multipart-errors.ts';
import { ProblemError, RequestBodyError } from '../errors.ts';
import { problemResponse } from './problem.ts';
import type { ProblemLayerOptions } from './problem-layer.ts';
import { problemLayer } from './problem-layer.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('problemResponse', () => {
  it('has all members that are given, and no others', async () => {
    const response = problemResponse(
      {
        status: 403,
        type: 'https://example.test/out-of-credit',
        title: 'Out of credit',
        detail: 'costs 50, has 30',
        instance: '/accounts/1',
        extensions: { balance: 30, accounts: ['/accounts/1'] },
      },
      { headers: { 'Retry-After': '5' } },
    );
    expect(Object.fromEntries(response.headers)).toEqual({
      'Retry-After': '5',
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
    });
    expect(await response.body.json()).toEqual({
      type: 'https://example.test/out-of-credit',
      title: 'Out of credit',
      status: 403,
      detail: 'costs 50, has 30',
      instance: '/accounts/1',
      balance: 30,
      accounts: ['/accounts/1'],
    });
    expect(await problemResponse({ status: 404 }).body.json()).toEqual({ title: 'Not Found', status: 404 });
    expect(await problemResponse({ status: 499 }).body.json()).toEqual({ status: 499 });
  });

  it.each(['status', 'type', 'title', 'detail', 'instance', '__proto__', 'ab', '1ab', 'a-b-c', ''])(
    'refuses a member %j',
    (name) => {
      const extensions = JSON.parse(`{${JSON.stringify(name)}: 1}`);
      expect(() => problemResponse({ status: 400, extensions })).toThrow('no name for a member');
    },
  );

  it.each([399, 600, 400.5, Number.NaN])('refuses status %d', (status) => {
    expect(() => problemResponse({ status })).toThrow('400 to 599');
    expect(() => new ProblemError({ status })).toThrow('400 to 599');
  });
});

describe('problemLayer', () => {
  // What fails inside becomes a response here, so the cases that look for the error itself do not apply.
  const applicable = layerCases.filter(({ name }) => !/error|reject|throw/.test(name));
  it.each(applicable)('$name', ({ run }) => run(httpLayerSubject(problemLayer())));

  const issues = [{ pointer: '/a', detail: 'is no number' }];
  it.each<[string, Error, object]>([
    ['a problem', new ProblemError({ status: 409, title: 'Taken' }), { title: 'Taken', status: 409 }],
    [
      'a body that is invalid',
      new RequestBodyError('LML_ERR_WEB_BODY_INVALID', 'invalid', { issues }),
      { title: 'Unprocessable Content', status: 422, detail: 'invalid', errors: issues },
    ],
    [
      'a body of another type',
      new RequestBodyError('LML_ERR_WEB_BODY_TYPE', 'no JSON'),
      { title: 'Unsupported Media Type', status: 415, detail: 'no JSON' },
    ],
    [
      'a multipart body',
      new MultipartError('LML_ERR_WEB_MULTIPART_BOUNDARY', 'no boundary'),
      { title: 'Bad Request', status: 400, detail: 'no boundary' },
    ],
    [
      'a body that is too long',
      new LimitError({ limit: 'maxBytes', maximum: 5, observed: 6, facts: { phase: 'body' } }),
      {
        title: 'Content Too Large',
        status: 413,
        detail: 'the content goes beyond maxBytes (5)',
        limit: 'maxBytes',
        maximum: 5,
      },
    ],
    [
      'another limit',
      new LimitError({ limit: 'maxQueued', maximum: 5, observed: 6 }),
      { title: 'Service Unavailable', status: 503 },
    ],
    [
      'a timeout',
      new TimeoutError({ limit: 'timeoutMs', timeoutMs: 5 }),
      { title: 'Service Unavailable', status: 503 },
    ],
    ['what it does not know', new Error('secret'), { title: 'Internal Server Error', status: 500 }],
  ])('tells of %s', async (_name, error, expected) => {
    const response = await answerTo(error, { onError: () => {} });
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.body.json()).toEqual(expected);
  });

  it('lets an option say the problem, and hear of the error', async () => {
    const heard: unknown[] = [];
    const error = new RangeError('far');
    const response = await answerTo(error, {
      toProblem: (given, { path }) => (given === error ? { status: 422, instance: path } : undefined),
      onError: (given, { path }, status) => heard.push(given, path, status),
    });
    expect(await response.body.json()).toMatchObject({ status: 422, instance: '/a' });
    expect(heard).toEqual([error, '/a', 422]);
  });

  it('writes only what the server is to blame for on the console', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    await answerTo(new ProblemError({ status: 404 }));
    expect(log).not.toHaveBeenCalled();
    const error = new Error('secret');
    await answerTo(error);
    expect(log).toHaveBeenCalledExactlyOnceWith('lamella: GET /a failed:', error);
  });

  it.each<[string, ProblemLayerOptions]>([
    [
      'throws',
      {
        toProblem: () => {
          throw new Error('hook');
        },
      },
    ],
    ['makes no problem', { toProblem: () => ({ status: 200 }) }],
  ])('answers 500 when an option %s', async (_name, options) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    const response = await answerTo(new Error('secret'), options);
    expect(await response.body.json()).toEqual({ title: 'Internal Server Error', status: 500 });
    expect(log).toHaveBeenCalledOnce();
  });

  it("passes the request's own cancellation on", async () => {
    const controller = new AbortController();
    const reason = new Error('gone');
    const service = problemLayer()(
      serviceFn(async (request: HttpRequest): Promise<HttpResponse> => {
        controller.abort(reason);
        throw request.signal.reason;
      }),
    );
    await expect(service.serve(HttpRequest.from({ target: '/', signal: controller.signal }))).rejects.toBe(reason);
  });

  it.each([{ toProblem: 1 }, { onError: 1 }])('refuses %j', (options) => {
    expect(() => problemLayer(options as never)).toThrow('must be a function, got number');
  });
});

function answerTo(error: Error, options?: ProblemLayerOptions): Promise<HttpResponse> {
  const service = problemLayer(options)({ serve: () => Promise.reject(error) });
  return service.serve(HttpRequest.from({ target: '/a' }));
}
