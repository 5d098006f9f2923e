import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RawData, WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { listening } from '../../support/free-port.ts';
import { commandLine, lamella, lamellaServe } from '../../support/lamella-process.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { NO_PROXIES, run } from '../../support/run.ts';
import { serveForwardProxy } from '../../support/serve-proxies.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Longer than it takes until an answer is there. */
const WAITING = ['--ws-wait', '3'] as const;

describe('lamella send ws://, with serve http-test', () => {
  it('prints what comes back of lines and of -d', async () => {
    const server = await lamellaServe('http-test', '--quiet');
    const url = `${server.url.replace('http', 'ws')}/ws`;
    expect(await lamella(['send', ...WAITING, url], { input: 'one\r\n\nzwölf\nlast' })).toMatchObject({
      code: 0,
      stdout: 'one\n\nzwölf\nlast\n',
      stderr: '* closed with 1000\n',
    });
    const typed = await lamella(['send', '-s', ...WAITING, '-d', 'a', '--data-raw', '@b', '--json', '1', url], {
      input: 'not sent',
    });
    expect(typed).toMatchObject({ code: 0, stdout: 'a\n@b\n1\n', stderr: '' });
  });
});

describe('lamella send ws://, with the ws package', () => {
  it('makes the handshake with everything that was asked for', async () => {
    const folder = temporaryFolder();
    const jar = join(folder, 'jar');
    writeFileSync(jar, '127.0.0.1\tFALSE\t/\tFALSE\t0\tkept\t1\n');
    const { url, handshakes } = await wsServer(({ socket }) => socket.close(), { perMessageDeflate: true });
    const args = ['-u', 'me:pw', '-b', 'a=1', '-b', jar, '-c', jar, '-H', 'Origin: http://a.test', '--compressed'];
    const { code, stderr } = await lamella(['send', '-v', ...args, ...PROTOCOLS, `${url}/x?y`]);
    const [{ url: target, headers } = { url: '', headers: {} }] = handshakes;
    expect(headers).toMatchObject({
      authorization: 'Basic bWU6cHc=',
      cookie: 'a=1; kept=1',
      origin: 'http://a.test',
      'sec-websocket-protocol': 'chat, talk',
      'user-agent': expect.stringMatching(/^lamella\//),
    });
    expect([code, target]).toEqual([0, '/x?y']);
    expect(stderr).toContain('< HTTP/1.1 101 Switching Protocols\n');
    expect(stderr).toContain('* The subprotocol is chat\n');
    expect(stderr).toContain('* the server closed the WebSocket without a code\n');
  });

  it.each<[what: string, code: number, told: RegExp, serve: Serve]>([
    ['a good end', 0, /^\* the server closed the WebSocket with 1000: bye$/, ({ socket }) => socket.close(1000, 'bye')],
    ['one that goes away', 0, /^\* the server closed .* with 1001$/, ({ socket }) => socket.close(1001)],
    ['an end that is none', 1, /^lamella: .* with 4000: \\x1b\[2J$/, ({ socket }) => socket.close(4000, '\x1b[2J')],
    ['a connection that is lost', 56, /^lamella: .*\(1006\)$/, ({ socket }) => socket.terminate()],
    [
      'a broken frame',
      8,
      /^lamella: the server broke the rules/,
      ({ request }) => void request.socket.write('\xff\xff'),
    ],
    [
      'a message that is too long',
      63,
      /^lamella: .*closed with 1009$/,
      ({ socket }) => socket.send('x'.repeat(16_777_217)),
    ],
  ])('tells of %s, and ends with %i', async (_what, code, told, serve) => {
    const { url } = await wsServer(serve);
    const ended = await lamella(['send', '--ws-wait', '30', '-d', 'hello', url]);
    expect([ended.code, ended.stdout, ended.stderr.trimEnd()]).toEqual([code, '', expect.stringMatching(told)]);
  });

  it('closes with 1000 at Ctrl+C', async () => {
    const { url, closes } = await wsServer(({ socket }) => socket.send('ready'));
    const [command = '', ...words] = commandLine();
    const child = startProcess(command, [...words, 'send', '-d', 'hello', '--ws-wait', '1000', url], {
      env: NO_PROXIES,
    });
    await child.printed(/^ready$/m);
    child.signal('SIGINT');
    expect([await child.ended, child.stderr(), await closes.next]).toEqual([0, '* closed with 1000\n', 1000]);
  });

  it('ends when --max-time does', async () => {
    const { url } = await wsServer(() => {});
    const ended = await lamella(['send', '--max-time', '1.5', '--ws-wait', '30', '-d', 'hello', url]);
    expect(ended).toMatchObject({ code: 28, stderr: 'lamella: --max-time of 1500 ms reached\n' });
  });

  it('sends bytes, and tells what bytes came', async () => {
    const received: RawData[] = [];
    const { url } = await wsServer(({ socket }) => {
      socket.on('message', (data, isBinary) => {
        if (isBinary) received.push(data);
        socket.send(data, { binary: isBinary });
        socket.close(1000);
      });
    });
    const { stdout } = await lamella(['send', '--data-binary', '\x01ü', url]);
    expect([stdout, received]).toEqual(['[binary, 3 bytes: 01 c3 bc]\n', [Buffer.from('\x01ü')]]);
  });

  it('goes by way of a proxy', async () => {
    const { url } = await wsServer(({ socket }) => socket.close(1000, 'through'));
    const seen: string[] = [];
    const proxy = await serveForwardProxy({
      pseudonym: 'test',
      auth: { check: ({ target }) => void seen.push(target) },
    });
    const { code, stderr } = await lamella(['send', '-x', `127.0.0.1:${proxy.port}`, url]);
    expect([code, stderr, seen.length]).toEqual([0, '* the server closed the WebSocket with 1000: through\n', 1]);
  });

  it('leaves bytes of strangers as they are in a pipe, and not on a terminal', async () => {
    const { url } = await wsServer(({ socket }) => {
      socket.send('\x1b]0;owned\x07');
      socket.close(1000);
    });
    const { stdout } = await lamella(['send', '-d', 'x', url]);
    expect(stdout).toBe('\x1b]0;owned\x07\n');
  });
});

describe('lamella send ws://, where there is no WebSocket', () => {
  it.each<[what: string, code: number, told: string, path: string]>([
    ['a refusal', 22, 'the server refused the WebSocket with 403 Forbidden', '/403'],
    ['a plain answer', 22, 'the server answered the WebSocket as a plain request, with 200 OK', '/200'],
    ['a redirect', 22, 'the server refused the WebSocket with 302 Found; it points to ws://h.test/', '/302'],
    ['a 101 that is no good one', 8, 'the server has not shown that it understood the handshake', '/101'],
  ])('tells of %s, and ends with %i', async (_what, code, told, path) => {
    const origin = await nodeOrigin((request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, status === 302 ? { location: 'ws://h.test/' } : {}).end();
    });
    origin.server.on('upgrade', (request, socket) => {
      socket.on('error', () => {}); // which a client that is not content may cause
      const status = Number(request.url?.slice(1));
      const fields = status === 101 ? 'Upgrade: websocket\r\nConnection: Upgrade\r\n' : 'Content-Length: 0\r\n';
      const location = status === 302 ? 'Location: ws://h.test/\r\n' : '';
      socket.end(`HTTP/1.1 ${status} X\r\n${fields}${location}\r\n`);
    });
    const { stderr, ...ended } = await lamella(['send', '-d', 'x', `${origin.url.replace('http', 'ws')}${path}`]);
    expect([ended.code, ended.stdout, stderr]).toEqual([code, '', `lamella: ${told}\n`]);
  });

  it.each<[what: string, code: number, told: RegExp, args: readonly string[]]>([
    ['no connection for TLS', 7, /refused\n$/, ['wss://127.0.0.1:1/']],
    ['no connection', 7, /refused\n$/, ['ws://127.0.0.1:1/']],
    ['an unknown host', 6, /unknown\.invalid/, ['ws://unknown.invalid/']],
    ['an unknown proxy', 5, /unknown\.invalid/, ['-x', 'unknown.invalid:1', 'ws://127.0.0.1:1/']],
    ['what is no URL', 3, /is not a URL such as http:\/\/localhost:8080\/path\n$/, ['ws://h:99999/']],
    ['an option for requests', 2, /-L means nothing to a WebSocket\n$/, ['-L', 'ws://127.0.0.1:1/']],
    ['a message that is missing', 26, /cannot read \/missing\/file/, ['-d', '@/missing/file', 'ws://127.0.0.1:1/']],
    ['a subprotocol that is none', 2, /./, ['--ws-protocol', 'a b', 'ws://127.0.0.1:1/']],
  ])('ends in one line for %s', async (_what, code, told, args) => {
    const ended = await lamella(['send', ...args]);
    expect([ended.code, ended.stdout]).toEqual([code, '']);
    expect(ended.stderr).toMatch(/^lamella: [^\n]+\n$/);
    expect(ended.stderr).toMatch(told);
  });

  it('ends with 26 when a line is no text', async () => {
    const { url } = await wsServer(() => {});
    const ended = await run(commandLine()[0] ?? '', [...commandLine().slice(1), 'send', url], {
      input: Uint8Array.of(0x61, 0x0a, 0xff, 0x0a),
      env: NO_PROXIES,
    });
    expect(ended).toMatchObject({
      code: 26,
      stderr: expect.stringMatching(/^lamella: line 2 of the input is no UTF-8/),
    });
  });
});

type Serve = (opened: { readonly socket: WebSocket; readonly request: IncomingMessage }) => void;

/** A server of the `ws` package, until the test is over. */
async function wsServer(serve: Serve, options: { readonly perMessageDeflate?: boolean } = {}) {
  const http = createServer();
  const handshakes: IncomingMessage[] = [];
  const closes = Promise.withResolvers<number>();
  const server = new WebSocketServer({
    server: http,
    handleProtocols: (offered) => [...offered][0] ?? false,
    ...options,
  });
  server.on('connection', (socket, request) => {
    handshakes.push(request);
    socket.on('error', () => {}).on('close', (code) => closes.resolve(code));
    serve({ socket, request });
  });
  const port = await listening(http);
  onTestFinished(async () => {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(() => http.close(resolve)));
  });
  return { url: `ws://127.0.0.1:${port}`, handshakes, closes: { next: closes.promise } };
}

const PROTOCOLS = ['--ws-protocol', 'chat', '--ws-protocol', 'talk'] as const;
