import type { ByteStream, Connection } from '@lamella/net-core';
import { readAll, text } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Stage } from './support/stage.ts';
import { stages } from './support/stages.ts';
import { memory, memoryTls } from './support/transports.ts';

const newStage = stages({ beforeEach, afterEach });

/** Of the other protocol, though it looks like ours. */
const PAYLOAD = '\x00\xff\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n0\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: bytes\r\n\r\n';
const upgrade = (target: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: origin.test\r\nConnection: Upgrade\r\nUpgrade: bytes\r\n\r\n`;

describe.each([
  { way: 'an upgrade through a reverse proxy', at: 'edge.test:80', handshake: upgrade('/'), answer: SWITCHED },
  {
    way: 'an upgrade through a forward proxy',
    at: 'proxy.test:8080',
    handshake: upgrade('http://origin.test/'),
    answer: SWITCHED,
  },
  {
    way: 'CONNECT through a forward proxy',
    at: 'proxy.test:8080',
    handshake: 'CONNECT origin.test:80 HTTP/1.1\r\nHost: origin.test:80\r\n\r\n',
    answer: '', // the proxy answers; behind it is nothing but bytes
  },
])('$way', ({ at, handshake, answer }) => {
  it.each([memory, memoryTls])(
    'on $what gives the origin the bytes of the client as they were, wherever they are cut',
    async (transport) => {
      const origin = new BareOrigin(answer);
      const stage = await newStage(transport, { bareOrigin: origin.service });
      for (const [index, parts] of cutsOf(handshake + PAYLOAD).entries()) {
        const { stream } = await stage.connect(at);
        await writeParts(stream, parts, index);
        await stream.closeWrite();
        expect(await origin.received(), String(parts[0]?.length)).toBe(PAYLOAD);
        stream.destroy();
      }
      expect(stage.errors).toEqual([]);
    },
  );

  it.each([memory, memoryTls])(
    'on $what gives the client the bytes of the origin as they were, wherever they are cut',
    async (transport) => {
      const origin = new BareOrigin(answer);
      const stage = await newStage(transport, { bareOrigin: origin.service });
      for (const [index, parts] of cutsOf(answer + PAYLOAD).entries()) {
        origin.says = (stream) => writeParts(stream, parts, index);
        const received = await converse(stage, at, handshake);
        expect(received, String(parts[0]?.length)).toMatch(/^HTTP\/1\.1 (?:101|200) /);
        expect(received.slice(received.indexOf('\r\n\r\n') + 4), String(parts[0]?.length)).toBe(PAYLOAD);
      }
      expect(stage.errors).toEqual([]);
    },
  );
});

/** In two at every byte, and byte by byte. */
function cutsOf(whole: string): readonly (readonly string[])[] {
  const inTwo = Array.from({ length: whole.length - 1 }, (_, index) => [
    whole.slice(0, index + 1),
    whole.slice(index + 1),
  ]);
  return [...inTwo, [whole], [...whole]];
}

/** Every other time right behind each other, so that they may arrive together. */
async function writeParts(stream: ByteStream, parts: readonly string[], index: number): Promise<void> {
  for (const part of parts) {
    void stream.write([Buffer.from(part, 'latin1')]);
    if (index % 2 === 0) await settle(1);
  }
}

/** Sends the handshake alone and gives everything that comes back. */
async function converse(stage: Stage, at: string, handshake: string): Promise<string> {
  const { stream } = await stage.connect(at);
  void stream.write([Buffer.from(handshake, 'latin1')]);
  const received = text(await readAll(stream));
  stream.destroy();
  return received;
}

/** Plays the origin of an upgrade, or of a tunnel if there is no answer for it to give. */
class BareOrigin {
  /** What it sends when the handshake is there. */
  says: (stream: ByteStream) => Promise<void>;
  readonly #answer: string;
  #received = Promise.withResolvers<string>();

  constructor(answer: string) {
    this.#answer = answer;
    this.says = (stream) => writeParts(stream, [answer], 0);
  }

  readonly service = serviceFn(async ({ stream }: Connection) => {
    const before = this.#answer === '' ? '' : await readHead(stream);
    expect(before === '' || before.startsWith('GET / HTTP/1.1\r\n')).toBe(true);
    await this.says(stream);
    await stream.closeWrite();
    this.#received.resolve(text(await readAll(stream)));
  });

  /** What came behind the handshake, to its end. */
  async received(): Promise<string> {
    const received = await this.#received.promise;
    this.#received = Promise.withResolvers();
    return received;
  }
}

async function readHead(stream: ByteStream): Promise<string> {
  let head = '';
  while (!head.endsWith('\r\n\r\n')) {
    const byte = await stream.read({ maxBytes: 1 });
    if (byte === undefined) throw new Error('the connection ended in the head');
    head += text(byte);
  }
  return head;
}
