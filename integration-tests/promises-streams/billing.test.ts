import type { HttpClient } from '@lamella/http';
import { HttpBody, HttpResponse, HttpRequest as Request } from '@lamella/http';
import type { ByteCounts, ByteStream, Connection, RelayOutcome } from '@lamella/net-core';
import { countBytes } from '@lamella/net-core';
import { patternBytes, readExactly } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Stage } from './support/stage.ts';
import { stages } from './support/stages.ts';
import { memory, transports } from './support/transports.ts';

const newStage = stages({ beforeEach, afterEach });

/** Answers by as many bytes as the path says, and reads what it is sent. */
const origin = serviceFn(async (request: Request) => {
  await request.body.bytes();
  const length = Number(request.path.slice(1));
  const chunks = [patternBytes(Math.floor(length / 2)), patternBytes(length - Math.floor(length / 2))];
  return HttpResponse.from({ body: HttpBody.from(chunks.filter((chunk) => chunk.length > 0)) });
});

describe.each(transports)('on $what', (transport) => {
  it('a proxy counts what its clients sent and got to the byte, though they reuse their connections', async () => {
    const { wrap, countsOf } = counting();
    const stage = await newStage(transport, { origin, wrap });
    const client = stage.client({ viaProxy: true });
    for (let index = 0; index < 30; index++) await post(client, index * 777, index * 1_001);
    await settle(8);

    const clients = countsOf('client');
    const proxied = countsOf('proxy');
    const origins = countsOf('origin');
    expect(clients).toHaveLength(1);
    expect(origins).toHaveLength(1);
    // Accepted and dialled ones have one name here; the first was accepted.
    const [accepted, dialled] = proxied;
    expect(proxied).toHaveLength(2);
    expect(accepted).toEqual({ bytesIn: clients[0]?.bytesOut, bytesOut: clients[0]?.bytesIn });
    expect(dialled).toEqual({ bytesIn: origins[0]?.bytesOut, bytesOut: origins[0]?.bytesIn });
    expect(origins[0]?.bytesIn).toBeGreaterThan((30 * 29 * 777) / 2);
    expect(origins[0]?.bytesOut).toBeGreaterThan((30 * 29 * 1_001) / 2);
  });

  it('tunnels and relays tell what went through them to the byte, one by one and side by side', async () => {
    const { wrap, countsOf } = counting();
    const stage = await newStage(transport, { peer: echoTwice, wrap });
    const lengths = [0, 1, 65_535, 65_536, 65_537, 400_000];
    await Promise.all(
      lengths.map(async (length) => {
        await throughTunnel(stage, length);
        const { stream } = await stage.connect('relay.test:7');
        await ask(stream, length);
      }),
    );
    await expect.poll(() => stage.outcomes.length).toBe(2 * lengths.length);
    const told = stage.outcomes.map(({ reason, bytesUp, bytesDown }) => [reason, bytesUp, bytesDown]);
    const expected = lengths.flatMap((length) => [
      ['eof', length, 2 * length],
      ['eof', length, 2 * length],
    ]);
    expect(told.toSorted(byBytes)).toEqual(expected.toSorted(byBytes));
    const total = lengths.reduce((sum, length) => sum + 2 * length, 0);
    expect(countsOf('peer').reduce((sum, { bytesIn }) => sum + bytesIn, 0)).toBe(total);
    expect(countsOf('peer').reduce((sum, { bytesOut }) => sum + bytesOut, 0)).toBe(2 * total);
  });
});

