import { HttpBody, HttpResponse } from '@lamella/http';
import { serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { expect, it } from 'vitest';
import { headers, PREFACE, ping, SETTINGS_ACK, settings, windowUpdate } from './support/frames.ts';
import { RawPeer } from './support/raw-peer.ts';

it('a connection that leaves ends its last response, though the client takes nothing just then', async () => {
  const given = Promise.withResolvers<void>();
  async function* content(): AsyncGenerator<Uint8Array> {
    await given.promise;
    yield Buffer.alloc(100_000, 'x'); // more than the pipe takes at once
  }
  const peer = await RawPeer.open(
    serviceFn(async () => HttpResponse.from({ body: HttpBody.from(content()) })),
    { maxRequestsPerConnection: 1, stopsReading: true, greeting: [] },
  );
  await peer.send(PREFACE, settings([4, 1_000_000]), SETTINGS_ACK, windowUpdate(0, 1_000_000));
  await peer.send(
    headers(1, [':method', 'GET', ':scheme', 'http', ':authority', 'a.test', ':path', '/'], { end: true }),
  );
  await peer.send(ping(await lastPing(peer), true)); // nothing was on its way: it may leave behind this response
  given.resolve();
  await settle(20);
  void peer.read();
  const frames = await peer.takeFrames();
  expect(frames.join().match(/x/g)).toHaveLength(100_000);
  expect(frames.at(-1)).toMatch(/^DATA 1 .* END$/);
  expect(peer.ended).toBe('end');
  await peer.close();
});

/** Reads up to the PING that a server asks by whether more is on its way. @returns Its eight bytes. */
async function lastPing({ stream, reader }: RawPeer): Promise<string> {
  let seen = '';
  for (;;) {
    const chunk = (await stream.read()) ?? new Uint8Array(0);
    reader.read(chunk);
    seen += Buffer.from(chunk).toString('latin1');
    const at = seen.indexOf(PING_HEADER);
    if (at >= 0) return seen.slice(at + PING_HEADER.length, at + PING_HEADER.length + 8);
  }
}

const PING_HEADER = '\0\0\x08\x06\0\0\0\0\0';
