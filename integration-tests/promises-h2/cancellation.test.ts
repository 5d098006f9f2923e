import { checkLedger } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from '../promises/support/process-failures.ts';
import { openSignalChain } from '../promises/support/signal-chain.ts';
import { ask, WireHttp2Client } from './support/wire-http2-client.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

/** How a client leaves, and what services hear of it. */
const LEAVING = {
  'a reset of its stream': {
    code: 'LML_ERR_HTTP_STREAM_RESET',
    leave: (client: WireHttp2Client) => client.send('RST_STREAM CANCEL'),
  },
  'a reset of its connection': {
    code: 'LML_ERR_STREAM_RESET',
    leave: async (client: WireHttp2Client) => client.stream.destroy(new Error('gone')),
  },
} as const;
type Leaving = keyof typeof LEAVING;
const WAYS: readonly Leaving[] = ['a reset of its stream', 'a reset of its connection'];

describe('the signal of a call by HTTP/2', () => {
  it.each(
    WAYS.flatMap((how) => [
      { when: 'before the response', how, frames: ask('/wait') },
      { when: 'in the response', how, frames: ask('/endless') },
      { when: 'in its request', how, frames: [...head('/read'), 'DATA "ab"'] },
    ]),
  )('fires with a typed reason within a turn when the client is gone $when, by $how', async ({ how, frames }) => {
    const { signals, connect, close } = open();
    const client = await connect('origin.test:80');
    await client.send(...frames);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await LEAVING[how].leave(client);
    await settle(1);
    expect(signals[0]?.reason).toMatchObject({ code: LEAVING[how].code });
    client.stream.destroy();
    await close();
  });

  it('fires in its request when the client ends the connection, but a request that is complete is still answered', async () => {
    const { signals, connect, close } = open();
    const client = await connect('origin.test:80');
    await client.send(...head('/read'), 'DATA "ab"');
    await client.send(...ask('/slow', { streamId: 3 }));
    await client.stream.closeWrite();
    await settle(8);
    expect(signals[0]?.reason).toMatchObject({ code: 'LML_ERR_STREAM_CLOSED' });
    expect(signals[1]?.aborted).toBe(false);
    await settle(20);
    expect(client.contentOf(3)).toBe('slow');
    client.stream.destroy();
    await close();
  });

  it('fires for the one stream that is reset, and for no other on the connection', async () => {
    const { signals, connect, close } = open();
    const client = await connect('origin.test:80');
    for (const streamId of [1, 3, 5]) await client.send(...ask('/wait', { streamId }));
    await client.send('3 RST_STREAM CANCEL');
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true, false]);
    client.stream.destroy();
    await close();
  });

  it('never fires on success, though the client resets its stream or leaves afterwards', async () => {
    const { signals, connect, close } = open();
    const client = await connect('origin.test:80');
    await client.send(...ask('/'), ...ask('/', { streamId: 3 }));
    expect([client.contentOf(1), client.contentOf(3)]).toEqual(['ok', 'ok']);
    await client.send('RST_STREAM CANCEL');
    client.stream.destroy(new Error('gone'));
    await settle(8);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    await close();
  });
});

describe('a client of HTTP/2 that goes', () => {
  it.each(WAYS)('resets the far end of its tunnel, by %s', async (how) => {
    const { chain, signals, connect, close } = open();
    const client = await connect('proxy.test:3128');
    await client.send('HEADERS', ':method: CONNECT', ':authority: origin.test:80');
    await client.send('DATA "GET /wait HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"'); // a call inside of it
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await LEAVING[how].leave(client);
    await chain.clock.advanceAsync(10);
    expect(signals.map(({ reason }) => reason)).toMatchObject([{ code: 'LML_ERR_STREAM_RESET' }]);
    expect(chain.relays).toMatchObject([{ reason: 'downstream-failed' }]);
    client.stream.destroy();
    await close();
  });
});

/** The HEADERS of a request whose content follows. */
function head(path: string): string[] {
  return ['HEADERS', ':method: POST', ':scheme: http', ':authority: origin.test', `:path: ${path}`];
}

/** A chain by HTTP/2, and clients of it. */
function open() {
  const opened = openSignalChain({ version: 'HTTP/2' });
  const { chain } = opened;
  return {
    ...opened,
    async connect(address: string): Promise<WireHttp2Client> {
      const connecting = chain.connect(address);
      await chain.clock.advanceAsync(10);
      const client = new WireHttp2Client((await connecting).stream);
      await chain.clock.advanceAsync(10);
      return client;
    },
  };
}
