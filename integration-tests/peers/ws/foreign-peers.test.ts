import { once } from 'node:events';
import { createConnection } from 'node:net';
import { connectWebSocket } from '@lamella/ws';
import { describe, expect, it } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { startHaproxy, startNginx } from '../../support/foreign-servers.ts';
import { useLedger } from '../../support/ledger.ts';
import { requirePeer } from '../../support/peers.ts';
import { testClient } from '../../support/test-client.ts';
import { closed, exchange, openWs, serveEcho, startWsEcho } from './support.ts';

useLedger();

describe('the client of ws on our server', () => {
  it.each([
    ['as it is', undefined, false],
    ['compressed', {}, true],
    ['compressed, with contexts that are kept', { contextTakeover: true }, true],
  ])('carries text, bytes, fragments and pings: %s', async (_how, deflate, isCompressed) => {
    const { url } = await serveEcho({ deflate: deflate ?? false, limits: { maxMessageBytes: 4_000_000 } });
    const socket = await openWs(url, { perMessageDeflate: isCompressed });
    expect([socket.protocol, socket.extensions !== '']).toEqual(['echo', isCompressed]);
    expect(await exchange(socket, 'text κόσμε')).toEqual([Buffer.from('text κόσμε'), false]);
    for (const length of [0, 125, 126, 65_535, 65_536, 3_000_000]) {
      const [echoed, isBinary] = await exchange(socket, Buffer.alloc(length, 'ab'));
      expect([echoed.length, isBinary, echoed.equals(Buffer.alloc(length, 'ab'))]).toEqual([length, true, true]);
    }
    const whole = once(socket, 'message');
    socket.send('one, ', { fin: false });
    socket.send('two, ', { fin: false });
    socket.ping('between');
    expect(await once(socket, 'pong')).toEqual([Buffer.from('between')]);
    socket.send('three', { fin: true });
    expect((await whole)[0]).toEqual(Buffer.from('one, two, three'));
    socket.close(4_001, 'enough');
    expect(await closed(socket)).toEqual([4_001, '']); // the code comes back without the reason
  });

  it('gets code and reason of a close, and an answer to each of thousands of messages in order', async () => {
    const { url } = await serveEcho();
    const socket = await openWs(url);
    const received: string[] = [];
    socket.on('message', (data: Buffer) => received.push(data.toString()));
    for (let number = 0; number < 5_000; number++) socket.send(String(number));
    socket.send('close 4002 last');
    expect(await closed(socket)).toEqual([4_002, 'last']);
    expect(received).toEqual(Array.from({ length: 5_000 }, (_each, number) => String(number)));
  });

  it('is told 1009 for too long a message, and the next connection works', async () => {
    const { url } = await serveEcho({ limits: { maxMessageBytes: 1_000 } });
    const socket = await openWs(url);
    socket.on('error', () => {});
    socket.send(Buffer.alloc(5_000_000));
    expect((await closed(socket))[0]).toBe(1_009);
    expect((await exchange(await openWs(url), 'next'))[0].toString()).toBe('next');
  });

  it('is told 1001 by a drain', async () => {
    const { url, lifecycle } = await serveEcho();
    const socket = await openWs(url);
    const drained = lifecycle.drain({ graceMs: 5_000 });
    expect((await closed(socket))[0]).toBe(1_001);
    expect((await drained).protocols['websocket']).toEqual({ finished: 1, closed: 0, cut: 0 });
  });
});