describe('the outcome of a tunnel', () => {
  it('after requests on the same connection counts nothing of them', async () => {
    const stage = await newStage(memory, { origin, peer: echoTwice });
    const { stream } = await stage.connect('proxy.test:8080');
    for (const length of [10, 20]) {
      void stream.write([Buffer.from(`GET http://origin.test/${length} HTTP/1.1\r\nHost: origin.test\r\n\r\n`)]);
      await settle(12);
    }
    while ((await readNow(stream)) !== undefined);
    void stream.write([Buffer.from('CONNECT peer.test:443 HTTP/1.1\r\nHost: peer.test:443\r\n\r\n12345')]);
    await stream.closeWrite();
    await expect.poll(() => stage.outcomes).toMatchObject([{ reason: 'eof', bytesUp: 5, bytesDown: 10 }]);
    stream.destroy();
  });

  it.each([
    { reason: 'eof', bytesUp: 7, bytesDown: 3, error: undefined },
    { reason: 'downstream-failed', bytesUp: 7, bytesDown: 3, error: { code: 'LML_ERR_STREAM_RESET' } },
    { reason: 'upstream-failed', bytesUp: 7, bytesDown: 3, error: { code: 'LML_ERR_STREAM_RESET' } },
    { reason: 'idle-timeout', bytesUp: 7, bytesDown: 3, error: { code: 'LML_ERR_TIMEOUT', timeoutMs: 60_000 } },
    { reason: 'aborted', bytesUp: 7, bytesDown: 3, error: {} },
  ] as const)('tells reason, bytes, age, first byte and error: $reason', async ({ reason, error, ...bytes }) => {
    const clock = new FakeClock();
    const far = Promise.withResolvers<ByteStream>();
    const stage = await newStage(memory, {
      clock,
      idleTimeoutMs: 60_000,
      peer: serviceFn(async ({ stream }: Connection) => {
        far.resolve(stream);
        await stream.closed;
      }),
    });
    const { stream } = await openTunnel(stage);
    const peer = await far.promise;
    void stream.write([Buffer.from('request')]);
    await readExactly(peer, 7);
    await clock.advanceAsync(40);
    void peer.write([Buffer.from('yes')]);
    await readExactly(stream, 3);
    await clock.advanceAsync(60);
    let ageMs = 100;
    if (reason === 'eof') await Promise.all([stream.closeWrite(), peer.closeWrite(), drain(stream), drain(peer)]);
    else if (reason === 'downstream-failed') stream.destroy(new Error('broken off'));
    else if (reason === 'upstream-failed') peer.destroy(new Error('broken off'));
    else if (reason === 'idle-timeout') {
      await clock.advanceAsync(60_000);
      ageMs = 60_040;
    } else await stage.cut();
    await settle(8);
    const expected: Partial<RelayOutcome> = { reason, ...bytes, ageMs, firstByteMs: 40 };
    expect(stage.outcomes).toMatchObject([error === undefined ? expected : { ...expected, error }]);
    expect(stage.outcomes[0]?.error === undefined).toBe(error === undefined);
    stream.destroy();
  });
});

/** Reads to the end, then says it twice. */
const echoTwice = serviceFn(async ({ stream }: Connection) => {
  const chunks: Uint8Array[] = [];
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  for (let times = 0; times < 2; times++) await stream.write([Buffer.from(bytes)]);
  await stream.closeWrite();
});

/** Counts every connection of every program, independently of who does so in it. */
function counting() {
  const counted: { readonly who: string; readonly counts: ByteCounts }[] = [];
  return {
    wrap(inner: ByteStream, who: string): ByteStream {
      const { stream, counts } = countBytes(inner);
      counted.push({ who, counts });
      return stream;
    },
    countsOf: (who: string) => counted.filter((each) => each.who === who).map(({ counts }) => counts),
  };
}

async function post(client: HttpClient, up: number, down: number): Promise<void> {
  const request = Request.from({ method: 'POST', target: `http://origin.test/${down}`, body: patternBytes(up) });
  const response = await client.serve(request);
  expect((await response.body.bytes()).length).toBe(down);
}

async function throughTunnel(stage: Stage, length: number): Promise<void> {
  const { stream } = await openTunnel(stage);
  await ask(stream, length);
}

async function ask(stream: ByteStream, length: number): Promise<void> {
  void stream.write([patternBytes(length)]);
  await stream.closeWrite();
  expect(await drain(stream)).toBe(2 * length);
}

/** Reads to the end. @returns How many bytes there were. */
async function drain(stream: ByteStream): Promise<number> {
  let length = 0;
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) length += chunk.length;
  return length;
}

/** What is there now, if anything. */
function readNow(stream: ByteStream): Promise<Uint8Array | undefined> {
  const controller = new AbortController();
  const reading = stream.read({ signal: controller.signal });
  controller.abort();
  return reading.catch(() => undefined);
}

async function openTunnel(stage: Stage): Promise<Connection> {
  const request = Request.from({ method: 'CONNECT', target: 'peer.test:443' });
  const { upgraded } = await stage.client({ viaProxy: true }).serve(request);
  if (upgraded === undefined) throw new Error('there is no tunnel');
  return upgraded;
}

type Told = readonly (string | number)[];
function byBytes([, one = 0]: Told, [, other = 0]: Told): number {
  return Number(one) - Number(other);
}
