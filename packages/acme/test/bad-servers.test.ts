import { HttpBody, HttpResponse } from '@lamella/http';
import { selfSignedCertificate } from '@lamella/tls';
import { describe, expect, it } from 'vitest';
import type { AcmeCall } from './support/acme-server.ts';
import { ORIGIN, problem } from './support/acme-server.ts';
import { acmeWorld } from './support/acme-world.ts';

const json = (value: unknown, headers: Record<string, string> = {}): HttpResponse =>
  HttpResponse.json(value, { headers });
const NONCE = { 'Replay-Nonce': 'abc' };
const order = (fields: object) =>
  json(
    { status: 'pending', authorizations: [], finalize: `${ORIGIN}/finalize/1`, ...fields },
    { ...NONCE, Location: `${ORIGIN}/orders/1` },
  );

/** What a server does, and the code of the error for it. */
const CASES: readonly [name: string, code: string, intercept: (call: AcmeCall) => HttpResponse | undefined][] = [
  [
    'a directory that is no JSON',
    'BAD_RESPONSE',
    ({ path }) => (path === '/dir' ? HttpResponse.text('<html>') : undefined),
  ],
  ['a directory that is a list', 'BAD_RESPONSE', ({ path }) => (path === '/dir' ? json([]) : undefined)],
  [
    'a directory without addresses',
    'BAD_RESPONSE',
    ({ path }) => (path === '/dir' ? json({ newNonce: 1 }) : undefined),
  ],
  [
    'addresses in clear',
    'INSECURE',
    ({ path }) =>
      path === '/dir' ? json({ newNonce: 'http://acme.test/n', newAccount: 'x', newOrder: 'x' }) : undefined,
  ],
  [
    'addresses that are none',
    'INSECURE',
    ({ path }) => (path === '/dir' ? json({ newNonce: 'nonsense', newAccount: 'x', newOrder: 'x' }) : undefined),
  ],
  [
    'a redirect to http',
    'REDIRECT',
    ({ path }) =>
      path === '/dir' ? HttpResponse.from({ status: 302, headers: { Location: 'http://acme.test/dir' } }) : undefined,
  ],
  [
    'a redirect to itself',
    'REDIRECT',
    ({ path }) =>
      path === '/order' ? HttpResponse.from({ status: 307, headers: { Location: `${ORIGIN}/order` } }) : undefined,
  ],
  ['no nonce', 'BAD_RESPONSE', ({ path }) => (path === '/nonce' ? HttpResponse.from() : undefined)],
  [
    'a nonce that is none',
    'BAD_RESPONSE',
    ({ path }) => (path === '/nonce' ? HttpResponse.from({ headers: { 'Replay-Nonce': 'a b"c' } }) : undefined),
  ],
  [
    'a nonce that is too long',
    'BAD_RESPONSE',
    ({ path }) => (path === '/nonce' ? HttpResponse.from({ headers: { 'Replay-Nonce': 'a'.repeat(513) } }) : undefined),
  ],
  [
    'nonces that it never takes',
    'BAD_NONCE',
    ({ path }) => (path === '/account' ? problem(400, 'badNonce', 'no', NONCE) : undefined),
  ],
  ['an account without an address', 'BAD_RESPONSE', ({ path }) => (path === '/account' ? json({}, NONCE) : undefined)],
  ['500 without a word', 'PROBLEM', ({ path }) => (path === '/order' ? HttpResponse.from({ status: 500 }) : undefined)],
  ['an order without an address', 'BAD_RESPONSE', ({ path }) => (path === '/order' ? json({}, NONCE) : undefined)],
  [
    'an order with an unknown status',
    'BAD_RESPONSE',
    ({ path }) => (path === '/order' ? order({ status: 'odd' }) : undefined),
  ],
  [
    'an order with no list',
    'BAD_RESPONSE',
    ({ path }) => (path === '/order' ? order({ authorizations: 'x' }) : undefined),
  ],
  [
    'an order with numbers',
    'BAD_RESPONSE',
    ({ path }) => (path === '/order' ? order({ authorizations: [1] }) : undefined),
  ],
  [
    'an order with more proofs than names',
    'BAD_RESPONSE',
    ({ path }) =>
      path === '/order' ? order({ authorizations: [`${ORIGIN}/authz/1`, `${ORIGIN}/authz/2`] }) : undefined,
  ],
  [
    'a proof for a name of somebody else',
    'BAD_RESPONSE',
    ({ path }) =>
      path.startsWith('/authz/')
        ? json({ status: 'pending', identifier: { value: 'bank.test' }, challenges: [] }, NONCE)
        : undefined,
  ],
  [
    'a token that leads elsewhere',
    'NO_SOLVER',
    ({ path }) =>
      path.startsWith('/authz/')
        ? json(
            {
              status: 'pending',
              identifier: { value: 'a.test' },
              challenges: [{ type: 'http-01', url: `${ORIGIN}/chall/1`, token: '../../secret' }],
            },
            NONCE,
          )
        : undefined,
  ],
  [
    'a proof that was revoked',
    'CHALLENGE_FAILED',
    ({ path }) =>
      path.startsWith('/authz/')
        ? json({ status: 'revoked', identifier: { value: 'a.test' }, challenges: [] }, NONCE)
        : undefined,
  ],
  [
    'an order that it turns down',
    'ORDER_INVALID',
    ({ path }) =>
      path.startsWith('/orders/') ? order({ status: 'invalid', error: { type: 'x:caa', detail: 'no' } }) : undefined,
  ],
  [
    'an order that never ends',
    'TOO_SLOW',
    ({ path }) => (path.startsWith('/orders/') ? order({ status: 'processing' }) : undefined),
  ],
  ['a proof that never ends', 'TOO_SLOW', ({ path, count }) => stillPending(path, count)],
  [
    'a request that it refuses',
    'PROBLEM',
    ({ path }) => (path.startsWith('/finalize/') ? problem(400, 'badCSR', 'no') : undefined),
  ],
  [
    'an order that is valid without a certificate',
    'BAD_RESPONSE',
    ({ path }) => (path.startsWith('/orders/') ? order({ status: 'valid' }) : undefined),
  ],
  [
    'a certificate that is none',
    'BAD_CERTIFICATE',
    ({ path }) => (path.startsWith('/cert/') ? HttpResponse.text('none') : undefined),
  ],
  [
    'a certificate that can not be read',
    'BAD_CERTIFICATE',
    ({ path }) =>
      path.startsWith('/cert/')
        ? HttpResponse.text('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')
        : undefined,
  ],
  [
    'more than it may',
    'TOO_LARGE',
    ({ path }) => (path === '/dir' ? HttpResponse.from({ body: endless() }) : undefined),
  ],
  [
    'a length of more than it may',
    'TOO_LARGE',
    ({ path }) => (path === '/dir' ? HttpResponse.from({ body: new Uint8Array(262_145) }) : undefined),
  ],
];

