// #region service
import type { GrpcImplementation } from '@lamella/grpc';
import { defineService, grpcClient, grpcService, implementService, jsonCodec } from '@lamella/grpc';
import { createHttpClient } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import { http2ClientOn } from '@lamella/http2/testing';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle, stack } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { certificateAuthority, PeerCertificate, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

checkLedger({ beforeEach, afterEach }); // a test that leaves something open fails

const text = jsonCodec(String);
const Greeter = defineService('greet.v1.Greeter', {
  greet: { type: 'unary', request: text, response: text },
  spell: { type: 'server-streaming', request: text, response: text },
});

/** The application that these tests look at. */
function greeter(): GrpcImplementation {
  return implementService(Greeter, {
    greet: (name, { request }) => {
      const { subject } = request.extensions.get(PeerCertificate) ?? {};
      return subject === undefined ? `hello ${name}` : `hello ${name}, says ${subject}`;
    },
    *spell(word) {
      yield* word;
    },
  });
}
// #endregion service

describe('greeter', () => {
  // #region direct
  it('greets, without a network', async () => {
    const client = grpcClient(grpcService([greeter()]), Greeter);
    expect(await client.greet('Ann')).toBe('hello Ann');
    const letters: string[] = [];
    for await (const letter of client.spell('abc')) letters.push(letter);
    expect(letters).toEqual(['a', 'b', 'c']);
  });
  // #endregion direct

  // #region http2
  it('greets by real HTTP/2, on a pipe in memory', async () => {
    const http = http2ClientOn(grpcService([greeter()]));
    const client = grpcClient(http, Greeter);
    expect(await client.greet('Ann')).toBe('hello Ann');
    await http.close();
  });
  // #endregion http2

  // #region limit
  it('takes messages up to its limit, and none beyond', async () => {
    const http = http2ClientOn(grpcService([greeter()], { maxMessageBytes: 10 }));
    const client = grpcClient(http, Greeter);
    expect(await client.greet('12345678')).toBe('hello 12345678'); // ten bytes of JSON
    await expect(client.greet('123456789')).rejects.toMatchObject({ statusName: 'RESOURCE_EXHAUSTED' });
    await http.close();
  });
  // #endregion limit
});

// #region network
/** A client and the server on two hosts of a network in memory, where a test moves the time. */
function setUp() {
  const clock = new FakeClock();
  const network = memoryNetwork({ clock });
  const lifecycle = createLifecycle({ clock });
  const server = stack(http2ServerLayer({ lifecycle, clock }), grpcService([greeter()], { clock }));
  void serveListener(network.listen('greet.test:80'), server, { lifecycle });
  const http = createHttpClient({ connector: network.connector(), protocols: [http2()], lifecycle, clock });
  const client = grpcClient(http, Greeter, { url: 'http://greet.test', clock });
  return { clock, network, client, close: () => lifecycle.drain({ graceMs: 0 }) };
}
// #endregion network

describe('calls when things go wrong', () => {
  // #region deadline
  it('end with their deadline, on both sides of it', async () => {
    const { clock, network, client, close } = setUp();
    network.blackHole('greet.test');
    const call = client.greet('Ann', { timeoutMs: 2_000, waitForReady: true }).catch((error) => error.statusName);
    await clock.advanceAsync(1_999);
    expect(await Promise.race([call, 'nothing yet'])).toBe('nothing yet');
    await clock.advanceAsync(1);
    expect(await call).toBe('DEADLINE_EXCEEDED');
    await close();
  });
  // #endregion deadline

  // #region reset
  it('are UNAVAILABLE when the network breaks, and work again afterwards', async () => {
    const { network, client, close } = setUp();
    expect(await client.greet('Ann')).toBe('hello Ann');
    network.setConditions({ resetAfterBytes: 0 }, { from: 'greet.test' });
    const failure = { statusName: 'UNAVAILABLE', facts: { retryable: false } }; // the server may have seen it
    await expect(client.greet('Bob')).rejects.toMatchObject(failure);
    network.setConditions({}, { from: 'greet.test' });
    expect(await client.greet('Cid')).toBe('hello Cid');
    await close();
  });
  // #endregion reset
});

// #region tls
it('knows its clients by their certificates, by TLS in memory', async () => {
  const network = memoryNetwork();
  const lifecycle = createLifecycle();
  const authority = await certificateAuthority();
  const certificates = await authority.issue({ names: ['greet.test'] });
  const clientAuth = { mode: 'require', roots: authority.cert } as const;
  const server = stack(
    tlsAcceptLayer({ certificates, clientAuth, alpn: ['h2'] }),
    http2ServerLayer({ lifecycle }),
    grpcService([greeter()]),
  );
  void serveListener(network.listen('greet.test:443'), server, { lifecycle });

  const ann = await authority.issue({ names: [], subject: { commonName: 'Ann' }, usages: ['client'] });
  const tls = tlsConnectLayer({ roots: authority.cert, clientCertificates: { 'greet.test': ann } });
  const http = createHttpClient({ connector: network.connector(), tls, protocols: [http2()], lifecycle });
  const client = grpcClient(http, Greeter, { url: 'https://greet.test' });
  expect(await client.greet('Bob')).toBe('hello Bob, says CN=Ann');
  await lifecycle.drain();
});
// #endregion tls

// #region thousand
it('runs a thousand times at once, each with a network of its own', { timeout: 60_000 }, async () => {
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, async (_, number) => {
      const { client, close } = setUp();
      const answer = await client.greet(`number ${number}`);
      await close();
      return answer;
    }),
  );
  expect(answers).toEqual(Array.from({ length: 1_000 }, (_, number) => `hello number ${number}`));
});
// #endregion thousand
