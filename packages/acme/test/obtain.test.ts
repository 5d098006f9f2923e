import { X509Certificate } from 'node:crypto';
import type { AcmeChallenge, AcmeSolver, AcmeStorage } from '@lamella/acme';
import { memoryAcmeStorage } from '@lamella/acme';
import type { HttpRequest as Request } from '@lamella/http';
import { HttpRequest, HttpResponse } from '@lamella/http';
import { serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { newAccountKey } from '../src/client/account-key.ts';
import { problem } from './support/acme-server.ts';
import { acmeWorld } from './support/acme-world.ts';

describe('acmeClient', () => {
  it('gets a certificate for names that it proves to be ours', async () => {
    const { client, server, during, site } = await acmeWorld();
    const certificate = await during(client().obtain(['A.test', 'b.test', 'a.test']));
    const leaf = new X509Certificate(certificate.cert);
    expect(leaf.subjectAltName).toBe('DNS:a.test, DNS:b.test');
    expect(leaf.verify(new X509Certificate(server.authority.cert).publicKey)).toBe(true);
    expect(certificate).toMatchObject({ names: ['a.test', 'b.test'], validToMs: Date.parse(leaf.validTo) });
    expect(server.accounts.size).toBe(1);
    const other = await site.serve(HttpRequest.from({ target: 'http://a.test/' }));
    expect(await other.body.text()).toBe('the site');
  });

  it('waits as long as the server says while it is working, and no longer than is bounded', async () => {
    const { client, during, clock } = await acmeWorld({ slowLooks: 3, retryAfter: '7' });
    const startMs = clock.nowMs();
    await during(client().obtain(['a.test']));
    expect(clock.nowMs() - startMs).toBe(2 * 3 * 7_000);

    const patient = await acmeWorld({ slowLooks: 2, retryAfter: '86400' });
    await patient.during(patient.client({ maxPollIntervalMs: 5_000 }).obtain(['a.test']));
    expect(patient.clock.nowMs()).toBe(2 * 2 * 5_000);
  });

  it('looks twice as seldom each time if the server does not say', async () => {
    const { client, during, clock } = await acmeWorld({ slowLooks: 4 });
    await during(client({ pollIntervalMs: 1_000, maxPollIntervalMs: 5_000 }).obtain(['a.test']));
    expect(clock.nowMs()).toBe(2 * (1_000 + 2_000 + 4_000 + 5_000));
  });

  it('keeps the account, and uses it again', async () => {
    const { client, server, during } = await acmeWorld();
    await during(client().obtain(['a.test']));
    await during(client().obtain(['b.test']));
    expect(server.calls.filter((path) => path === '/account')).toHaveLength(1);
  });

  it('keeps the key before it makes the account, which would be lost without it', async () => {
    const inner = memoryAcmeStorage();
    const stored: string[] = [];
    const storage: AcmeStorage = {
      load: (name) => inner.load(name),
      store(name, text) {
        stored.push(JSON.parse(text).key);
        return inner.store(name, text);
      },
    };
    const { client, during } = await acmeWorld({
      intercept: ({ path, count }) =>
        path === '/account' && count === 0 ? HttpResponse.from({ status: 500 }) : undefined,
    });
    await expect(during(client({ storage }).obtain(['a.test']))).rejects.toMatchObject({
      code: 'LML_ERR_ACME_PROBLEM',
    });
    expect(stored).toHaveLength(1);
    await during(client({ storage }).obtain(['a.test']));
    expect(new Set(stored).size).toBe(1);
  });

  it('refuses to go on with an account that can not be read', async () => {
    for (const text of ['no JSON', '[]']) {
      const { client, during } = await acmeWorld();
      const storage: AcmeStorage = { load: async () => text, store: async () => {} };
      await expect(during(client({ storage }).obtain(['a.test']))).rejects.toMatchObject({
        code: 'LML_ERR_ACME_STORAGE',
      });
    }
  });

  it('finds the account of a key that the server knows', async () => {
    const { client, server, during } = await acmeWorld();
    const accountKey = newAccountKey();
    for (const storage of [memoryAcmeStorage(), memoryAcmeStorage()]) {
      await during(client({ accountKey, storage }).obtain(['a.test']));
    }
    expect(server.accounts.size).toBe(1);
    expect(server.calls.filter((path) => path === '/account')).toHaveLength(2);
  });

  it('makes the account anew, with the same key, if the server has lost it', async () => {
    const { client, server, during } = await acmeWorld();
    const own = client();
    await during(own.obtain(['a.test']));
    server.forgetAccounts();
    await during(own.obtain(['b.test']));
    expect(server.calls.filter((path) => path === '/account')).toHaveLength(2);
    await during(client().obtain(['c.test']));
    expect(server.calls.filter((path) => path === '/account')).toHaveLength(2);
  });

  it('makes one account for all who ask at the same time', async () => {
    const { client, server, during } = await acmeWorld();
    const own = client();
    await during(Promise.all([own.obtain(['a.test']), own.obtain(['b.test'])]));
    expect(server.calls.filter((path) => path === '/account')).toHaveLength(1);
  });

  it('tells the server of agreement, contacts and accounts at somebody else', async () => {
    const { client, server, during } = await acmeWorld({
      meta: { termsOfService: 'https://acme.test/terms', externalAccountRequired: true },
    });
    const external = { externalAccount: { keyId: 'kid-1', hmacKey: Buffer.alloc(32, 1).toString('base64url') } };
    await expect(client(external).obtain(['a.test'])).rejects.toMatchObject({ code: 'LML_ERR_ACME_TERMS' });
    await expect(client({ termsOfServiceAgreed: true }).obtain(['a.test'])).rejects.toMatchObject({
      code: 'LML_ERR_ACME_TERMS',
    });
    const agreed = { termsOfServiceAgreed: true, contacts: ['mailto:ann@example.com'], ...external };
    await during(client(agreed).obtain(['a.test']));
    expect([...server.accounts.values()][0]?.payload).toMatchObject({
      termsOfServiceAgreed: true,
      contact: ['mailto:ann@example.com'],
      externalAccountBinding: { signature: expect.stringMatching(/^[\w-]{43}$/) },
    });
  });

  it('solves what it can: the first solver of which the server takes something', async () => {
    const { client, during, challenges } = await acmeWorld({
      validate: async ({ type, keyAuthorization, token }) =>
        type === 'dns-01' && keyAuthorization.startsWith(`${token}.`),
    });
    const dns = recordingSolver('dns-01');
    await during(client({ solvers: [recordingSolver('other-01'), dns, challenges] }).obtain(['*.a.test']));
    expect(dns.log).toEqual(['present a.test', 'remove a.test']);
  });

  it('tells if there is no solver', async () => {
    const { client, during } = await acmeWorld({ challengeTypes: ['dns-01', 'dns-account-01'] });
    await expect(during(client().obtain(['a.test']))).rejects.toMatchObject({
      code: 'LML_ERR_ACME_NO_SOLVER',
      message: expect.stringContaining('dns-01, dns-account-01'),
    });
  });

  it('takes back what was shown when the server does not believe it, and says what the server says', async () => {
    const { client, during } = await acmeWorld({ validate: async () => false });
    const solver = recordingSolver('http-01');
    await expect(during(client({ solvers: [solver] }).obtain(['a.test']))).rejects.toMatchObject({
      code: 'LML_ERR_ACME_CHALLENGE_FAILED',
      message: expect.stringContaining('it was not there'),
      problem: { type: 'unauthorized' },
    });
    expect(solver.log).toEqual(['present a.test', 'remove a.test']);
  });

  it('tells what went wrong first, even if a solver fails to take back what it has shown', async () => {
    const failing = (): AcmeSolver => ({
      type: 'http-01',
      present: () => {},
      remove() {
        throw new Error('not removed');
      },
    });
    const bad = await acmeWorld({ validate: async () => false });
    await expect(bad.during(bad.client({ solvers: [failing()] }).obtain(['a.test']))).rejects.toMatchObject({
      code: 'LML_ERR_ACME_CHALLENGE_FAILED',
    });
    const good = await acmeWorld({ validate: async () => true });
    await expect(good.during(good.client({ solvers: [failing()] }).obtain(['a.test']))).rejects.toThrow('not removed');
  });

  it('passes on what a solver fails with, and the service', async () => {
    const { client, during } = await acmeWorld();
    const present = () => Promise.reject(new Error('no DNS'));
    const solver: AcmeSolver = { type: 'http-01', present, remove: () => {} };
    await expect(during(client({ solvers: [solver] }).obtain(['a.test']))).rejects.toThrow('no DNS');
    const service = serviceFn((_request: Request): Promise<HttpResponse> => Promise.reject(new Error('no net')));
    await expect(during(client({ service }).obtain(['a.test']))).rejects.toThrow('no net');
  });

  it('takes another nonce if the server does not like one, but not for ever', async () => {
    const { client, server, during } = await acmeWorld();
    server.refuseNonces = 4;
    await expect(during(client().obtain(['a.test']))).resolves.toBeDefined();
    server.refuseNonces = 5;
    await expect(during(client().obtain(['b.test']))).rejects.toMatchObject({ code: 'LML_ERR_ACME_BAD_NONCE' });
    server.refuseNonces = 0;
    await expect(during(client().obtain(['b.test']))).resolves.toBeDefined();
  });

  it('says when a server asks for patience', async () => {
    const { client, during } = await acmeWorld({
      intercept: ({ path }) =>
        path === '/order' ? problem(429, 'rateLimited', 'too many', { 'Retry-After': '3600' }) : undefined,
    });
    await expect(during(client().obtain(['a.test']))).rejects.toMatchObject({
      code: 'LML_ERR_ACME_PROBLEM',
      retryAfterMs: 3_600_000,
      problem: { type: 'rateLimited', status: 429, detail: 'too many' },
    });
  });

  it('uses a key that it is given', async () => {
    const { client, during } = await acmeWorld();
    const key = newAccountKey();
    expect((await during(client().obtain(['a.test'], { key }))).key).toBe(key);
  });

  it('gives up when it is told so, with the reason, and takes back what was shown', async () => {
    const { client, clock } = await acmeWorld({ slowLooks: 1_000 });
    const controller = new AbortController();
    const solver = recordingSolver('http-01', () => controller.abort('enough'));
    const service = client({ solvers: [solver] });
    await expect(service.obtain(['a.test'], { signal: controller.signal })).rejects.toBe('enough');
    expect(solver.log).toEqual(['present a.test', 'remove a.test']);
    expect(clock.pendingTimers).toBe(0);
    await expect(service.obtain(['a.test'], { signal: controller.signal })).rejects.toBe('enough');
  });

  it('bounds the time of a request, and leaves nothing behind', async () => {
    const { client, clock } = await acmeWorld();
    const silent = serviceFn((_request: Request) => new Promise<HttpResponse>(() => {}));
    const asked = client({ service: silent, requestTimeoutMs: 500 }).obtain(['a.test']);
    const failure = expect(asked).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'requestTimeoutMs' });
    while (clock.pendingTimers === 0) await settle(1);
    await clock.advanceAsync(500);
    await failure;
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    [[]],
    [['*.*.test']],
    [['a b']],
    [Array.from({ length: 101 }, (_, index) => `n${index}.test`)],
    [['*.1.2.3.4']],
  ])('refuses the names %j', async (names) => {
    const { client } = await acmeWorld();
    await expect(client().obtain(names)).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });

  it.each([
    { directoryUrl: 'no url' },
    { solvers: [] },
    { contacts: ['ann'] },
    { requestTimeoutMs: 0 },
    { maxResponseBytes: 1_023 },
    { maxPollAttempts: 0 },
    { pollIntervalMs: 0 },
    { maxPollIntervalMs: 999 },
    { maxPollIntervalMs: Number.POSITIVE_INFINITY },
  ])('refuses the options %j', async (options) => {
    const { client } = await acmeWorld();
    expect(() => client(options)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });

  it('refuses an account key that is none on P-256', async () => {
    const { client } = await acmeWorld();
    await expect(client({ accountKey: 'no key' }).obtain(['a.test'])).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
  });
});

function recordingSolver(type: string, onPresent = () => {}): AcmeSolver & { readonly log: string[] } {
  const log: string[] = [];
  return {
    type,
    log,
    present({ identifier }: AcmeChallenge) {
      log.push(`present ${identifier}`);
      onPresent();
    },
    remove: ({ identifier }) => void log.push(`remove ${identifier}`),
  };
}
