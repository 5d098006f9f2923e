import { createHash, randomBytes } from 'node:crypto';
import { HttpRequest, HttpResponse } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';
import { connectWebSocket, webSocketService } from '@lamella/ws';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../support/ledger.ts';
import type { OpenWay } from './support/ways.ts';
import { openWay, WAYS } from './support/ways.ts';

// The whole of RFC 6455 is tested in @lamella/ws on a pipe; here, that its rules hold whatever carries the frames.

useLedger();

interface BadFrames {
  readonly name: string;
  /** What the peer sends; `mask` is as the role asks for it. */
  readonly frames: (mask: boolean) => readonly Buffer[];
  readonly closeCode: number;
  readonly code: string;
}

const ROWS: readonly BadFrames[] = [
  {
    name: 'a frame that is too large',
    frames: (mask) => [frame(0x82, Buffer.alloc(0), mask, 2_000)],
    closeCode: 1009,
    code: 'LML_ERR_WEBSOCKET_MESSAGE_TOO_LARGE',
  },
  {
    name: 'a message that gets too large by its fragments',
    frames: (mask) => [frame(0x02, Buffer.alloc(600), mask), frame(0x00, Buffer.alloc(600), mask)],
    closeCode: 1009,
    code: 'LML_ERR_WEBSOCKET_MESSAGE_TOO_LARGE',
  },
  {
    name: 'fragments without an end',
    frames: (mask) => [frame(0x01, 'a', mask), ...Array.from({ length: 20 }, () => frame(0x00, '', mask))],
    closeCode: 1008,
    code: 'LML_ERR_WEBSOCKET_TOO_MANY_PARTS',
  },
  {
    name: 'a mask where there must be none, or none where there must be one',
    frames: (mask) => [frame(0x81, 'a', !mask)],
    closeCode: 1002,
    code: 'LML_ERR_WEBSOCKET_BAD_FRAME',
  },
  {
    name: 'text that is no UTF-8',
    frames: (mask) => [frame(0x81, Buffer.from([0xed, 0xa0, 0x80]), mask)],
    closeCode: 1007,
    code: 'LML_ERR_WEBSOCKET_BAD_UTF8',
  },
  {
    name: 'a close code that may not be sent',
    frames: (mask) => [frame(0x88, Buffer.from([0x03, 0xed]), mask)],
    closeCode: 1002,
    code: 'LML_ERR_WEBSOCKET_BAD_CLOSE',
  },
  {
    name: 'a reserved bit',
    frames: (mask) => [frame(0xc1, 'a', mask)],
    closeCode: 1002,
    code: 'LML_ERR_WEBSOCKET_BAD_FRAME',
  },
];

const LIMITS = { maxMessageBytes: 1_000, maxFragments: 10 };

describe.each(WAYS)('by %s', (way) => {
  it.each(ROWS)('a server closes for $name, and takes the next client', async ({ frames, closeCode, code }) => {
    const failure = Promise.withResolvers<unknown>();
    const service = webSocketService({
      limits: LIMITS,
      async onConnection(socket) {
        void socket.closed.then(({ error }) => error !== undefined && failure.resolve(error));
        for await (const message of socket) await socket.send(message);
      },
    });
    const server = await openWay(way, service);
    const stream = await rawClient(server);
    void stream.write(frames(true));
    expect(closeCodeOf(await readAll(stream))).toBe(closeCode);
    stream.destroy();
    expect(await failure.promise).toMatchObject({ code, closeCode });

    const socket = await connectWebSocket(server.client, { url: server.socketUrl });
    await socket.send('hello');
    expect(await socket.receive()).toBe('hello');
    await socket.close();
    expect(server.errors).toEqual([]);
  });

  it.each(ROWS)('a client closes for $name, and opens the next', async ({ frames, closeCode, code }) => {
    const told: (number | undefined)[] = [];
    const service = serviceFn((request: HttpRequest) => {
      const handler = serviceFn(async ({ stream }: Connection) => {
        if (request.path === '/bad') void stream.write(frames(false));
        const answer = await readAll(stream, 8);
        if (request.path === '/bad') told.push(closeCodeOf(answer));
        stream.destroy();
      });
      const key = request.headers.get('sec-websocket-key') ?? '';
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      const headers = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Accept': accept };
      return HttpResponse.upgrade({ headers }, handler);
    });
    const { client, socketUrl } = await openWay(way, service);
    const socket = await connectWebSocket(client, { url: `${socketUrl}/bad`, limits: LIMITS });
    await expect(drained(socket)).rejects.toBeDefined();
    expect(await socket.closed).toMatchObject({ code: closeCode, initiator: 'local', error: { code } });
    expect(told).toEqual([closeCode]);

    const next = await connectWebSocket(client, { url: socketUrl });
    expect(next.state).toBe('open');
    next.destroy();
  });
});

async function drained(socket: AsyncIterable<unknown>): Promise<void> {
  for await (const _message of socket);
}

/** Opens a WebSocket whose frames are written by hand. */
async function rawClient({ client, url }: OpenWay): Promise<Connection['stream']> {
  const headers = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Version': '13',
  };
  const { upgraded } = await client.serve(HttpRequest.from({ target: url, headers }));
  if (upgraded === undefined) throw new Error('the server has not switched');
  return upgraded.stream;
}

/** Up to `atLeast` bytes or the end, however that comes. */
async function readAll(stream: Connection['stream'], atLeast = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  try {
    for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
      chunks.push(Uint8Array.from(chunk));
      if (Buffer.concat(chunks).length >= atLeast) break;
    }
  } catch {
    // A reset behind the close frame.
  }
  return Buffer.concat(chunks);
}

/** The code of the close frame at the end of `bytes`, which are short. */
function closeCodeOf(bytes: Buffer): number | undefined {
  const at = bytes.indexOf(0x88);
  if (at === -1) return undefined;
  const isMasked = ((bytes[at + 1] ?? 0) & 0x80) !== 0;
  const mask = isMasked ? bytes.readUInt16BE(at + 2) : 0;
  return bytes.readUInt16BE(at + (isMasked ? 6 : 2)) ^ mask;
}

function frame(first: number, payload: Buffer | string, masked: boolean, length?: number): Buffer {
  const content = Buffer.from(payload);
  const size = length ?? content.length;
  const head = size < 126 ? [first, size] : [first, 126, size >> 8, size & 0xff];
  if (masked) head[1] = (head[1] ?? 0) | 0x80;
  return Buffer.concat([Buffer.from(head), masked ? Buffer.alloc(4) : Buffer.alloc(0), content]); // a mask of zeros
}