describe('acmeClient, with a server that answers with', () => {
  it.each(CASES)('%s: %s', async (_, code, intercept) => {
    const { client, during, clock } = await acmeWorld({ intercept });
    await expect(during(client().obtain(['a.test']))).rejects.toMatchObject({
      name: 'AcmeError',
      code: `LML_ERR_ACME_${code}`,
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('an order that never ends: it looks as often as it is told', async () => {
    const { client, during, server } = await acmeWorld({
      intercept: ({ path }) => (path.startsWith('/orders/') ? order({ status: 'pending' }) : undefined),
    });
    await expect(during(client({ maxPollAttempts: 3 }).obtain(['a.test']))).rejects.toMatchObject({
      code: 'LML_ERR_ACME_TOO_SLOW',
    });
    expect(server.calls.filter((path) => path.startsWith('/orders/'))).toHaveLength(3);
  });

  it('a certificate for another key, for another name, with a key beside it, or one that has expired', async () => {
    const other = await selfSignedCertificate({ names: ['a.test'] });
    for (const answer of [other.cert, `${other.cert}${other.key}`]) {
      const { client, during } = await acmeWorld({
        intercept: ({ path }) => (path.startsWith('/cert/') ? HttpResponse.text(answer) : undefined),
      });
      await expect(during(client().obtain(['a.test']))).rejects.toMatchObject({ code: 'LML_ERR_ACME_BAD_CERTIFICATE' });
    }
    const short = await acmeWorld({ validityMs: 1_000, slowLooks: 5 });
    short.clock.advance(1);
    const asked = short.during(short.client().obtain(['a.test']));
    await expect(asked).rejects.toMatchObject({ message: expect.stringContaining('it has expired') });
  });

  it('a chain of ten certificates, but no longer one', async () => {
    const { client, during, server } = await acmeWorld();
    const own = await during(client().obtain(['a.test']));
    for (const [above, isTaken] of [
      [9, true],
      [10, false],
    ] as const) {
      const answer = HttpResponse.text(own.cert + server.authority.cert.repeat(above));
      const long = await acmeWorld({ intercept: ({ path }) => (path.startsWith('/cert/') ? answer : undefined) });
      const asked = long.during(long.client().obtain(['a.test'], { key: own.key }));
      if (isTaken) await expect(asked).resolves.toBeDefined();
      else await expect(asked).rejects.toMatchObject({ code: 'LML_ERR_ACME_BAD_CERTIFICATE' });
    }
  });

  it('a good certificate, and something else beside it', async () => {
    const { client, during } = await acmeWorld();
    const { cert, key } = await during(client().obtain(['a.test']));
    for (const [answer, isTaken] of [
      [`\n${cert.replaceAll('\n', '\r\n')}\n`, true],
      [`${cert}${key}`, false],
      [`#!/bin/sh\n${cert}`, false],
    ] as const) {
      const other = await acmeWorld({
        intercept: ({ path }) => (path.startsWith('/cert/') ? HttpResponse.text(answer) : undefined),
      });
      const asked = other.during(other.client().obtain(['a.test'], { key }));
      if (isTaken) expect((await asked).cert).toBe(cert);
      else
        await expect(asked).rejects.toMatchObject({
          message: expect.stringContaining('something else stands beside it'),
        });
    }
  });

  it('an answer at the limit of its length', async () => {
    const { client, during } = await acmeWorld({
      intercept: ({ path }) => (path === '/dir' ? HttpResponse.text(' '.repeat(1_024)) : undefined),
    });
    await expect(during(client({ maxResponseBytes: 1_024 }).obtain(['a.test']))).rejects.toMatchObject({
      code: 'LML_ERR_ACME_BAD_RESPONSE',
    });
  });

  it('http in clear, if it is told to take that', async () => {
    const { client, during } = await acmeWorld({
      intercept: ({ path }) => (path === '/dir' ? HttpResponse.text('') : undefined),
    });
    const inClear = { directoryUrl: 'http://acme.test/dir' };
    await expect(client(inClear).obtain(['a.test'])).rejects.toMatchObject({ code: 'LML_ERR_ACME_INSECURE' });
    await expect(during(client({ ...inClear, dangerouslyAcceptHttp: true }).obtain(['a.test']))).rejects.toMatchObject({
      code: 'LML_ERR_ACME_BAD_RESPONSE',
    });
    await expect(
      client({ directoryUrl: 'ftp://a.test/', dangerouslyAcceptHttp: true }).obtain(['a.test']),
    ).rejects.toMatchObject({
      code: 'LML_ERR_ACME_INSECURE',
    });
  });
});

/** Shows the challenges once, and then nothing that has changed. */
function stillPending(path: string, count: number): HttpResponse | undefined {
  if (!path.startsWith('/authz/') || count === 0) return undefined;
  return json({ status: 'pending', identifier: { value: 'a.test' }, challenges: [] }, NONCE);
}

function endless(): HttpBody {
  const chunk = new Uint8Array(65_536);
  return HttpBody.fromSource({ read: async () => chunk, cancel: () => {} });
}
