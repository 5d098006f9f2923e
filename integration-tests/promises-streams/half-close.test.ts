import { HttpRequest as Request } from '@lamella/http';
import type { ByteStream, Connection } from '@lamella/net-core';
import { patternBytes, readAll, readExactly, text, utf8 } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha1 } from '../support/pattern.ts';
import type { Stage, StageOptions } from './support/stage.ts';
import { stages } from './support/stages.ts';
import { memory, transports } from './support/transports.ts';

const newStage = stages({ beforeEach, afterEach });

const ways = [
  { way: 'a relay', open: (stage: Stage) => stage.connect('relay.test:7') },
  { way: 'a CONNECT tunnel', open: openTunnel },
] as const;

describe.each(transports)('on $what', (transport) => {
  describe.each(ways)('through $way', ({ open }) => {
    it('a client that sends, shuts down and reads gets all of a long answer', async () => {
      const answer = patternBytes(3_000_000);
      const stage = await newStage(
        transport,
        peers(async (stream) => {
          const question = await readAll(stream); // to its end: only then it knows what to answer
          expect(text(question)).toBe('what is there?');
          await writeAll(stream, answer);
        }),
      );
      const { stream } = await open(stage);
      void stream.write([utf8('what is there?')]);
      await stream.closeWrite();
      expect(sha1(await readAll(stream))).toBe(sha1(answer));
      await expect.poll(() => stage.outcomes).toMatchObject([{ reason: 'eof', bytesUp: 14, bytesDown: answer.length }]);
    });

    it('a server that sends, shuts down and reads gets all of a long upload', async () => {
      const upload = patternBytes(3_000_000);
      const received = Promise.withResolvers<Uint8Array>();
      const stage = await newStage(
        transport,
        peers(async (stream) => {
          await stream.write([utf8('go on')]);
          await stream.closeWrite();
          received.resolve(await readAll(stream));
        }),
      );
      const { stream } = await open(stage);
      expect(text(await readAll(stream))).toBe('go on');
      await writeAll(stream, upload);
      expect(sha1(await received.promise)).toBe(sha1(upload));
      await expect.poll(() => stage.outcomes).toMatchObject([{ reason: 'eof', bytesUp: upload.length, bytesDown: 5 }]);
    });

    it('a conversation as of SSH works: the server speaks first, both interleave, the client leaves first', async () => {
      const stage = await newStage(transport, peers(playSshServer));
      const { stream } = await open(stage);
      expect(text(await readExactly(stream, BANNER.length))).toBe(BANNER);
      void stream.write([utf8('SSH-2.0-client\r\n')]);
      for (let packet = 0; packet < 50; packet++) {
        void stream.write([Uint8Array.of(packet)]);
        expect([...(await readExactly(stream, 2))]).toEqual([packet, packet + 1]);
      }
      await stream.closeWrite();
      expect(text(await readAll(stream))).toBe('bye');
      await expect.poll(() => stage.outcomes).toMatchObject([{ reason: 'eof', bytesUp: 66, bytesDown: 119 }]);
    });
  });
});

describe.each(ways)('an idle connection through $way', ({ open }) => {
  it.each([
    { state: 'open both ways', halfClose: false },
    { state: 'half-closed', halfClose: true },
  ])('is reaped at its limit and not before, $state', async ({ halfClose }) => {
    const clock = new FakeClock();
    const ended = Promise.withResolvers<string>();
    const stage = await newStage(memory, {
      clock,
      idleTimeoutMs: 5_000,
      ...peers(async (stream) => ended.resolve((await stream.closed).reason)),
    });
    const { stream } = await open(stage);
    if (halfClose) await stream.closeWrite();
    await clock.advanceAsync(4_999);
    expect(stage.outcomes).toEqual([]);
    await clock.advanceAsync(1);
    expect(stage.outcomes).toMatchObject([{ reason: 'idle-timeout', bytesUp: 0, bytesDown: 0 }]);
    expect((await stream.closed).reason).toBe('reset');
    expect(await ended.promise).toBe('reset');
    stream.destroy();
  });
});

function peers(peer: (stream: ByteStream) => Promise<void>): StageOptions {
  return { peer: serviceFn(({ stream }: Connection) => peer(stream)) };
}

async function playSshServer(stream: ByteStream): Promise<void> {
  await stream.write([utf8(BANNER)]);
  await readExactly(stream, 16);
  for (let packet = 0; packet < 50; packet++) {
    const [byte = 0] = await readExactly(stream, 1);
    void stream.write([Uint8Array.of(byte)]);
    await settle(1);
    void stream.write([Uint8Array.of(byte + 1)]);
  }
  await readAll(stream); // the client leaves
  await stream.write([utf8('bye')]);
  await stream.closeWrite();
}

async function writeAll(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 50_000) await stream.write([bytes.slice(at, at + 50_000)]);
  await stream.closeWrite();
}

async function openTunnel(stage: Stage): Promise<Connection> {
  const request = Request.from({ method: 'CONNECT', target: 'peer.test:443' });
  const { upgraded } = await stage.client({ viaProxy: true }).serve(request);
  if (upgraded === undefined) throw new Error('there is no tunnel');
  return upgraded;
}

const BANNER = 'SSH-2.0-server\r\n';
