import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { answerWithRequest, receivedRequest } from '../../support/echo-origin.ts';
import type { ServerProcess } from '../../support/lamella-process.ts';
import { commandLine, lamella, lamellaServe } from '../../support/lamella-process.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

usePeers('curl');

describe('lamella serve echo', () => {
  it('tells exactly what arrived, logs it, and drains on a signal', async () => {
    const server = await lamellaServe('echo');
    const bytes = 'PATCH http://other.test/a%20b?c HTTP/1.1\r\nhost: other.test\r\nX-ü: 1\r\nx-B:2\r\nx-B: 3\r\n';
    const answer = await talk(server.port, `${bytes}content-LENGTH: 3\r\nConnection: close\r\n\r\n\xff\x00\x01`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /); // a field name is ASCII

    const valid = bytes.replace('X-ü', 'X-Odd_Name~');
    const echo = await talk(server.port, `${valid}content-LENGTH: 3\r\nConnection: close\r\n\r\n\xff\x00\x01`);
    expect(JSON.parse(echo.split('\r\n\r\n')[1] ?? '')).toEqual({
      method: 'PATCH',
      target: 'http://other.test/a%20b?c',
      version: 'HTTP/1.1',
      headers: [
        ['host', 'other.test'],
        ['X-Odd_Name~', '1'],
        ['x-B', '2'],
        ['x-B', '3'],
        ['content-LENGTH', '3'],
        ['Connection', 'close'],
      ],
      body: { size: 3, base64: '/wAB' },
      peer: expect.stringMatching(/^127\.0\.0\.1:[0-9]+$/),
    });
    await server.printed(/127\.0\.0\.1:[0-9]+ PATCH http:\/\/other\.test\/a%20b\?c 200 [0-9.]+ms\n/, 'stderr');
    await expectDrain(server);
  });

  it('tells HTTP/1.0 apart, and a long body is too long', async () => {
    const server = await lamellaServe('echo', '--quiet');
    expect(JSON.parse((await curl('--http1.0', server.url)).stdout)).toMatchObject({ version: 'HTTP/1.0' });
    const status = await curl('-d', 'x'.repeat(100_000), '-o', '/dev/null', '-w', '%{http_code}', server.url);
    expect(status.stdout).toBe('200');
    await expectDrain(server);
    expect(server.stderr()).not.toMatch(/GET|POST/);
  });

  it('listens on a Unix socket', async () => {
    const path = join(temporaryFolder(), 'echo.sock');
    const [command = '', ...flags] = commandLine();
    const server = startProcess(command, [...flags, 'serve', 'echo', '--bind', `unix:${path}`]);
    await server.printed(/echo listening on unix:/);
    const { stdout } = await curl('--unix-socket', path, 'http://any.test/x');
    expect(JSON.parse(stdout)).toMatchObject({ target: '/x', headers: expect.arrayContaining([['Host', 'any.test']]) });
  });
});

