import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from '../promises/support/process-failures.ts';
import { openSilentChain } from '../promises/support/silent-chain.ts';
import { PREFACE, settingsFrame } from './support/h2-script.ts';
import { ask, WireHttp2Client } from './support/wire-http2-client.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

const POST = ['HEADERS', ':method: POST', ':scheme: http', ':authority: a', ':path: /read'];
/** HEADERS without END_HEADERS, of one field. */
const HALF_HEAD = Uint8Array.of(0, 0, 1, 1, 1, 0, 0, 0, 1, 0x82);

describe('a client of HTTP/2 that falls silent loses what it keeps at a deadline, by default', () => {
  it.each([
    { when: 'before its first byte', bytes: [], greets: false, afterMs: 10_000, says: [], ended: 'reset' },
    {
      when: 'in its preface',
      bytes: [PREFACE.subarray(0, 12)],
      greets: false,
      afterMs: 10_000,
      says: [],
      ended: 'reset',
    },
    {
      when: 'before its settings',
      bytes: [PREFACE],
      greets: false,
      afterMs: 10_000,
      says: ['GOAWAY 0 SETTINGS_TIMEOUT'],
      ended: 'end',
    },
    {
      when: 'before it knows our settings',
      bytes: [PREFACE, settingsFrame()],
      greets: false,
      afterMs: 10_000,
      says: ['GOAWAY 0 SETTINGS_TIMEOUT'],
      ended: 'end',
    },
    { when: 'before its first request', bytes: [], afterMs: 95_000, says: ['GOAWAY 0 NO_ERROR'], ended: 'end' },
    {
      when: 'in the head of a request',
      bytes: [HALF_HEAD],
      afterMs: 20_000,
      says: ['GOAWAY 0 PROTOCOL_ERROR'],
      ended: 'end',
    },
  ])('$when: after $afterMs ms', async ({ bytes, greets = true, afterMs, says, ended }) => {
    const { chain, closeAll } = openSilentChain('HTTP/2');
    const client = new WireHttp2Client((await chain.connect('origin.test:80')).stream, { greets });
    for (const part of bytes) await client.sendBytes(part);
    await chain.clock.advanceAsync(afterMs - 1);
    expect([client.lines, client.ended]).toEqual([[], 'no']);
    await chain.clock.advanceAsync(1);
    expect([client.lines, client.ended]).toEqual([says, ended]);
    client.stream.destroy();
    await closeAll();
  });

  it('between two requests: after 95 s, by GOAWAY and an end', async () => {
    const { chain, closeAll } = openSilentChain('HTTP/2');
    const client = new WireHttp2Client((await chain.connect('origin.test:80')).stream);
    await client.send(...ask('/'));
    const before = client.lines;
    await chain.clock.advanceAsync(94_999);
    expect([client.lines, client.ended]).toEqual([before, 'no']);
    await chain.clock.advanceAsync(1);
    expect([client.lines.at(-1), client.ended]).toEqual(['GOAWAY 1 NO_ERROR', 'end']);
    client.stream.destroy();
    await closeAll();
  });

  it('in the body of a request: after 30 s its stream is reset, and the others go on', async () => {
    const { chain, closeAll } = openSilentChain('HTTP/2');
    const client = new WireHttp2Client((await chain.connect('origin.test:80')).stream);
    await client.send(...POST, 'DATA "abc"');
    await chain.clock.advanceAsync(29_999);
    expect(client.lines).toEqual([]);
    await chain.clock.advanceAsync(1);
    expect(client.lines).toEqual(['RST_STREAM CANCEL']);
    await client.send(...ask('/next', { streamId: 3 }));
    expect(client.contentOf(3)).toBe('GET /next');
    client.stream.destroy();
    await closeAll();
  });

  it('in reading the connection: after a minute it is reset, so that nothing looks complete', async () => {
    const { chain, closeAll } = openSilentChain('HTTP/2');
    const { stream } = await chain.connect('origin.test:80'); // nobody reads from it
    void stream.write([
      PREFACE,
      settingsFrame([4, 1_000_000]),
      Uint8Array.of(0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0x10, 0, 0), // 1 MiB more for the connection
      Uint8Array.of(0, 0, 0, 4, 1, 0, 0, 0, 0),
    ]);
    const large = Buffer.from('\x82\x86\x04\x06/large\x01\x01a', 'latin1'); // GET, http, path and authority
    void stream.write([Uint8Array.of(0, 0, large.length, 1, 5, 0, 0, 0, 1), large]);
    await chain.clock.advanceAsync(59_999);
    expect(chain.serving).toBe(1);
    await chain.clock.advanceAsync(1);
    expect(chain.serving).toBe(0);
    expect(await stream.closed).toMatchObject({ reason: 'reset' });
    await closeAll();
  });

  it('in giving a stream room: after a minute that stream is reset, and the others go on', async () => {
    const { chain, closeAll } = openSilentChain('HTTP/2');
    const client = new WireHttp2Client((await chain.connect('origin.test:80')).stream, { greets: false });
    await client.sendBytes(Buffer.concat([PREFACE, settingsFrame([4, 10]), Uint8Array.of(0, 0, 0, 4, 1, 0, 0, 0, 0)]));
    await client.send(...ask('/large'));
    expect(client.contentOf(1)).toHaveLength(10);
    await chain.clock.advanceAsync(59_999);
    expect(client.lines).not.toContain('RST_STREAM CANCEL');
    await chain.clock.advanceAsync(1);
    expect(client.lines.at(-1)).toBe('RST_STREAM CANCEL');
    await client.send(...ask('/b', { streamId: 3 }));
    expect(client.contentOf(3)).toBe('GET /b');
    client.stream.destroy();
    await closeAll();
  });
});

describe('a proxy whose next server falls silent', () => {
  it('ends a tunnel after five minutes in which nothing passed either way, on both sides, and goes on with others', async () => {
    const { chain, closeAll } = openSilentChain('HTTP/2');
    const client = new WireHttp2Client((await chain.connect('proxy.test:3128')).stream);
    await client.send('HEADERS', ':method: CONNECT', ':authority: origin.test:80');
    await client.send('DATA "GET /mute HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"');
    await chain.clock.advanceAsync(299_999);
    expect(client.lines.filter((line) => line.startsWith('RST_STREAM'))).toEqual([]);
    await chain.clock.advanceAsync(1);
    expect(client.lines.at(-1)).toBe('RST_STREAM CANCEL');
    expect(chain.relays).toMatchObject([
      { reason: 'idle-timeout', bytesDown: 0, error: { limit: 'idleTimeoutMs', timeoutMs: 300_000 } },
    ]);
    expect([client.ended, chain.serving]).toEqual(['no', 1]);
    client.stream.destroy();
    await closeAll();
  });
});
