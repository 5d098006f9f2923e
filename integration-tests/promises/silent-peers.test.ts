import { lookup } from 'node:dns';
import type { HttpClient, HttpClientOptions } from '@lamella/http';
import { HttpRequest } from '@lamella/http';
import type { Http2Options } from '@lamella/http2';
import { checkLedger, patternBytes } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { tlsConnectLayer } from '@lamella/tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpVersion } from './support/http-version.ts';
import { HTTP_VERSIONS } from './support/http-version.ts';
import { checkProcess } from './support/process-failures.ts';
import type { Manner } from './support/silent-world.ts';
import { get, SilentWorld } from './support/silent-world.ts';

vi.mock('node:dns', { spy: true });

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

describe('a call whose peer falls silent fails at a deadline of its own, and the next one goes through', () => {
  it.each(conversations())('$name: after $afterMs ms, in phase $phase, by $version', async (silence) => {
    const world = new SilentWorld(silence.version);
    world.http2 = silence.http2 ?? {};
    vi.mocked(lookup).mockImplementation(world.lookUp);
    const client =
      silence.isProxied === true
        ? world.clientOfProxy()
        : world.client({
            ...silence.options,
            ...(silence.isSecure === true && { tls: tlsConnectLayer({ clock: world.clock }) }),
          });
    if (silence.isWarm === true) {
      world.manner = 'answers once';
      await (await client.serve(get())).body.bytes();
      await settle();
    }
    world.manner = silence.manner ?? 'answers';
    world.hasNames = silence.isNameless !== true;
    world.network.blackHole('10.0.0.1', silence.isGone === true);
    let outcome: unknown = 'pending';
    const call = silence.call?.(client, world) ?? client.serve(get()).then((response) => response.body.bytes());
    call.then(
      () => (outcome = 'complete'),
      (error: unknown) => (outcome = error),
    );
    await world.clock.advanceAsync(silence.afterMs - 1);
    expect(outcome).toBe('pending');
    await world.clock.advanceAsync(1);
    expect(outcome).toMatchObject({
      facts: { phase: silence.phase, peer: expect.any(String) },
      message: expect.stringContaining(silence.tells),
      ...silence.error,
    });

    world.hasNames = true;
    world.manner = 'answers';
    world.network.blackHole('10.0.0.1', false);
    const before = world.accepted;
    expect(await (await client.serve(get())).body.text()).toBe('ok');
    expect(world.accepted).toBe(before + 1);
    await world.close();
    expect(world.clock.pendingTimers).toBe(0);
  });
});

it('a peer that does not say 100 (Continue) gets the body after a second', async () => {
  const world = new SilentWorld();
  vi.mocked(lookup).mockImplementation(world.lookUp);
  world.manner = 'silent';
  const client = world.client();
  const headers = { Expect: '100-continue' };
  const request = { method: 'POST', target: 'http://origin.test/', headers, body: 'content' };
  client.serve(HttpRequest.from(request)).catch(() => {}); // what comes of it is another test's business
  await world.clock.advanceAsync(999);
  const bytesArrived = (): number => world.network.events.filter(({ event }) => event === 'bytes').length;
  expect(bytesArrived()).toBe(1);
  await world.clock.advanceAsync(1);
  expect(bytesArrived()).toBeGreaterThan(1);
  await world.close();
});

/** Each row by each version that has it. */
function conversations(): readonly (Silence & { readonly version: HttpVersion })[] {
  return HTTP_VERSIONS.flatMap((version) =>
    silences()
      .filter(({ versions = HTTP_VERSIONS }) => versions.includes(version))
      .map((silence) => ({ ...silence, version })),
  );
}

interface Silence {
  readonly name: string;
  readonly phase: string;
  readonly afterMs: number;
  /** What stands in the message, beside the phase. */
  readonly tells: string;
  readonly error: object;
  /** What the peer does from then on. Default: answer. */
  readonly manner?: Manner;
  /** Whether everything that is sent to the peer is swallowed. */
  readonly isGone?: boolean;
  /** Whether lookups get no answer. */
  readonly isNameless?: boolean;
  /** Default: a GET. */
  readonly call?: (client: HttpClient, world: SilentWorld) => Promise<unknown>;
  /** Whether a connection stands that has been used. */
  readonly isWarm?: boolean;
  readonly isProxied?: boolean;
  /** Whether the client may speak TLS. */
  readonly isSecure?: boolean;
  /** Default: all. */
  readonly versions?: readonly HttpVersion[];
  readonly http2?: Http2Options;
  readonly options?: Partial<HttpClientOptions>;
}

