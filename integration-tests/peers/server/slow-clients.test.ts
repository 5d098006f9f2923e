import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { HttpResponse } from '@lamella/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, run } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

usePeers('curl', 'slowhttptest');
useLedger();

describe('our server and slow clients', () => {
  it('answers others while hundreds dawdle over their heads, and ends those with 408', async () => {
    const server = await serveHttp(() => HttpResponse.text('quick'), { timeouts: { headerTimeoutMs: 2_000 } });
    const slow = await Promise.all(Array.from({ length: 300 }, () => dawdling(server.port)));

    expect((await curl(server.url)).stdout).toBe('quick');

    const answers = await Promise.all(slow.map(({ received }) => received));
    expect(new Set(answers.map((answer) => answer.split('\r\n', 1)[0]))).toEqual(
      new Set(['HTTP/1.1 408 Request Timeout']),
    );
    expect(server.errors).toEqual([]);
  });

  it('ends a body that comes too slowly with 408', async () => {
    const server = await serveHttp(async ({ body }) => HttpResponse.text(await body.text()), {
      timeouts: { bodyProgressTimeoutMs: 500, minBodyBytesPerSecond: 50 },
      onError() {}, // the service fails with the timeout
    });
    const socket = await connected(server.port);
    const received = receive(socket);
    socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n');
    dawdle(socket);
    expect(await received).toMatch(/^HTTP\/1\.1 408 /);
  });

  // Bounded: 100 connections for two seconds each.
  it.each<readonly [what: string, mode: readonly string[]]>([
    ['heads', ['-H']],
    ['bodies', ['-B']],
    ['reading', ['-X', '-w', '1', '-y', '2', '-n', '1', '-z', '1', '-k', '1']],
  ])('stays available for others while slowhttptest dawdles over %s', async (_what, mode) => {
    const server = await serveHttp(async ({ body }) => {
      await body.bytes();
      return HttpResponse.text('x'.repeat(100_000));
    });
    const report = join(temporaryFolder(), 'report');
    await run('slowhttptest', [
      ...mode,
      ...['-c', '100', '-r', '100', '-i', '1', '-l', '2', '-p', '30', '-g', '-o', report, '-u', `${server.url}/`],
    ]);
    const rows = readFileSync(`${report}.csv`, 'latin1').trim().split('\n').slice(1);
    expect(rows.length).toBeGreaterThan(2);
    expect(new Set(rows.map((row) => row.split(',').at(-1)))).toEqual(new Set(['100']));
    expect(server.errors).toEqual([]);
  });
});

interface Dawdling {
  /** All that the server sent, when it has ended the connection. */
  readonly received: Promise<string>;
}

/** Sends a head that has no end, a byte at a time. */
async function dawdling(port: number): Promise<Dawdling> {
  const socket = await connected(port);
  socket.write('GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ');
  dawdle(socket);
  return { received: receive(socket) };
}

async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {}); // the server may end it in the middle of a byte
  await once(socket, 'connect');
  return socket;
}

/** Four bytes a second. */
function dawdle(socket: Socket): void {
  const timer = setInterval(() => void socket.write('x'), 250);
  socket.on('close', () => clearInterval(timer)).on('end', () => clearInterval(timer));
}

function receive(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
  });
}
