import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ByteStream } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../src/index.ts';
import { HttpResponse, httpServerLayer } from '../../src/index.ts';
import { bytesOf, textOf } from '../support/codec.ts';
import { withoutDate } from '../support/raw-client.ts';
import { get, LAST_OK, OK, post, refusal } from './support/bad-input.ts';

checkLedger({ beforeEach, afterEach });

/** Ways to hold a server up: what is sent at once, and what then drips, a byte every five seconds. */
const DRIPS: readonly { name: string; first: string; drip: string; shedAtMs: number; answers: string }[] = [
  { name: 'nothing at all', first: '', drip: '', shedAtMs: 20_000, answers: '' },
  { name: 'an empty line', first: '\r\n', drip: '', shedAtMs: 20_000, answers: '' },
  { name: 'a start line', first: 'GET /', drip: 'a', shedAtMs: 20_000, answers: refusal(408) },
  { name: 'a head', first: 'GET / HTTP/1.1\r\nX: ', drip: 'a', shedAtMs: 20_000, answers: refusal(408) },
  { name: 'a second head', first: `${get()}GET /`, drip: 'a', shedAtMs: 20_000, answers: OK + refusal(408) },
  { name: 'content', first: post('Content-Length: 900'), drip: 'a', shedAtMs: 30_000, answers: refusal(408) },
  {
    name: 'an extension',
    first: `${post('Transfer-Encoding: chunked')}5;`,
    drip: 'a',
    shedAtMs: 30_000,
    answers: refusal(408),
  },
  {
    name: 'trailers',
    first: `${post('Transfer-Encoding: chunked')}0\r\nX: `,
    drip: 'a',
    shedAtMs: 30_000,
    answers: refusal(408),
  },
  {
    name: 'content that it was given leave to send',
    first: post('Content-Length: 900', 'Expect: 100-continue'),
    drip: 'a',
    shedAtMs: 30_000,
    answers: `HTTP/1.1 100 Continue\r\n\r\n${refusal(408)}`,
  },
];

// Much work for a busy machine: thousands of connections, hundreds of megabytes.
describe('a server among clients that dawdle', { timeout: 60_000 }, () => {
  it.each(DRIPS)(
    'gives a client up that drips $name, in time and not before',
    async ({ first, drip, shedAtMs, answers }) => {
      const server = new SlowServer();
      const client = server.connect();
      client.send(first);
      await server.pass(shedAtMs - 1, () => client.send(drip));
      expect(client.hasEnded).toBe(false);
      await server.pass(1);
      expect({ hasEnded: client.hasEnded, text: withoutDate(client.text) }).toEqual({
        hasEnded: true,
        text: withoutDate(answers),
      });
      await server.end([client]);
    },
  );

  it('is rid of thousands of them within 30 s, in bounded memory, and serves others all the while', async () => {
    const server = new SlowServer();
    const before = memory();
    const clients = Array.from({ length: 2_000 }, (_, index) => {
      const how = DRIPS[index % DRIPS.length];
      const client = server.connect();
      client.send(how?.first ?? '');
      return { client, drip: how?.drip ?? '' };
    });
    await server.pass(15_000, () => {
      for (const { client, drip } of clients) client.send(drip);
    });
    expect(clients.filter(({ client }) => client.hasEnded)).toEqual([]);
    expect(memory() - before).toBeLessThan(clients.length * 2 * 10_000); // both ends are here

    const good = server.connect();
    good.send(get());
    await settle(4);
    expect(withoutDate(good.text)).toBe(withoutDate(OK));

    await server.pass(15_000, () => {
      for (const { client, drip } of clients) client.send(drip);
    });
    expect(clients.filter(({ client }) => !client.hasEnded)).toEqual([]);
    expect(good.hasEnded).toBe(false); // who has been served may think about the next request
    await server.end([good, ...clients.map(({ client }) => client)]);
  });

  it('lets an upload of two hours at 50 KB/s through', async () => {
    const server = new SlowServer();
    const client = server.connect();
    const tenSeconds = new Uint8Array(500_000).fill(0x61);
    client.send(post(`Content-Length: ${720 * tenSeconds.length}`));
    for (let count = 0; count < 720; count++) {
      client.write(tenSeconds);
      await server.pass(10_000);
    }
    expect({ received: server.bytesRead, text: withoutDate(client.text) }).toEqual({
      received: 360_000_000,
      text: withoutDate(LAST_OK), // older than an hour: it ends with its response
    });
    await server.end([client]);
  });

  it('gives a client up that reads nothing of a long answer, and holds back what it would send', async () => {
    const server = new SlowServer('x'.repeat(65_536).repeat(64));
    const client = server.connect({ reads: false });
    client.send(get());
    await server.pass(59_999);
    expect(server.openCount).toBe(1);
    await server.pass(1);
    expect(server.openCount).toBe(0);
    await server.end([client]);
  });
});

/** A server that reads what it gets and says `ok`, or something long. */
class SlowServer {
  readonly #clock = new FakeClock();
  readonly #served: Promise<void>[] = [];
  bytesRead = 0;
  openCount = 0;
  readonly #server;

  constructor(long?: string) {
    this.#server = httpServerLayer({ clock: this.#clock, onError: () => {} })({
      serve: async (request: HttpRequest) => {
        for await (const chunk of request.body) this.bytesRead += chunk.length;
        return long === undefined
          ? HttpResponse.text('ok')
          : HttpResponse.from({ body: Array.from({ length: 64 }, () => long.slice(0, 65_536)) });
      },
    });
  }

  connect({ reads = true } = {}): SlowClient {
    const [near, far] = memoryPipe({ clock: this.#clock });
    this.openCount++;
    const served = this.#server.serve(createConnection(far)).then(() => {
      this.openCount--;
    });
    this.#served.push(served);
    return new SlowClient(near, reads);
  }

  /** Lets time pass; every five seconds something drips. */
  async pass(durationMs: number, drip: () => void = () => {}): Promise<void> {
    await settle(6); // what was sent arrives now, not later
    for (let leftMs = durationMs; leftMs > 0; leftMs -= 5_000) {
      this.#clock.advance(Math.min(leftMs, 5_000));
      await settle(6);
      if (leftMs > 5_000) drip();
    }
  }

  /** Ends the clients, and sees that nothing is left of them. */
  async end(clients: readonly SlowClient[]): Promise<void> {
    for (const { stream } of clients) stream.destroy();
    await Promise.all(this.#served);
    expect(this.#clock.pendingTimers).toBe(0);
  }
}

class SlowClient {
  readonly stream: ByteStream;
  text = '';
  hasEnded = false;

  constructor(stream: ByteStream, reads: boolean) {
    this.stream = stream;
    if (reads) this.#read().catch(() => {}); // the test has ended it
  }

  send(text: string): void {
    if (text !== '' && !this.hasEnded) this.write(bytesOf(text));
  }

  write(bytes: Uint8Array): void {
    void this.stream.write([bytes]);
  }

  async #read(): Promise<void> {
    for (let chunk = await this.stream.read(); chunk !== undefined; chunk = await this.stream.read()) {
      this.text += textOf(chunk);
    }
    this.hasEnded = true;
    this.stream.destroy();
  }
}

/** What JavaScript holds, in bytes, garbage aside. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
