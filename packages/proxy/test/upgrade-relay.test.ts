import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UpgradeRelay } from '../src/index.ts';
import { worlds } from './support/world.ts';

const newWorld = worlds({ beforeEach, afterEach });

const REQUEST =
  'GET /chat HTTP/1.1\r\nHost: origin.test\r\nConnection: Upgrade\r\nUpgrade: chat\r\nX-Offer: a, b\r\n\r\n';
const ANSWER = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n';

describe('the relay of upgraded connections that a proxy was given', () => {
  it('changes what is asked for, joins both connections, and its outcome is the one that is told', async () => {
    const ages: number[] = [];
    const upgrade: UpgradeRelay = {
      prepare(request, headers) {
        expect([request.path, headers.get('x-offer')]).toEqual(['/chat', 'a, b']);
        headers.delete('x-offer');
        return async (downstream, upstream, { clock }) => {
          const word = (await upstream.stream.read()) ?? new Uint8Array();
          await downstream.stream.write([Buffer.from(Buffer.from(word).toString().toUpperCase())]);
          downstream.stream.destroy();
          upstream.stream.destroy();
          const ageMs = clock?.nowMs() ?? -1;
          ages.push(ageMs);
          return { reason: 'eof', bytesUp: 7, bytesDown: 5, ageMs, firstByteMs: undefined };
        };
      },
    };
    const world = newWorld().reverse({ upgrade });
    const origin = world.origin();
    const client = await world.connect();
    client.send(REQUEST);
    const server = await origin.accept();
    expect(await server.take()).not.toContain('X-Offer');
    server.send(`${ANSWER}hello`);
    await settle(8);
    expect(await client.take()).toMatch(/\r\n\r\nHELLO$/);
    expect(world.outcomes).toEqual([expect.objectContaining({ reason: 'eof', bytesUp: 7, bytesDown: 5 })]);
    expect(ages).toEqual([world.clock.nowMs()]);
  });

  it('leaves nothing open if it fails', async () => {
    const upgrade: UpgradeRelay = { prepare: () => () => Promise.reject(new Error('no relay')) };
    const world = newWorld().reverse({ upgrade });
    const origin = world.origin();
    const client = await world.connect();
    client.send(REQUEST);
    const server = await origin.accept();
    await server.take();
    server.send(ANSWER);
    await settle(20);
    expect([client.ended, server.ended]).not.toContain('no');
    expect(world.outcomes).toEqual([]);
  });

  it('is not asked about requests that are none for an upgrade, and may leave one to the passing on of bytes', async () => {
    const asked: string[] = [];
    const upgrade: UpgradeRelay = { prepare: (request) => void asked.push(request.path) };
    const world = newWorld().reverse({ upgrade });
    const origin = world.origin();
    const client = await world.connect();
    client.send('GET /plain HTTP/1.1\r\nHost: origin.test\r\n\r\n');
    const first = await origin.accept();
    await first.take();
    first.send('HTTP/1.1 204 No Content\r\n\r\n');
    await settle(8);
    expect(asked).toEqual([]);
    await client.take();
    client.send(REQUEST);
    await settle(8);
    expect(asked).toEqual(['/chat']);
    await first.take();
    first.send(`${ANSWER}as it is`);
    await settle(8);
    expect(await client.take()).toMatch(/\r\n\r\nas it is$/);
  });
});

describe('an upgraded connection', () => {
  it.each([
    ['h2c', /which nobody has asked for/],
    ['chat, h2c', /which nobody has asked for/],
  ])('to %s, which was not asked for, is none: 502, and nothing stays open', async (answered, message) => {
    const asked: string[] = [];
    const upgrade: UpgradeRelay = { prepare: () => () => Promise.reject(asked.push('joined')) };
    const world = newWorld().reverse({ upgrade });
    const origin = world.origin();
    const client = await world.connect();
    client.send(REQUEST);
    const server = await origin.accept();
    await server.take();
    server.send(ANSWER.replace('Upgrade: chat', `Upgrade: ${answered}`));
    await settle(8);
    expect(await client.take()).toMatch(/^HTTP\/1\.1 502 .*Proxy-Status: test-proxy; ?error=http_protocol_error/s);
    expect(server.ended).not.toBe('no');
    expect(asked).toEqual([]);
    expect(world.access).toMatchObject([
      { status: 502, error: { code: 'LML_ERR_HTTP1_BAD_SWITCH', message: expect.stringMatching(message) } },
    ]);
  });
});
