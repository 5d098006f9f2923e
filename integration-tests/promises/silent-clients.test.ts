import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from './support/process-failures.ts';
import { openSilentChain } from './support/silent-chain.ts';
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
  it.each([
    ['GET', 'GET http://gone.test/ HTTP/1.1\r\nHost: gone.test\r\n\r\n', 'connection_timeout', 10_000],
    ['CONNECT', 'CONNECT gone.test:80 HTTP/1.1\r\nHost: gone.test:80\r\n\r\n', 'connection_timeout', 10_000],
    ['GET', 'GET http://origin.test/mute HTTP/1.1\r\nHost: origin.test\r\n\r\n', 'http_response_timeout', 120_000],
  ])('answers %s with 504 at its own deadline: %j', async (_, request, type, afterMs) => {
    const { chain, closeAll } = openSilentChain('HTTP/1.1');
    chain.network.blackHole('gone.test');
    const client = new WireClient((await chain.connect('proxy.test:3128')).stream);
    await client.send(request);
    await chain.clock.advanceAsync(afterMs - 1);
    expect(client.received).toBe('');
    await chain.clock.advanceAsync(1);
    expect(client.received).toMatch(/^HTTP\/1.1 504 /);
    expect(client.received).toContain(`error=${type}`);
    client.stream.destroy();
    await closeAll();
  });

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
