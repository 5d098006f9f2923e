import type { Socket } from 'node:net';
import type { RelayOutcome } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../support/certificate.ts';
import { freePort } from '../../support/free-port.ts';
import { useLedger } from '../../support/ledger.ts';
import { nodeTlsOrigin, rawOrigin } from '../../support/node-origin.ts';
import { patternChunks, patternSum, sha1 } from '../../support/pattern.ts';
import { requirePeer, usePeers } from '../../support/peers.ts';
import { curl, NO_PROXIES, run } from '../../support/run.ts';
import { serveForwardProxy } from '../../support/serve-proxies.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';

usePeers('openssl');
useLedger();

describe('tunnels of our forward proxy', () => {
  it('carry the TLS of curl, which checks the certificate of the origin', async (context) => {
    requirePeer(context, 'curl');
    const { proxy, origin, certPath } = await tlsSetup();
    const { code, stdout } = await curl('-x', proxy.url, '--cacert', certPath, `${origin.url}/a`, `${origin.url}/b`);
    expect([code, stdout]).toEqual([0, 'GET /aGET /b']);
    expect(origin.accepted()).toBe(1);
    expect((await curl('-x', proxy.url, origin.url)).code).toBe(60); // unknown to curl
    expect((await curl('-x', proxy.url, '-k', origin.url)).stdout).toBe('GET /');
  });

  it('carry a large upload and its echo', async (context) => {
    requirePeer(context, 'curl');
    const { proxy, origin, certPath } = await tlsSetup();
    const path = temporaryFile('large', Buffer.concat([...patternChunks(LARGE)]));
    const { bytes } = await curl('-x', proxy.url, '--cacert', certPath, '-T', path, `${origin.url}/echo`);
    expect([bytes.length, sha1(bytes)]).toEqual([LARGE, patternSum(LARGE)]);
  });

  it('carry openssl s_client', async () => {
    const { proxy, origin, certPath } = await tlsSetup();
    const target = ['-connect', `127.0.0.1:${origin.port}`, '-CAfile', certPath, '-verify_return_error'];
    const { code, stdout } = await run(
      'openssl',
      ['s_client', '-proxy', `127.0.0.1:${proxy.port}`, ...target, '-quiet', '-ign_eof'],
      { input: 'GET /s_client HTTP/1.0\r\n\r\n' },
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*GET \/s_client$/);
  });

  it('carry each half to its end: the server answers when the client has sent everything', async (context) => {
    requirePeer(context, 'socat');
    const { proxy, outcome } = await setup();
    const origin = await rawOrigin(answerAtEnd);
    const { stdout } = await run('socat', ['-t', '20', '-', tunnelTo(origin.port, proxy.port)], { input: 'question' });
    expect(stdout).toBe('got 8 bytes');
    expect(await outcome).toMatchObject({ reason: 'eof', bytesUp: 8, bytesDown: 11 });
  });

  it('lose no byte that the client sends together with its CONNECT, or the server at once', async (context) => {
    requirePeer(context, 'socat');
    const { proxy } = await setup();
    const origin = await rawOrigin((socket) => {
      socket.write('banner ');
      answerAtEnd(socket);
    });
    const input = `CONNECT 127.0.0.1:${origin.port} HTTP/1.1\r\nHost: 127.0.0.1:${origin.port}\r\n\r\neager`;
    const { stdout } = await run('socat', ['-t', '20', '-', `TCP:127.0.0.1:${proxy.port}`], { input });
    expect(stdout).toMatch(/^HTTP\/1\.1 200 Connection established\r\n[\s\S]*\r\n\r\nbanner got 5 bytes$/);
  });

  it('are not there before the far end is: 502 if it refuses', async (context) => {
    requirePeer(context, 'curl');
    const { proxy } = await setup();
    const { code, stderr } = await curl('-v', '-p', '-x', proxy.url, `http://127.0.0.1:${await freePort()}`);
    expect(code).toBe(56);
    expect(stderr).toContain('< HTTP/1.1 502 ');
  });

  it('go to the ports that are allowed, and to no others', async (context) => {
    requirePeer(context, 'curl');
    const proxy = await serveForwardProxy({ connectPorts: [443] });
    const { stderr } = await curl('-v', '-p', '-x', proxy.url, 'http://127.0.0.1:8443');
    expect(stderr).toContain('< HTTP/1.1 403 ');
  });

  it('end when the server has broken them off', async (context) => {
    requirePeer(context, 'socat');
    const { proxy, outcome } = await setup();
    const origin = await rawOrigin((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    await run('socat', ['-t', '20', '-', tunnelTo(origin.port, proxy.port)], { input: 'x' });
    expect(await outcome).toMatchObject({ reason: 'upstream-failed', bytesUp: 1 });
  });

  it('end when the client is gone in the middle of a download', async (context) => {
    requirePeer(context, 'curl');
    const { proxy, outcome } = await setup();
    const closed = Promise.withResolvers<void>();
    const origin = await rawOrigin((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nfirst'));
      socket.on('close', () => closed.resolve());
    });
    const client = startProcess('curl', ['-q', '-sSN', '-p', '-x', proxy.url, origin.url], { env: NO_PROXIES });
    await client.printed(/^first/);
    client.signal('SIGKILL');
    await closed.promise;
    expect(await outcome).toMatchObject({ bytesDown: 24 });
    await expect.poll(proxy.openConnections).toBe(0);
  });
});

async function setup() {
  const { promise: outcome, resolve } = Promise.withResolvers<RelayOutcome>();
  return { outcome, proxy: await serveForwardProxy({ onRelayEnd: resolve }) };
}

async function tlsSetup() {
  const { key, cert, certPath } = await selfSigned();
  const origin = await nodeTlsOrigin({ key, cert }, (request, response) => {
    if (request.url === '/echo') request.pipe(response);
    else response.end(`${request.method} ${request.url}`);
  });
  return { origin, certPath, ...(await setup()) };
}

/** An address of socat, which speaks CONNECT itself. */
function tunnelTo(port: number, proxyPort: number): string {
  return `PROXY:127.0.0.1:127.0.0.1:${port},proxyport=${proxyPort}`;
}

function answerAtEnd(socket: Socket): void {
  let byteCount = 0;
  socket.on('data', (bytes: Buffer) => {
    byteCount += bytes.length;
  });
  socket.on('end', () => void socket.end(`got ${byteCount} bytes`));
}

const LARGE = 10 * 1024 * 1024;