function silences(): readonly Silence[] {
  const headTimeout = { code: 'LML_ERR_TIMEOUT', limit: 'responseHeadTimeoutMs', timeoutMs: 120_000 };
  const unread = {
    phase: 'request',
    afterMs: 60_000,
    tells: '10.0.0.1:80',
    error: { code: 'LML_ERR_TIMEOUT', limit: 'writeTimeoutMs' },
    call: (client: HttpClient) => client.serve(large()),
  };
  const head = { phase: 'response-head', afterMs: 120_000, tells: '10.0.0.1:80', error: headTimeout };
  return [
    {
      name: 'a name that is never found',
      phase: 'resolve',
      afterMs: 5_000,
      tells: 'origin.test',
      error: { code: 'LML_ERR_CONNECT_NAME_LOOKUP_FAILED', phase: 'resolve' },
      isNameless: true,
    },
    {
      name: 'a connect without an answer',
      phase: 'connect',
      afterMs: 10_000,
      tells: '10.0.0.1:80',
      error: { code: 'LML_ERR_CONNECT_TIMEOUT', phase: 'connect' },
      isGone: true,
    },
    {
      name: 'a proxy that does not answer CONNECT',
      versions: ['HTTP/1.1'],
      ...head,
      tells: '10.0.0.1:3128',
      isProxied: true,
      manner: 'silent',
      call: (client) => client.serve(HttpRequest.from({ method: 'CONNECT', target: 'origin.test:443' })),
    },
    {
      name: 'a response that never begins',
      versions: ['HTTP/1.1'],
      ...head,
      manner: 'silent',
    },
    {
      name: 'a response that stops in its head',
      versions: ['HTTP/1.1'],
      ...head,
      manner: 'half a head',
    },
    {
      name: 'settings that never come',
      versions: ['HTTP/2'],
      phase: 'settings',
      afterMs: 10_000,
      tells: '10.0.0.1:80',
      error: { code: 'LML_ERR_TIMEOUT', limit: 'settingsTimeoutMs' },
      manner: 'silent',
    },
    {
      name: 'a response that never begins on a connection that has begun',
      ...head,
      versions: ['HTTP/2'],
      manner: 'settings, then silent',
    },
    {
      name: 'a sign of life that never comes',
      versions: ['HTTP/2'],
      phase: 'ping',
      afterMs: 30_000 + 20_000,
      tells: '10.0.0.1:80',
      error: { code: 'LML_ERR_TIMEOUT', limit: 'pingTimeoutMs' },
      manner: 'settings, then silent',
      http2: { timeouts: { keepAliveMs: 30_000 } },
    },
    {
      name: 'a handshake of TLS without an answer',
      phase: 'handshake',
      afterMs: 10_000,
      tells: 'origin.test:443',
      error: { code: 'LML_ERR_TLS_TIMEOUT' },
      manner: 'silent',
      isSecure: true,
      call: (client) => client.serve(HttpRequest.from({ target: 'https://origin.test/' })),
    },
    {
      name: 'nothing after an interim response',
      ...head,
      manner: 'interim, then silent',
    },
    {
      name: 'a kept connection whose peer has vanished',
      ...head,
      isWarm: true,
      isGone: true,
    },
    {
      name: 'a kept connection whose peer has stopped to answer',
      ...head,
      isWarm: true,
    },
    {
      name: 'a body that stops',
      phase: 'response-body',
      afterMs: 120_000,
      tells: '10.0.0.1:80',
      // The versions have limits of their own.
      error: { code: 'LML_ERR_TIMEOUT', limit: expect.stringMatching(/^body(?:Progress)?TimeoutMs$/) },
      manner: 'half a body',
    },
    { ...unread, name: 'a request that nobody reads', versions: ['HTTP/1.1'], manner: 'reads nothing' },
    { ...unread, name: 'a request that gets no room', versions: ['HTTP/2'], manner: 'settings, then silent' },
    {
      name: 'a call that may take any time, to a peer that has vanished',
      versions: ['HTTP/2'],
      phase: 'ping',
      afterMs: 330_000 + 20_000,
      tells: '10.0.0.1:80',
      error: { code: 'LML_ERR_TIMEOUT', limit: 'pingTimeoutMs' },
      isWarm: true,
      isGone: true,
      call: (client) => {
        const request = get();
        request.allowQuiet({ beforeHead: true });
        return client.serve(request);
      },
    },
    {
      name: 'a place in the queue behind a silent peer',
      versions: ['HTTP/1.1'],
      phase: 'queue',
      afterMs: 30_000,
      tells: 'http://origin.test:80',
      error: { code: 'LML_ERR_TIMEOUT', limit: 'acquireTimeoutMs' },
      options: { maxConnectionsPerOrigin: 1 },
      manner: 'silent',
      async call(client) {
        const first = new AbortController();
        client.serve(get(first.signal)).catch(() => {});
        try {
          return await client.serve(get());
        } finally {
          first.abort();
        }
      },
    },
  ];
}

/** More than any window takes at once. */
function large(): HttpRequest {
  return HttpRequest.from({ method: 'POST', target: 'http://origin.test/', body: patternBytes(1_000_000) });
}
