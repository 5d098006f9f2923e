import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HTTP_VERSIONS } from './support/http-version.ts';
import { checkProcess } from './support/process-failures.ts';
import { openSilentChain } from './support/silent-chain.ts';
import { wireCall } from './support/wire-call.ts';
import { WireClient } from './support/wire-client.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

describe('a client that falls silent loses its connection at a deadline, by default', () => {
  it.each([
    ['before its first byte', '', 20_000, /^$/, 'end'],
    ['in the head of a request', 'GET / HTTP/1.1\r\nHo', 20_000, /^HTTP\/1.1 408 /, 'end'],
    ['between two requests', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 95_000, /^HTTP\/1.1 200 .*GET \/$/s, 'end'],
    [
      'in the body of a request',
      'POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc',
      30_000,
      /^HTTP\/1.1 408 /,
      'end',
    ],
    [
      'in a chunk of a request',
      'POST /read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab',
      30_000,
      /^HTTP\/1.1 408 /,
      'end',
    ],
  ] as const)('%s', async (_, bytes, afterMs, answer, ended) => {
    const { chain, closeAll } = openSilentChain('HTTP/1.1');
    const client = new WireClient((await chain.connect('origin.test:80')).stream);
    await client.send(bytes);
    await chain.clock.advanceAsync(afterMs - 1);
    expect(client.ended).toBe('no');
    await chain.clock.advanceAsync(1);
    expect(client.received).toMatch(answer);
    expect(client.ended).toBe(ended);
    client.stream.destroy();
    await closeAll();
  });

  it('in reading a response: after a minute, by a reset, so that nothing looks complete', async () => {
    const { chain, closeAll } = openSilentChain('HTTP/1.1');
    const { stream } = await chain.connect('origin.test:80'); // nobody reads from it
    void stream.write([Buffer.from('GET /large HTTP/1.1\r\nHost: a\r\n\r\n')]);
    await chain.clock.advanceAsync(59_999);
    expect(chain.serving).toBe(1);
    await chain.clock.advanceAsync(1);
    expect(chain.serving).toBe(0);
    expect(await stream.closed).toMatchObject({ reason: 'reset' });
    await closeAll();
  });
});

describe('a proxy whose next server falls silent', () => {
  const calls = [
    { method: 'GET', url: 'http://gone.test/', type: 'connection_timeout', afterMs: 10_000 },
    { method: 'CONNECT', url: 'http://gone.test/', type: 'connection_timeout', afterMs: 10_000 },
    { method: 'GET', url: 'http://origin.test/mute', type: 'http_response_timeout', afterMs: 120_000 },
  ] as const;

  it.each(HTTP_VERSIONS.flatMap((version) => calls.map((call) => ({ version, ...call }))))(
    'answers $method $url by $version with 504 at its own deadline',
    async ({ version, method, url, type, afterMs }) => {
      const { chain, closeAll } = openSilentChain(version);
      chain.network.blackHole('gone.test');
      const client = wireCall(version, (await chain.connect('proxy.test:3128')).stream);
      await client.ask(method, url);
      await chain.clock.advanceAsync(afterMs - 1);
      expect(client.answer).toBe('');
      await chain.clock.advanceAsync(1);
      expect(client.answer).toMatch(/^(?:HTTP\/1.1 504 |HEADERS.*\n:status: 504\n)/);
      expect(client.answer).toMatch(new RegExp(`^proxy-status: .*error=${type}`, 'im'));
      client.stream.destroy();
      await closeAll();
    },
  );

  it('ends a tunnel after five minutes in which nothing passed either way, on both sides', async () => {
    const { chain, closeAll } = openSilentChain('HTTP/1.1');
    const client = new WireClient((await chain.connect('proxy.test:3128')).stream);
    await client.send('CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\n\r\n');
    await chain.clock.advanceAsync(10_000);
    await client.send('GET /mute HTTP/1.1\r\nHost: a\r\n\r\n');
    await chain.clock.advanceAsync(299_999);
    expect(client.ended).toBe('no');
    await chain.clock.advanceAsync(1);
    expect(client.ended).toBe('reset');
    expect(chain.relays).toMatchObject([
      { reason: 'idle-timeout', bytesDown: 0, error: { limit: 'idleTimeoutMs', timeoutMs: 300_000 } },
    ]);
    expect(chain.serving).toBe(0);
    await closeAll();
  });
});
