import { HttpRequest, HttpResponse } from '@lamella/http';
import type { ByteStream, Connection } from '@lamella/net-core';
import { readAll, text } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CutWrites } from './support/cut-writes.ts';
import { stages } from './support/stages.ts';
import { memoryHttp2 } from './support/transports.ts';

const newStage = stages({ beforeEach, afterEach });

/** Of the other protocol, though it looks like frames. */
const PAYLOAD = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x01\x00\x00\x00\x00\xff';

describe.each([
  { way: 'CONNECT through a forward proxy', viaProxy: true, init: { method: 'CONNECT', target: 'peer.test:443' } },
  {
    way: 'extended CONNECT through a reverse proxy',
    viaProxy: false,
    init: { target: 'http://edge.test/', headers: { Connection: 'Upgrade', Upgrade: 'bytes' } },
  },
])('$way, by HTTP/2', ({ viaProxy, init }) => {
  it.each([
    { what: 'of the client', who: 'client' },
    { what: 'of the proxy, to both sides,', who: viaProxy ? 'proxy' : 'edge' },
  ])('both sides get the bytes of the other as they were, wherever the bytes $what are cut', async ({ who }) => {
    const cut = new CutWrites();
    cut.who = who;
    const received: string[] = [];
    /** Speaks at once, in the same turn in which it accepts. */
    const talk = async (stream: ByteStream): Promise<void> => {
      void stream.write([Buffer.from(PAYLOAD, 'latin1')]);
      await stream.closeWrite();
      received.push(text(await readAll(stream)));
    };
    const handler = serviceFn(({ stream }: Connection) => talk(stream));
    const headers = { Connection: 'Upgrade', Upgrade: 'bytes' };
    const origin = serviceFn(async () => HttpResponse.upgrade({ status: 101, headers }, handler));
    const stage = await newStage(memoryHttp2, { origin, peer: handler, wrap: cut.wrap });

    const converse = async (): Promise<void> => {
      const client = stage.client({ viaProxy });
      const { upgraded } = await client.serve(HttpRequest.from(init));
      if (upgraded === undefined) throw new Error('there is no tunnel');
      await talk(upgraded.stream);
      await expect.poll(() => received, { interval: 1 }).toEqual([PAYLOAD, PAYLOAD]);
      client.destroy();
    };
    await converse(); // to see how many bytes there are
    expect(cut.mostBytes).toBeGreaterThan(PAYLOAD.length);
    for (cut.atByte = 1; cut.atByte < cut.mostBytes; cut.atByte++) {
      received.length = 0;
      await converse();
    }
    expect(stage.errors).toEqual([]);
  });
});