describe('our client on the server of ws', () => {
  it.each([false, true])('carries text and bytes, and who closes how; compressed: %s', async (isCompressed) => {
    const { url } = await startWsEcho({ perMessageDeflate: isCompressed });
    const client = testClient();
    const options = { limits: { maxMessageBytes: 4_000_000 }, deflate: isCompressed };
    const socket = await connectWebSocket(client, { url: url.replace('http', 'ws'), ...options });
    expect(socket.isCompressed).toBe(isCompressed);
    const messages = ['', 'κόσμε', 'x'.repeat(3_000_000), Buffer.alloc(0), Buffer.alloc(70_000, 'ab')];
    for (const message of messages) {
      void socket.send(message);
      const answer = await socket.receive();
      expect(typeof answer).toBe(typeof message);
      expect(Buffer.from(answer ?? 'none').equals(Buffer.from(message))).toBe(true);
    }
    void socket.send('close 4003 bye');
    expect(await socket.receive()).toBeUndefined();
    expect(await socket.closed).toEqual({ code: 4_003, reason: 'bye', wasClean: true, initiator: 'remote' });
  });

  it('answers its pings, and notices that it is gone', async () => {
    const { url, server } = await startWsEcho();
    const connected = once(server, 'connection');
    const socket = await connectWebSocket(testClient(), { url });
    const [far] = (await connected) as [Awaited<ReturnType<typeof openWs>>]; // as ws has it
    far.ping('are you there');
    expect(await once(far, 'pong')).toEqual([Buffer.from('are you there')]);
    far.terminate();
    expect(await socket.closed).toMatchObject({ code: 1_006, wasClean: false, initiator: 'remote' });
  });
});

describe('a page in Chromium on our server', () => {
  it('carries text and bytes, compressed, and closes with code and reason', async (context) => {
    requirePeer(context, 'chromium');
    const { url } = await serveEcho({ deflate: { thresholdBytes: 0 }, origins: 'any' });
    const page = await chromiumPage();
    const seen = await page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const socket = new globalThis.WebSocket(address, ['other', 'echo']);
          const received: unknown[] = [];
          socket.binaryType = 'arraybuffer';
          socket.onopen = () => {
            socket.send('κόσμε');
            socket.send(new Uint8Array(70_000));
            socket.send('close 4004 goodbye');
          };
          socket.onmessage = ({ data }) => received.push(typeof data === 'string' ? data : data.byteLength);
          socket.onclose = ({ code, reason, wasClean }) =>
            resolve([socket.protocol, socket.extensions !== '', ...received, code, reason, wasClean]);
        }),
      url.replace('http', 'ws'),
    );
    expect(seen).toEqual(['echo', true, 'κόσμε', 70_000, 4_004, 'goodbye', true]);
  });

  it('may not connect from another origin unless it is allowed to', async (context) => {
    requirePeer(context, 'chromium');
    const { url } = await serveEcho();
    const page = await chromiumPage(); // a blank page, whose origin is null
    const code = await page.evaluate(
      (address) =>
        new Promise((resolve) => {
          new globalThis.WebSocket(address).onclose = (event) => resolve(event.code);
        }),
      url.replace('http', 'ws'),
    );
    expect(code).toBe(1_006);
  });
});

describe('in front of our server', () => {
  it.for(['nginx', 'haproxy'] as const)('%s passes WebSockets on', async (peer, context) => {
    requirePeer(context, peer);
    const { port } = await serveEcho();
    const front = peer === 'haproxy' ? await startHaproxy(port) : await startNginx(nginxUpgrade(port));
    const socket = await openWs(front.url);
    expect((await exchange(socket, 'through it'))[0].toString()).toBe('through it');
    socket.send('close 4005 seen');
    expect(await closed(socket)).toEqual([4_005, 'seen']);
  });
});

describe('attackers of our server', () => {
  it('that stop in the middle of a frame, or talk nonsense, harm nobody else', async () => {
    const { url, port, errors } = await serveEcho({ timeouts: { closeTimeoutMs: 200 } });
    const good = await openWs(url);
    const head = `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
    for (const bytes of [
      [0x81],
      [0x81, 0xfe, 0xff],
      [0x00, 0x80, 1, 2, 3, 4],
      [0xff, 0xff],
      [0x81, 0x05, 1, 2, 3, 4, 5],
    ]) {
      const socket = createConnection(port, '127.0.0.1', () => socket.write(head));
      socket.on('error', () => {});
      await once(socket, 'data');
      socket.end(Buffer.from(bytes));
      await once(socket.resume(), 'close');
    }
    expect((await exchange(good, 'still here'))[0].toString()).toBe('still here');
    expect(errors).toEqual([]);
  });
});

function nginxUpgrade(port: number): string {
  return `location / {
    proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
  }`;
}