describe('lamella serve proxy', () => {
  it('asks for the password, passes requests on, and opens tunnels to the ports it may', async () => {
    const origin = await nodeOrigin(answerWithRequest);
    const ports = ['--connect-ports', `443,${origin.port}`];
    const server = await lamellaServe('proxy', '--auth', 'me:pw', '--auth', 'you:word', ...ports);
    const through = (...args: string[]) => curl('-x', server.url, ...args);
    expect((await through('-w', '%{http_code}', '-o', '/dev/null', origin.url)).stdout).toBe('407');
    for (const user of ['me:pw', 'you:word']) {
      const { stdout } = await through('-U', user, `${origin.url}/plain`);
      expect(receivedRequest(stdout).headers).toContainEqual(['Via', expect.stringMatching(/^1\.1 lamella/)]);
    }
    const tunnelled = await through('-U', 'me:pw', '-p', `${origin.url}/tunnel`);
    expect(receivedRequest(tunnelled.stdout).headers.map(([name]) => name)).not.toContain('Via');
    const forbidden = await through('-v', '-U', 'me:pw', '-p', 'http://127.0.0.1:1/');
    expect(forbidden.stderr).toContain('< HTTP/1.1 403 ');
    await server.printed(/ CONNECT 127\.0\.0\.1:[0-9]+ 200 [0-9.]+ms\n/, 'stderr');
    await server.printed(/tunnel 127\.0\.0\.1:[0-9]+ ended by eof: [0-9]+ bytes up, [0-9]+ down/, 'stderr');
    await expectDrain(server);
  });

  it('does not listen to everybody without a password, unless told so', async () => {
    const { code, stderr } = await lamella(['serve', 'proxy', '--bind', '0.0.0.0:0']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^lamella: a proxy on 0\.0\.0\.0:0 without [^\n]+\n$/)]);
  });

  it('reaches public addresses only, if told so', async () => {
    const origin = await nodeOrigin(answerWithRequest);
    const server = await lamellaServe('proxy', '--egress', 'public', '--connect-ports', 'any', '--quiet');
    const plain = await curl('-x', server.url, '-o', '/dev/null', '-w', '%{http_code}', origin.url);
    const tunnel = await curl('-p', '-x', server.url, origin.url);
    expect([plain.stdout, tunnel.code]).toEqual(['502', 56]);
  });

  it('takes no more connections than it may', async () => {
    const server = await lamellaServe('proxy', '--max-connections', '1');
    const first = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => first.once('connect', resolve));
    expect(await talk(server.port, 'GET / HTTP/1.1\r\n')).toBe('');
    first.destroy();
  });
});

describe('lamella serve reverse', () => {
  it('takes the most specific route, and says who asked', async () => {
    const [one, two] = [await nodeOrigin(answerWithRequest), await nodeOrigin(answerWithRequest)];
    const routes = ['--to', one.url, '--to', `/api=${two.url}/v1`, '--to', `shop.test=${two.url}`];
    const server = await lamellaServe('reverse', ...routes);
    const ask = async (path: string, ...args: string[]) =>
      receivedRequest((await curl(...args, `${server.url}${path}`)).stdout);
    const host = ['Host', `127.0.0.1:${server.port}`];
    expect(await ask('/apis')).toMatchObject({ target: '/apis', headers: expect.arrayContaining([host]) });
    expect((await ask('/api/x')).target).toBe('/v1/x');
    expect((await ask('/', '-H', 'Host: shop.test')).headers).toContainEqual(['X-Forwarded-Host', 'shop.test']);
    expect([one.accepted(), two.accepted()]).toEqual([1, 1]);
    await expectDrain(server);
  });

  it('gives upstreams their own host, and believes other proxies, if told so', async () => {
    const origin = await nodeOrigin(answerWithRequest);
    const server = await lamellaServe('reverse', '--to', origin.url, '--no-keep-host', '--trust-forwarded');
    const { headers } = receivedRequest((await curl('-H', 'X-Forwarded-For: 203.0.113.9', server.url)).stdout);
    expect(headers).toContainEqual(['Host', `127.0.0.1:${origin.port}`]);
    expect(headers).toContainEqual(['X-Forwarded-For', '203.0.113.9, 127.0.0.1']);
  });
});

describe('lamella --help', () => {
  it.each(['', 'serve', 'serve echo', 'serve proxy', 'serve reverse', 'send'])('is there for "%s"', async (command) => {
    const words = command === '' ? [] : command.split(' ');
    const { code, stdout, stderr } = await lamella([...words, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n', 1)[0]).toBe(`Usage: ${['lamella', ...words].join(' ')} ${usageOf(command)}`);
    expect(stdout).not.toMatch(/\[object|default: \{|undefined|default: \[\]|default: false/);
  });
});

function usageOf(command: string): string {
  if (command === 'send') return '[options] <url>';
  return command.includes(' ') ? '[options]' : '[options] [command]';
}

async function expectDrain(server: ServerProcess): Promise<void> {
  server.signal('SIGTERM');
  await server.printed(/^drained in [0-9]+ ms/m, 'stderr');
  expect(await server.ended).toBe(0);
}

/** Sends bytes, and gives back all that comes until the server ends the connection. */
async function talk(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}); // it may be turned away in the middle of a write
  socket.write(bytes, 'latin1');
  return text(socket.setEncoding('latin1')).catch(() => '');
}
